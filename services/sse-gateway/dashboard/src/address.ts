/**
 * What the page shows, as its address: `/` for the drifts, `/drift/ID`, `/timeline`, `/people`, `/workspaces`, `/system`.
 * Filters, sort and grouping are in the query, so that an address can be shared and the back button works.
 */
import { signal } from "@preact/signals";
import { FACETS, GROUPINGS, SORTS, type Facet, type Grouping, type Query, type Sort } from "./model/list";

export const VIEWS = ["drifts", "timeline", "people", "workspaces", "system"] as const;
export type View = (typeof VIEWS)[number];

export interface Address {
  view: View;
  /** The id of the one drift that is looked at. */
  drift: string | null;
  query: Query;
}

export const DEFAULT_QUERY: Query = {
  text: "",
  facets: { status: ["open"] },
  sort: "when",
  descending: true,
  grouping: "resource",
};

/** The address that a path and a query string name; what they do not name stands at its default. */
export function parseAddress(path: string, search: string): Address {
  const [, first = "", second] = path.split("/");
  const view = VIEWS.find((name) => name === first) ?? "drifts";
  const drift = first === "drift" && second ? decodeURIComponent(second) : null;
  const parameters = new URLSearchParams(search);
  const facets: Partial<Record<Facet, string[]>> = {};
  for (const facet of FACETS) {
    const values = parameters.getAll(facet);
    if (values.length > 0) facets[facet] = values.filter((value) => value !== "any");
  }
  if (facets.status === undefined) facets.status = ["open"];
  const sort = SORTS.find((name) => name === parameters.get("sort")) ?? DEFAULT_QUERY.sort;
  return {
    view,
    drift,
    query: {
      text: parameters.get("q") ?? "",
      facets,
      sort,
      descending: parameters.get("order") !== "ascending",
      grouping: GROUPINGS.find((name) => name === parameters.get("group")) ?? DEFAULT_QUERY.grouping,
    },
  };
}

/** The path and query string of an address; defaults are left out. */
export function formatAddress({ view, drift, query }: Address): string {
  const path = drift !== null ? `/drift/${encodeURIComponent(drift)}` : view === "drifts" ? "/" : `/${view}`;
  const parameters = new URLSearchParams();
  if (query.text) parameters.set("q", query.text);
  for (const facet of FACETS) {
    const values = query.facets[facet] ?? [];
    if (facet === "status" && values.join() === "open") continue;
    if (facet === "status" && values.length === 0) parameters.set("status", "any");
    for (const value of values) parameters.append(facet, value);
  }
  if (query.sort !== DEFAULT_QUERY.sort) parameters.set("sort", query.sort);
  if (!query.descending) parameters.set("order", "ascending");
  if (query.grouping !== DEFAULT_QUERY.grouping) parameters.set("group", query.grouping);
  const search = parameters.toString();
  return search ? `${path}?${search}` : path;
}

export const address = signal<Address>(parseAddress(location.pathname, location.search));

addEventListener("popstate", () => {
  address.value = parseAddress(location.pathname, location.search);
});

/** Goes to another address; `replace` leaves no entry in the history, as while somebody types. */
export function go(change: Partial<Address>, replace = false): void {
  const next = { ...address.value, ...change };
  if ("view" in change && !("drift" in change)) next.drift = null;
  const url = formatAddress(next);
  if (url !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", url);
  address.value = next;
}

/** Changes the query of the list. */
export function refine(change: Partial<Query>, replace = false): void {
  go({ query: { ...address.value.query, ...change } }, replace);
}

/** Takes a value of a facet into the filter, or out of it. */
export function toggle(facet: Facet, value: string): void {
  const { facets } = address.value.query;
  const values = facets[facet] ?? [];
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  refine({ facets: { ...facets, [facet]: next } });
}

/** Sorts by a column, or the other way round where it is sorted by already. */
export function sortBy(sort: Sort): void {
  const { query } = address.value;
  refine({ sort, descending: query.sort === sort ? !query.descending : sort === "when" || sort === "severity" });
}

/** Groups the list. */
export function groupBy(grouping: Grouping): void {
  refine({ grouping });
}
