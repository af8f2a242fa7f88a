/** The ledger as it grows: calls, state changes, attributions and drifts, newest first; it can be paused. */
import { signal } from "@preact/signals";
import { go } from "../address";
import type { LedgerEvent } from "../api";
import { events } from "../live";
import { changeOf, nameOf, personOf, viaOf } from "../model/summary";
import { clock } from "../model/time";
import { exact } from "../model/time";

/** The events as they were when the timeline was paused; null while it runs. */
const paused = signal<readonly LedgerEvent[] | null>(null);

export function TimelineView() {
  const shown = paused.value ?? events.value;
  const missed = paused.value === null ? 0 : events.value.length - paused.value.length;
  return (
    <section aria-labelledby="timeline-title">
      <div class="tools">
        <h1 id="timeline-title">Timeline</h1>
        <button
          type="button"
          aria-pressed={paused.value !== null}
          onClick={() => (paused.value = paused.value === null ? events.value : null)}
        >
          {paused.value === null ? "Pause" : `Go on${missed > 0 ? ` (${missed} new)` : ""}`}
        </button>
      </div>
      {shown.length === 0 && <p class="empty">The ledger has no event yet.</p>}
      <ol class="timeline">
        {shown.map((event) => <Entry key={event.id} event={event} />)}
      </ol>
    </section>
  );
}

function Entry({ event }: { event: LedgerEvent }) {
  const { kind, text, who, failed } = described(event);
  const target = event.event === "drift" ? event.data.id : null;
  return (
    <li class={`${event.event} ${failed ? "failed" : ""}`}>
      <time dateTime={event.data.timestamp} title={exact(event.data.timestamp)}>{clock(event.data.timestamp)}</time>
      <span class="kind">{kind}</span>
      <span class="mono">
        {target ? (
          <a href={`/drift/${target}`} onClick={(click) => { click.preventDefault(); go({ drift: target }); }}>{text}</a>
        ) : text}
      </span>
      <span>{who}</span>
    </li>
  );
}

function described(event: LedgerEvent): { kind: string; text: string; who: string; failed: boolean } {
  switch (event.event) {
    case "drift": {
      const drift = event.data;
      const state = drift.status === "open" ? changeOf(drift) : `resolved: ${drift.resolution}`;
      const text = [nameOf(drift), drift.attribute, state].filter(Boolean).join(" ");
      return { kind: "drift", text, who: personOf(drift.user_identity), failed: false };
    }
    case "falco": {
      const alert = event.data;
      const { error_code: error, event_name: name } = alert;
      const text = name ? `${name}${error ? ` failed: ${error}` : ""}` : (alert.output ?? alert.rule);
      const via = viaOf(alert.user_identity);
      const who = name ? `${personOf(alert.user_identity)}${via ? ` · ${via}` : ""}` : (alert.hostname ?? "");
      return { kind: name ? "call" : "alert", text, who, failed: Boolean(error) };
    }
    case "state_change": {
      const change = event.data;
      const names = change.changes.map((one) => one.attribute).join(", ");
      const text = `${change.resource ?? change.workspace} ${change.action}${names ? `: ${names}` : ""}`;
      return { kind: "state", text, who: `serial ${change.serial}`, failed: false };
    }
    case "attribution": {
      const { resource, actors } = event.data;
      const who = actors.map((actor) => personOf(actor.user_identity)).join("; ");
      return { kind: "who", text: resource ?? "", who, failed: false };
    }
  }
}
