/** The pipeline's own health: each service, NATS, freshness, and what is in the way. */
import { connection } from "../live";
import { When } from "../parts/when";
import { report, situation, unanswered } from "../situation";

export function SystemView() {
  const answer = report.value;
  const known = situation.value;
  return (
    <section aria-labelledby="system-title">
      <h1 id="system-title">Health</h1>
      {known.trouble.length === 0 ? (
        <p>The gateway reads the ledger, and every state was read.</p>
      ) : (
        <ul class="trouble">{known.trouble.map((text) => <li key={text}>{text}</li>)}</ul>
      )}
      <dl>
        <div><dt>Stream</dt><dd>{connection.value}</dd></div>
        <div><dt>Last Falco alert</dt><dd>{known.lastAlert ? <When moment={known.lastAlert} /> : "none seen"}</dd></div>
        <div><dt>Newest state</dt><dd>{known.newestState ? <When moment={known.newestState} /> : "none"}</dd></div>
      </dl>
      {answer && (
        <dl>
          <div><dt>Gateway</dt><dd>{answer.status}, version {answer.version}</dd></div>
          <div><dt>NATS</dt><dd>{answer.nats ? "connected" : "not connected"}</dd></div>
          <div><dt>Clients</dt><dd class="numeric">{answer.clients}</dd></div>
        </dl>
      )}
      {unanswered.value && <p role="alert" class="note">{unanswered.value}</p>}
    </section>
  );
}
