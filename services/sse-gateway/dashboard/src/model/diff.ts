/**
 * What differs between the state's value and the cloud's, as lines to show.
 *
 * Objects are compared by member, lists by element, IAM policies by statement, security-group rules by source, texts by
 * line. What is equal is folded into one line that says how much it is. A pure function of the two values.
 */
import { diffArrays, diffLines } from "diff";
import { canonical, inline, isObject, listed, parsedDocument, type Json } from "./values";

export type Mark = "added" | "removed" | "same" | "folded";

export interface Line {
  mark: Mark;
  /** Depth of nesting, from 0. */
  depth: number;
  /** The member's name or the element's place; empty for a line of text. */
  label: string;
  text: string;
}

/** Lines around a change of a text that stay unfolded. */
const CONTEXT = 2;

/** The lines that show how `after` differs from `before`; empty where they are equal. */
export function diff(before: Json, after: Json): Line[] {
  const [left, right] = [parsedDocument(before), parsedDocument(after)];
  if (left !== undefined && right !== undefined) return diff(left, right);
  if (canonical(before) === canonical(after)) return [];
  if (isPolicy(before) && isPolicy(after)) return policyLines(before, after);
  if (isRuleList(before) && isRuleList(after)) return ruleLines(before as Rule[], after as Rule[]);
  return valueLines("", before, after, 0);
}

function valueLines(label: string, before: Json, after: Json, depth: number): Line[] {
  if (canonical(before) === canonical(after)) return [];
  if (isObject(before) && isObject(after)) return memberLines(label, before, after, depth);
  if (Array.isArray(before) && Array.isArray(after)) return elementLines(label, before, after, depth);
  if (isLongText(before) && isLongText(after)) return textLines(label, before, after, depth);
  return [...whole("removed", label, before, depth), ...whole("added", label, after, depth)];
}

function heading(label: string, depth: number): Line[] {
  return label === "" ? [] : [{ mark: "same", depth, label, text: "" }];
}

function memberLines(label: string, before: Record<string, Json>, after: Record<string, Json>, depth: number): Line[] {
  const inner = label === "" ? depth : depth + 1;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.flatMap((name) => {
    if (!(name in before)) return whole("added", name, after[name], inner);
    if (!(name in after)) return whole("removed", name, before[name], inner);
    return valueLines(name, before[name], after[name], inner);
  });
  const same = names.filter((name) => name in before && name in after && canonical(before[name]) === canonical(after[name]));
  return [...heading(label, depth), ...changed, ...folded(same.length, "member", inner)];
}

function elementLines(label: string, before: Json[], after: Json[], depth: number): Line[] {
  const inner = label === "" ? depth : depth + 1;
  const [gone, come, kept] = unmatched(before, after);
  if (gone.length === 0 && come.length === 0) {
    return [...heading(label, depth), ...orderLines(before, after, inner)];
  }
  const lines: Line[] = [];
  const left = [...come];
  for (const element of gone) {
    const at = isObject(element) ? closest(element, left) : -1;
    if (at < 0) lines.push(...whole("removed", "", element, inner));
    else lines.push(...valueLines("element", element, left.splice(at, 1)[0], inner));
  }
  lines.push(...left.flatMap((element) => whole("added", "", element, inner)));
  return [...heading(label, depth), ...lines, ...folded(kept, "element", inner)];
}

/** The elements that only one of two lists has, as often as it has them more, and how many both have. */
function unmatched(before: Json[], after: Json[]): [Json[], Json[], number] {
  const counts = new Map<string, number>();
  for (const element of after) counts.set(canonical(element), (counts.get(canonical(element)) ?? 0) + 1);
  const gone = before.filter((element) => !take(counts, canonical(element)));
  const rest = new Map<string, number>();
  for (const element of before) rest.set(canonical(element), (rest.get(canonical(element)) ?? 0) + 1);
  const come = after.filter((element) => !take(rest, canonical(element)));
  return [gone, come, before.length - gone.length];
}

function take(counts: Map<string, number>, key: string): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}

function orderLines(before: Json[], after: Json[], depth: number): Line[] {
  return diffArrays(before.map(inline), after.map(inline)).flatMap((part) => {
    if (!part.added && !part.removed) return folded(part.value.length, "element", depth);
    const mark: Mark = part.added ? "added" : "removed";
    return part.value.map((text) => ({ mark, depth, label: "", text }));
  });
}

/** Where the object is that shares most members with another, and at least half of them; -1 for none. */
function closest(element: Record<string, Json>, others: Json[]): number {
  let [best, at] = [0, -1];
  others.forEach((other, index) => {
    if (!isObject(other)) return;
    const names = new Set([...Object.keys(element), ...Object.keys(other)]);
    const same = [...names].filter((name) => canonical(element[name]) === canonical(other[name])).length;
    const share = same / Math.max(1, names.size);
    if (share > best && share >= 0.5) [best, at] = [share, index];
  });
  return at;
}

function isLongText(value: Json): value is string {
  return typeof value === "string" && value.includes("\n");
}

