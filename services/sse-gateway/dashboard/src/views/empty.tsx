/** What the page says where there is nothing to list: what is known, and the next step. */
import { situation } from "../situation";
import { Copyable } from "../parts/copy";

/** No drift is open: either all is well as far as can be known, or something is not set up yet. */
export function NothingYet({ anyResolved }: { anyResolved: boolean }) {
  const known = situation.value;
  if (known.workspaces === 0) {
    return (
      <div class="empty">
        <h2>No Terraform state is watched</h2>
        <p>Name the states to watch in <code>TFDRIFT_STATE_SOURCES</code> and restart ingest-tfstate:</p>
        <Copyable label="setting" text={"TFDRIFT_STATE_SOURCES=s3://my-bucket/**/*.tfstate"} />
      </div>
    );
  }
  if (known.lastAlert === null && !anyResolved) {
    return (
      <div class="empty">
        <h2>No alert from Falco yet</h2>
        <p>Let Falco post its alerts to ingest-falco, in <code>falco.yaml</code>:</p>
        <Copyable
          label="Falco's configuration"
          text={`json_output: true\nhttp_output:\n  enabled: true\n  url: http://${location.hostname}:2801/`}
        />
        <p>Then send a test alert, which appears under <a href="/timeline">Timeline</a>:</p>
        <Copyable label="test" text={`curl -X POST http://${location.hostname}:2801/test`} />
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>No open drift</h2>
      <p>{known.trouble.length > 0 ? "But not everything can be known now:" : "Every change that was reported agrees with the states."}</p>
      {known.trouble.length > 0 && <ul>{known.trouble.map((text) => <li key={text}>{text}</li>)}</ul>}
    </div>
  );
}
