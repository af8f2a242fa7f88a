/** The list of drifts: search, facets, groups, and rows of one line each. */
import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { address, formatAddress, go, groupBy, refine, sortBy, toggle } from "../address";
import { drifts, loaded } from "../live";
import { counts, FACETS, grouped, GROUPINGS, select, worst, type Facet, type Group, type Sort } from "../model/list";
import { changeOf, nameOf, personOf, viaOf } from "../model/summary";
import { SeverityMark } from "../parts/severity";
import { VirtualRows } from "../parts/virtual";
import { When } from "../parts/when";
import type { Drift } from "@tfdrift/client";
import { NothingYet } from "./empty";

type Row = { group: Group; drift: null } | { group: Group; drift: Drift };

const selected = computed(() => select(drifts.value.values(), address.value.query));

/** The rows in order: a head for each group of several drifts, then its drifts. */
const rows = computed((): Row[] =>
  grouped(selected.value, address.value.query.grouping).flatMap((group) => [
    ...(group.drifts.length > 1 ? [{ group, drift: null }] : []),
    ...group.drifts.map((drift) => ({ group, drift })),
  ]),
);

/** The id of the drift that the keyboard is at. */
export const current = signal<string | null>(null);
const narrow = signal(matchMedia("(max-width: 720px)").matches);
matchMedia("(max-width: 720px)").addEventListener("change", (event) => {
  narrow.value = event.matches;
});

/** Moves the keyboard's place by some drifts. */
export function move(step: number): void {
  const found = selected.value;
  const shown = rows.value.flatMap((row) => (row.drift ? [row.drift] : []));
  if (found.length === 0) return;
  const at = shown.findIndex((drift) => drift.id === current.value);
  const next = at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + step));
  current.value = shown[next]?.id ?? null;
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-drift="${current.value}"] a`)?.focus());
}

export function DriftsView() {
  const { query } = address.value;
  const all = drifts.value.size;
  const at = rows.value.findIndex((row) => row.drift !== null && row.drift.id === current.value);
  return (
    <div class="list">
      <aside class="facets" aria-label="Filters">
        <details open={!narrow.value}>
          <summary>Filters</summary>
          {FACETS.map((facet) => (
            <FacetBox key={facet} facet={facet} />
          ))}
        </details>
      </aside>
      <section class="found" aria-label="Drifts">
        <div class="tools">
          <SearchBox />
          <label>
            Group by{" "}
            <select value={query.grouping} onChange={(event) => groupBy(event.currentTarget.value as never)}>
              {GROUPINGS.map((grouping) => (
                <option key={grouping} value={grouping}>{grouping === "none" ? "nothing" : grouping}</option>
              ))}
            </select>
          </label>
          <span class="quiet" id="count">
            {loaded.value && `${selected.value.length.toLocaleString()} of ${all.toLocaleString()}`}
          </span>
        </div>
        {selected.value.length > 0 ? (
          <div class="table" role="table" aria-label="Drifts" aria-rowcount={rows.value.length + 1}>
            <div role="rowgroup">
              <div class="row head" role="row" aria-rowindex={1}>
                <Column sort="severity" title="Severity" />
                <Column sort="address" title="Resource" />
                <span role="columnheader">Change</span>
                <Column sort="person" title="Who" />
                <Column sort="when" title="When" />
                <Column sort="workspace" title="Workspace" />
              </div>
            </div>
            <VirtualRows rows={rows.value} height={narrow.value ? 76 : 34} selected={at} keyOf={keyOf}>
              {(row, index) => (row.drift ? <DriftRow row={row} index={index} /> : <GroupRow group={row.group} index={index} />)}
            </VirtualRows>
          </div>
        ) : (
          <Nothing all={all} />
        )}
      </section>
    </div>
  );
}

function keyOf(row: Row): string {
  return row.drift ? row.drift.id : `group ${row.group.key}`;
}

function Column({ sort, title }: { sort: Sort; title: string }) {
  const { query } = address.value;
  const active = query.sort === sort;
  const order = !active ? "none" : query.descending ? "descending" : "ascending";
  return (
    <span role="columnheader" aria-sort={order}>
      <button type="button" onClick={() => sortBy(sort)}>
        {title}
        <span aria-hidden="true">{active ? (query.descending ? " ↓" : " ↑") : ""}</span>
      </button>
    </span>
  );
}

function GroupRow({ group, index }: { group: Group; index: number }) {
  return (
    <div class="row group" role="row" aria-rowindex={index + 2}>
      <span role="cell"><SeverityMark severity={worst(group.drifts)} /></span>
      <span role="cell" class="span"><b class="mono">{group.title}</b> <span class="quiet">{group.detail}</span></span>
      <span role="cell" class="quiet">{group.drifts.length} drifts</span>
    </div>
  );
}

function DriftRow({ row, index }: { row: Row & { drift: Drift }; index: number }) {
  const { drift, group } = row;
  const inGroup = group.drifts.length > 1 && address.value.query.grouping === "resource";
  const href = formatAddress({ ...address.value, drift: drift.id });
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    current.value = drift.id;
    go({ drift: drift.id });
  };
  const via = viaOf(drift.user_identity);
  return (
    <div
      class={`row drift ${drift.status} ${current.value === drift.id ? "current" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      data-drift={drift.id}
      onClick={open}
    >
      <span role="cell"><SeverityMark severity={drift.severity} /></span>
      <span role="cell" class="mono" title={nameOf(drift)}>
        <a href={href} onFocus={() => (current.value = drift.id)}>
          {!inGroup && <span>{nameOf(drift)}</span>}
          {drift.attribute !== null && <span class="attribute">{inGroup ? "" : " "}{drift.attribute}</span>}
          {inGroup && drift.attribute === null && <span class="attribute">{drift.kind}</span>}
        </a>
      </span>
      <span role="cell" class="mono change" title={changeOf(drift)}>{changeOf(drift)}</span>
      <span role="cell" title={drift.user_identity?.arn ?? ""}>
        {personOf(drift.user_identity)}
        {via && <span class="quiet"> · {via}</span>}
      </span>
      <span role="cell" class="numeric">
        {drift.status === "resolved" ? <span class="ended">{drift.resolution}</span> : <When moment={drift.timestamp} />}
      </span>
      <span role="cell">{drift.workspace ?? <span class="quiet">none</span>}</span>
    </div>
  );
}

