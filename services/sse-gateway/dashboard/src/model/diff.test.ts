import { describe, expect, it } from "vitest";
import { diff } from "./diff";

const shown = (before: unknown, after: unknown): string[] =>
  diff(before, after).map((line) => {
    const mark = { added: "+", removed: "-", same: " ", folded: "~" }[line.mark];
    return `${mark}${" ".repeat(line.depth)}${[line.label, line.text].filter(Boolean).join(": ")}`;
  });

const rule = (port: number, ...sources: string[]) => ({
  protocol: "tcp", from_port: port, to_port: port, cidr_blocks: sources, ipv6_cidr_blocks: [], description: "", self: false,
});

describe("diff", () => {
  it("shows nothing where two values are equal, whatever the order of members", () => {
    expect(shown({ a: 1, b: [1] }, { b: [1], a: 1 })).toEqual([]);
    expect(shown('{"a": 1}', '{"a":1}')).toEqual([]);
  });

  it("shows both of two plain values", () => {
    expect(shown("t3.micro", "t3.large")).toEqual(["-t3.micro", "+t3.large"]);
    expect(shown(null, true)).toEqual(["-(unset)", "+true"]);
  });

  it("compares a list by element, and folds what stayed", () => {
    expect(shown(["a", "b", "c"], ["c", "d", "a"])).toEqual(["-b", "+d", "~2 elements unchanged"]);
    expect(shown(["a", "a"], ["a"])).toEqual(["-a", "~1 element unchanged"]);
  });

  it("shows a changed order of the same elements", () => {
    expect(shown(["a", "b"], ["b", "a"]).length).toBeGreaterThan(0);
  });

  it("compares the rules of a security group by source", () => {
    const before = [rule(443, "10.0.0.0/8"), rule(80, "10.0.0.0/8")];
    expect(shown(before, [...before, rule(22, "0.0.0.0/0")])).toEqual(["+tcp 22 · 0.0.0.0/0", "~2 rules unchanged"]);
    expect(shown(before, [rule(443, "10.0.0.0/8", "0.0.0.0/0"), before[1]])).toEqual([
      "+tcp 443 · 0.0.0.0/0",
      "~2 rules unchanged",
    ]);
  });

  it("names the one statement of thirty that changed", () => {
    const statements = Array.from({ length: 30 }, (_, number) => ({
      Sid: `s${number}`, Effect: "Allow", Action: [`s3:Get${number}`], Resource: "*",
    }));
    const wide = statements.map((one) => (one.Sid === "s17" ? { ...one, Action: "*" } : one));
    const policy = (Statement: unknown): string => JSON.stringify({ Version: "2012-10-17", Statement });
    expect(shown(policy(statements), policy(wide))).toEqual([
      " statement s17", "  Action".replace("  ", "  "), "-  s3:Get17", "+  *", "~ 3 members unchanged", "~29 statements unchanged",
    ]);
  });

  it("compares a long text by line, with a little around each change", () => {
    const lines = Array.from({ length: 40 }, (_, number) => `line ${number}`);
    const changed = lines.map((line) => (line === "line 20" ? "another" : line));
    expect(shown(lines.join("\n"), changed.join("\n"))).toEqual([
      "~18 lines unchanged", " line 18", " line 19", "-line 20", "+another", " line 21", " line 22", "~17 lines unchanged",
    ]);
  });

  it("pairs objects of a list that share most members, and shows only the member that differs", () => {
    const volumes = [{ name: "a", size: 10, kind: "gp3" }, { name: "b", size: 20, kind: "gp3" }];
    expect(shown(volumes, [volumes[0], { ...volumes[1], size: 30 }])).toEqual([
      " element", "- size: 20", "+ size: 30", "~ 2 members unchanged", "~1 element unchanged",
    ]);
  });
});
