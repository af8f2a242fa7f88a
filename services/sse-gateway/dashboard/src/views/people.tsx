/** Who stands behind the drifts: a row a person, with what is open of theirs. */
import { computed } from "@preact/signals";
import { go } from "../address";
import { drifts } from "../live";
import { worst } from "../model/list";
import { personOf, viaOf } from "../model/summary";
import { SeverityMark } from "../parts/severity";
import { When } from "../parts/when";
import type { Drift } from "@tfdrift/client";

const people = computed(() => {
  const found = new Map<string, Drift[]>();
  for (const drift of drifts.value.values()) {
    const name = personOf(drift.user_identity);
    const theirs = found.get(name);
    if (theirs) theirs.push(drift);
    else found.set(name, [drift]);
  }
  const rows = [...found].map(([name, theirs]) => ({
    name,
    theirs,
    open: theirs.filter((drift) => drift.status === "open"),
    last: theirs.reduce((a, b) => (a.timestamp > b.timestamp ? a : b)),
  }));
  return rows.sort((a, b) => b.open.length - a.open.length || b.theirs.length - a.theirs.length);
});

export function PeopleView() {
  const show = (name: string) => (event: MouseEvent): void => {
    event.preventDefault();
    go({ view: "drifts", drift: null, query: { ...EVERYTHING, facets: { person: [name], status: [] } } });
  };
  return (
    <section aria-labelledby="people-title">
      <h1 id="people-title">People</h1>
      {people.value.length === 0 && <p class="empty">No call has drifted from a state yet.</p>}
      {people.value.length > 0 && (
        <table>
          <thead>
            <tr><th>Person</th><th>Worst open</th><th class="numeric">Open</th><th class="numeric">Resolved</th><th>Last call</th><th>When</th><th>Via</th></tr>
          </thead>
          <tbody>
            {people.value.map(({ name, theirs, open, last }) => (
              <tr key={name}>
                <td><a href={`/?person=${encodeURIComponent(name)}&status=any`} onClick={show(name)}>{name}</a></td>
                <td>{open.length > 0 && <SeverityMark severity={worst(open)} />}</td>
                <td class="numeric">{open.length}</td>
                <td class="numeric">{theirs.length - open.length}</td>
                <td class="mono">{last.event_name}</td>
                <td><When moment={last.timestamp} /></td>
                <td>{[...new Set(theirs.map((drift) => viaOf(drift.user_identity)).filter(Boolean))].join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const EVERYTHING = { text: "", sort: "when", descending: true, grouping: "resource" } as const;