function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const { text } = address.value.query;
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = text;
  }, [text]);
  return (
    <input
      id="search"
      ref={input}
      type="search"
      placeholder="Search address, person, value, call …  ( / )"
      aria-label="Search the drifts"
      defaultValue={text}
      onInput={(event) => refine({ text: event.currentTarget.value }, true)}
    />
  );
}

/** How many values of a facet are listed before the rest is folded. */
const SHOWN = 8;

function FacetBox({ facet }: { facet: Facet }) {
  const { query } = address.value;
  const found = counts(drifts.value.values(), query, facet);
  const chosen = query.facets[facet] ?? [];
  const option = ([value, count]: [string, number]) => (
    <li key={value}>
      <label title={value}>
        <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(facet, value)} />
        <span class="value">{value}</span>
        <span class="numeric quiet">{count.toLocaleString()}</span>
      </label>
    </li>
  );
  if (found.length === 0) return null;
  return (
    <fieldset class="facet">
      <legend>{facet}</legend>
      <ul>{found.slice(0, SHOWN).map(option)}</ul>
      {found.length > SHOWN && (
        <details>
          <summary>{found.length - SHOWN} more</summary>
          <ul>{found.slice(SHOWN).map(option)}</ul>
        </details>
      )}
    </fieldset>
  );
}

function Nothing({ all }: { all: number }) {
  const { query } = address.value;
  const filtered = query.text !== "" || Object.entries(query.facets).some(([name, values]) => name !== "status" && values.length > 0);
  if (filtered) {
    return (
      <div class="empty">
        <p>No drift meets these filters.</p>
        <button type="button" onClick={() => refine({ text: "", facets: { status: ["open"] } })}>Clear the filters</button>
      </div>
    );
  }
  if (!loaded.value) return <p class="empty">Reading the drifts …</p>;
  return <NothingYet anyResolved={all > 0} />;
}