function textLines(label: string, before: string, after: string, depth: number): Line[] {
  const inner = label === "" ? depth : depth + 1;
  const parts = diffLines(before, after);
  const lines = parts.flatMap((part, index): Line[] => {
    const texts = part.value.replace(/\n$/, "").split("\n");
    const mark: Mark = part.added ? "added" : part.removed ? "removed" : "same";
    if (mark !== "same") return texts.map((text) => ({ mark, depth: inner, label: "", text }));
    const head = index === 0 ? 0 : CONTEXT;
    const tail = index === parts.length - 1 ? 0 : CONTEXT;
    const shown = (from: number, to?: number): Line[] =>
      texts.slice(from, to).map((text) => ({ mark: "same", depth: inner, label: "", text }));
    if (texts.length <= head + tail + 1) return shown(0);
    const hidden = texts.length - head - tail;
    return [...shown(0, head), ...folded(hidden, "line", inner), ...shown(texts.length - tail)];
  });
  return [...heading(label, depth), ...lines];
}

/** All of a value, each of its lines marked. */
function whole(mark: "added" | "removed", label: string, value: Json, depth: number): Line[] {
  const document = parsedDocument(value);
  const shown = document ?? value;
  if (isObject(shown) || Array.isArray(shown) || isLongText(shown)) {
    const text = typeof shown === "string" ? shown : JSON.stringify(shown, null, 2);
    const texts = text.length <= 60 ? [text.replace(/\s+/g, " ")] : text.split("\n");
    return texts.map((line, index) => ({ mark, depth, label: index === 0 ? label : "", text: line }));
  }
  return [{ mark, depth, label, text: inline(value) }];
}

function folded(count: number, noun: string, depth: number): Line[] {
  if (count === 0) return [];
  return [{ mark: "folded", depth, label: "", text: `${count} ${noun}${count === 1 ? "" : "s"} unchanged` }];
}

// IAM policies (AWS documentation, "IAM JSON policy element reference").

function isPolicy(value: Json): value is Record<string, Json> {
  return isObject(value) && "Statement" in value;
}

function policyLines(before: Record<string, Json>, after: Record<string, Json>): Line[] {
  const [gone, come, kept] = unmatched(listed(before["Statement"]), listed(after["Statement"]));
  const { Statement: _before, ...restBefore } = before;
  const { Statement: _after, ...restAfter } = after;
  const lines = canonical(restBefore) === canonical(restAfter) ? [] : memberLines("", restBefore, restAfter, 0);
  const left = [...come];
  for (const statement of gone) {
    const at = sameStatement(statement, left);
    if (at < 0) lines.push(...statementLines("removed", statement));
    else lines.push(...changedStatement(statement, left.splice(at, 1)[0]));
  }
  lines.push(...left.flatMap((statement) => statementLines("added", statement)));
  return [...lines, ...folded(kept, "statement", 0)];
}

/** The statement of the same Sid, else the one that shares most members. */
function sameStatement(statement: Json, others: Json[]): number {
  if (!isObject(statement)) return -1;
  const sid = statement["Sid"];
  const named = sid ? others.findIndex((other) => isObject(other) && other["Sid"] === sid) : -1;
  return named >= 0 ? named : closest(statement, others);
}

function changedStatement(before: Json, after: Json): Line[] {
  const pair = [before, after].map((statement) =>
    Object.fromEntries(
      Object.entries(statement as Record<string, Json>).map(([name, value]) => [
        name,
        ["Action", "NotAction", "Resource", "NotResource"].includes(name) ? listed(value) : value,
      ]),
    ),
  );
  return valueLines(`statement ${nameOf(before)}`, pair[0], pair[1], 0);
}

function statementLines(mark: "added" | "removed", statement: Json): Line[] {
  return whole(mark, `statement ${nameOf(statement)}`, statement, 0);
}

function nameOf(statement: Json): string {
  if (!isObject(statement)) return "";
  return inline(statement["Sid"] ?? `${inline(statement["Effect"])} ${listed(statement["Action"]).map(inline).join(", ")}`);
}

// The rules of aws_security_group.ingress and egress, and their like in network ACLs.

type Rule = Record<string, Json>;
const SOURCES = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"] as const;

function isRuleList(value: Json): boolean {
  return Array.isArray(value) && value.every((rule) => isObject(rule) && "protocol" in rule && "from_port" in rule);
}

function ruleLines(before: Rule[], after: Rule[]): Line[] {
  const [gone, come, kept] = unmatched(before.flatMap(singleRules), after.flatMap(singleRules));
  return [
    ...gone.map((text): Line => ({ mark: "removed", depth: 0, label: "", text: inline(text) })),
    ...come.map((text): Line => ({ mark: "added", depth: 0, label: "", text: inline(text) })),
    ...folded(kept, "rule", 0),
  ];
}

/** One text for each source of a rule, such as "tcp 22 from 0.0.0.0/0 (ssh)". */
function singleRules(rule: Rule): string[] {
  const sources = SOURCES.flatMap((name) => listed(rule[name]).map(inline));
  if (rule["self"] === true) sources.push("this group");
  const description = rule["description"] ? ` (${inline(rule["description"])})` : "";
  return (sources.length > 0 ? sources : ["nowhere"]).map((source) => `${ports(rule)} · ${source}${description}`);
}

function ports(rule: Rule): string {
  const protocol = inline(rule["protocol"]);
  if (protocol === "-1" || protocol === "all") return "all traffic";
  const [from, to] = [inline(rule["from_port"]), inline(rule["to_port"])];
  return from === to ? `${protocol} ${from}` : `${protocol} ${from}–${to}`;
}
