/** The list of drifts: filtered, searched, sorted and grouped. Pure functions over an array. */
import type { Drift, Severity } from "@tfdrift/client";
import { changeOf, nameOf, personOf } from "./summary";

export const SEVERITIES: Severity[] = ["critical", "high", "medium", "low", "info"];
export const FACETS = ["status", "severity", "workspace", "provider", "type", "person", "kind"] as const;
export type Facet = (typeof FACETS)[number];
export const GROUPINGS = ["resource", "person", "call", "none"] as const;
export type Grouping = (typeof GROUPINGS)[number];
export const SORTS = ["when", "severity", "address", "person", "workspace"] as const;
export type Sort = (typeof SORTS)[number];

export interface Query {
  text: string;
  facets: Partial<Record<Facet, string[]>>;
  sort: Sort;
  descending: boolean;
  grouping: Grouping;
}

/** The value that a drift has under a facet. */
export function facetValue(drift: Drift, facet: Facet): string {
  switch (facet) {
    case "type":
      return drift.resource_type;
    case "person":
      return personOf(drift.user_identity);
    case "workspace":
      return drift.workspace ?? "(none)";
    default:
      return drift[facet];
  }
}

const texts = new WeakMap<Drift, string>();

/** Everything of a drift that a search looks at, in lower case. */
function searchText(drift: Drift): string {
  let text = texts.get(drift);
  if (text === undefined) {
    const { user_identity: who } = drift;
    text = [
      nameOf(drift), drift.resource_id, drift.attribute, drift.workspace, drift.event_name, drift.account_id, drift.region,
      drift.source_ip, changeOf(drift), personOf(who), who?.arn, ...drift.matched_rules,
    ].join("\n").toLowerCase();
    texts.set(drift, text);
  }
  return text;
}

/** Whether a drift meets a query, leaving one facet aside where counts for its values are wanted. */
export function meets(drift: Drift, query: Query, aside?: Facet): boolean {
  for (const facet of FACETS) {
    const wanted = query.facets[facet];
    if (facet !== aside && wanted && wanted.length > 0 && !wanted.includes(facetValue(drift, facet))) return false;
  }
  return query.text.toLowerCase().split(/\s+/).every((word) => word === "" || searchText(drift).includes(word));
}

/** How many drifts each value of a facet would show, with every other filter in force; most first. */
export function counts(drifts: Iterable<Drift>, query: Query, facet: Facet): [string, number][] {
  const found = new Map<string, number>();
  for (const drift of drifts) {
    if (!meets(drift, query, facet)) continue;
    const value = facetValue(drift, facet);
    found.set(value, (found.get(value) ?? 0) + 1);
  }
  for (const value of query.facets[facet] ?? []) if (!found.has(value)) found.set(value, 0);
  const entries = [...found];
  if (facet === "severity") return entries.sort((a, b) => rank(b[0]) - rank(a[0]));
  return entries.sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** The severity as a number, the most severe highest. */
export function rank(severity: string): number {
  return SEVERITIES.length - SEVERITIES.indexOf(severity as Severity);
}

function compare(a: Drift, b: Drift, sort: Sort): number {
  switch (sort) {
    case "severity":
      return rank(a.severity) - rank(b.severity);
    case "address":
      return nameOf(a).localeCompare(nameOf(b));
    case "person":
      return personOf(a.user_identity).localeCompare(personOf(b.user_identity));
    case "workspace":
      return (a.workspace ?? "").localeCompare(b.workspace ?? "");
    case "when":
      return a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0;
  }
}

/** The drifts that meet a query, in its order; equal ones newest first. */
export function select(drifts: Iterable<Drift>, query: Query): Drift[] {
  const found = [...drifts].filter((drift) => meets(drift, query));
  const sign = query.descending ? -1 : 1;
  return found.sort((a, b) => sign * compare(a, b, query.sort) || compare(b, a, "when") || a.id.localeCompare(b.id));
}

export interface Group {
  key: string;
  title: string;
  detail: string;
  drifts: Drift[];
}

function groupKey(drift: Drift, grouping: Grouping): string {
  switch (grouping) {
    case "resource":
      return `${drift.workspace}\n${nameOf(drift)}`;
    case "person":
      return personOf(drift.user_identity);
    case "call":
      return drift.event_id ?? drift.id;
    case "none":
      return drift.id;
  }
}

function titleOf(drift: Drift, grouping: Grouping): [string, string] {
  switch (grouping) {
    case "resource":
      return [nameOf(drift), drift.workspace ?? ""];
    case "person":
      return [personOf(drift.user_identity), drift.user_identity?.arn ?? ""];
    default:
      return [drift.event_name ?? drift.kind, nameOf(drift)];
  }
}

/** Selected drifts in groups; a group stands where its first drift stands. */
export function grouped(drifts: Drift[], grouping: Grouping): Group[] {
  const groups = new Map<string, Group>();
  for (const drift of drifts) {
    const key = groupKey(drift, grouping);
    const group = groups.get(key);
    if (group) group.drifts.push(drift);
    else {
      const [title, detail] = titleOf(drift, grouping);
      groups.set(key, { key, title, detail, drifts: [drift] });
    }
  }
  return [...groups.values()];
}

/** The most severe of some drifts. */
export function worst(drifts: Drift[]): Severity {
  return drifts.reduce<Severity>((found, drift) => (rank(drift.severity) > rank(found) ? drift.severity : found), "info");
}
