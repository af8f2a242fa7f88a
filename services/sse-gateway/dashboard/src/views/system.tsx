/** The pipeline's own health: each service, NATS, freshness, and what is in the way. */
import { connection } from "../live";
import { When } from "../parts/when";
import { report, situation, unanswered } from "../situation";

export function SystemView() {
  const answer = report.value;
  const known = situation.value;
  const hints = (answer?.services ?? []).flatMap((one) => one.hints.map((text) => `${one.name}: ${text}`));
  return (
    <section aria-labelledby="system-title">
      <h1 id="system-title">Health</h1>
      {known.trouble.length === 0 ? (
        <p>Every service answers, and every state was read.</p>
      ) : (
        <ul class="trouble">{known.trouble.map((text) => <li key={text}>{text}</li>)}</ul>
      )}
      <dl>
        <div><dt>Stream</dt><dd>{connection.value}</dd></div>
        <div><dt>Last Falco alert</dt><dd>{known.lastAlert ? <When moment={known.lastAlert} /> : "none seen"}</dd></div>
        <div><dt>Newest state</dt><dd>{known.newestState ? <When moment={known.newestState} /> : "none"}</dd></div>
      </dl>
      {hints.length > 0 && (
        <>
          <h2 id="hints">What reduces what can be known</h2>
          <ul class="trouble" aria-labelledby="hints">{hints.map((text) => <li key={text}>{text}</li>)}</ul>
        </>
      )}
      {answer && (
        <table>
          <thead><tr><th>Service</th><th>Status</th><th class="numeric">Instances</th><th>Failing conditions</th></tr></thead>
          <tbody>
            {answer.services.map((one) => (
              <tr key={one.name}>
                <td class="mono">{one.name}</td>
                <td>{one.status.replace("_", " ")}</td>
                <td class="numeric">{one.instances}</td>
                <td class="mono">{one.failing.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {unanswered.value && <p role="alert" class="note">{unanswered.value}</p>}
    </section>
  );
}
