/** One drift: what differs, who did it, what to do, and what became of it. */
import { useEffect, useState } from "preact/hooks";
import { address, go } from "../address";
import { dismiss, eventOfCall, oneDrift, Refusal, undoDismissal, type Remedy } from "../api";
import { drifts, put } from "../live";
import { changeOf, nameOf, personOf, viaOf } from "../model/summary";
import { exact } from "../model/time";
import { Copyable } from "../parts/copy";
import { DiffView } from "../parts/diff";
import { SeverityMark } from "../parts/severity";
import { When } from "../parts/when";
import type { Drift, FalcoEvent, HistoryEntry } from "@tfdrift/client";

export function DriftView({ id }: { id: string }) {
  const known = drifts.value.get(id);
  const [answer, setAnswer] = useState<(Drift & { remedies?: Remedy[] }) | null>(null);
  const [call, setCall] = useState<FalcoEvent | null>(null);
  const [failure, setFailure] = useState("");
  const version = known ? `${known.status} ${known.history.length}` : "";

  useEffect(() => {
    let wanted = true;
    oneDrift(id).then(
      (drift) => {
        if (!wanted) return;
        setAnswer(drift);
        setFailure("");
      },
      (error: unknown) => wanted && setFailure(error instanceof Refusal ? error.detail : "The gateway does not answer."),
    );
    return () => {
      wanted = false;
    };
  }, [id, version]);

  const eventId = (known ?? answer)?.event_id ?? null;
  const since = (known ?? answer)?.timestamp ?? "";
  useEffect(() => {
    let wanted = true;
    setCall(null);
    if (eventId === null) return;
    eventOfCall(eventId, since).then((event) => wanted && setCall(event), () => undefined);
    return () => {
      wanted = false;
    };
  }, [eventId, since]);

  const drift = known ?? answer;
  if (drift === null || drift === undefined) {
    return <p class="empty" role="status">{failure || "Reading the drift …"}</p>;
  }
  return (
    <article class="one" aria-labelledby="drift-title">
      <p>
        <a href="/" onClick={(event) => { event.preventDefault(); go({ drift: null }); }}>← {address.value.view}</a>
      </p>
      <header>
        <SeverityMark severity={drift.severity} />
        <h1 id="drift-title" class="mono">{nameOf(drift)} {drift.attribute !== null && <span class="attribute">{drift.attribute}</span>}</h1>
        <p class={`state ${drift.status}`}>
          {drift.status === "open" ? "open" : `resolved: ${drift.resolution}`} · {drift.kind}
          {drift.workspace && ` · workspace ${drift.workspace}`} · <When moment={drift.timestamp} />
        </p>
      </header>
      <section aria-labelledby="what">
        <h2 id="what">What differs</h2>
        <p class="quiet">− in the state, + in the cloud</p>
        {drift.detail !== null && <p class="note">{drift.detail}</p>}
        {drift.attribute === null ? <p class="mono">{changeOf(drift)}</p> : (
          <DiffView before={drift.old_value} after={drift.new_value} unknown={drift.value_unknown} />
        )}
      </section>
      <div class="columns">
        <Person drift={drift} />
        <CallFacts drift={drift} call={call} />
      </div>
      <ToDo drift={drift} remedies={answer?.remedies ?? []} />
      <History drift={drift} />
    </article>
  );
}

function Facts({ facts }: { facts: [string, string | null | undefined][] }) {
  return (
    <dl>
      {facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Person({ drift }: { drift: Drift }) {
  const who = drift.user_identity;
  return (
    <section aria-labelledby="who">
      <h2 id="who">Who</h2>
      <p class="person">{personOf(who)} {viaOf(who) && <span class="quiet">via {viaOf(who)}</span>}</p>
      <Facts
        facts={[
          ["Type", who?.type],
          ["ARN", who?.arn],
          ["Session", who?.session_name],
          ["Principal", who?.principal_id],
          ["Account", who?.account_id],
          ["Address", drift.source_ip],
          ["Agent", drift.user_agent],
        ]}
      />
    </section>
  );
}

function CallFacts({ drift, call }: { drift: Drift; call: FalcoEvent | null }) {
  return (
    <section aria-labelledby="call">
      <h2 id="call">The call</h2>
      <Facts
        facts={[
          ["Call", drift.event_name],
          ["Event", drift.event_id],
          ["Account", drift.account_id],
          ["Region", drift.region],
          ["Resource", drift.resource_id],
          ["Rules", drift.matched_rules.join(", ")],
          ["Made", exact(drift.timestamp)],
          ["Detected", exact(drift.detected_at)],
          ["Falco", call?.output],
        ]}
      />
    </section>
  );
}

function ToDo({ drift, remedies }: { drift: Drift; remedies: Remedy[] }) {
  return (
    <section aria-labelledby="todo">
      <h2 id="todo">What to do</h2>
      {remedies.map((remedy) => (
        <div key={remedy.title} class="remedy">
          <h3>{remedy.title}</h3>
          {remedy.language === "url" ? (
            <p><a href={remedy.text} target="_blank" rel="noreferrer noopener">{remedy.text}</a></p>
          ) : (
            <Copyable label={remedy.title} text={remedy.text} />
          )}
        </div>
      ))}
      <Dismiss drift={drift} />
    </section>
  );
}

function Dismiss({ drift }: { drift: Drift }) {
  const [failure, setFailure] = useState("");
  const act = async (work: Promise<Drift>): Promise<void> => {
    try {
      put(await work);
      setFailure("");
    } catch (error) {
      setFailure(error instanceof Refusal ? error.detail : "The gateway does not answer.");
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const until = String(form.get("until") ?? "");
    void act(dismiss(drift.id, String(form.get("reason") ?? ""), until ? new Date(until).toISOString() : null));
  };
  return (
    <div class="remedy">
      <h3>{drift.resolution === "dismissed" ? "Dismissed" : "Accept it as it is"}</h3>
      {drift.dismissal && (
        <p>
          {drift.dismissal.by ?? "Somebody"}: {drift.dismissal.reason ?? "no reason given"}
          {drift.dismissal.until && <>, until {exact(drift.dismissal.until)}</>}
        </p>
      )}
      {drift.resolution === "dismissed" && (
        <button type="button" onClick={() => void act(undoDismissal(drift.id))}>Undo the dismissal</button>
      )}
      {drift.status === "open" && (
        <form onSubmit={submit} class="dismiss">
          <label>Reason <input id="reason" name="reason" maxLength={1000} required /></label>
          <label>Until (optional) <input name="until" type="datetime-local" /></label>
          <button type="submit">Dismiss</button>
        </form>
      )}
      {failure && <p role="alert" class="note">{failure}</p>}
    </div>
  );
}

function History({ drift }: { drift: Drift }) {
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      {drift.history_omitted > 0 && <p class="quiet">{drift.history_omitted} earlier steps are not kept.</p>}
      <ol class="history">
        {drift.history.map((step, index) => <Step key={index} step={step} />)}
      </ol>
    </section>
  );
}

function Step({ step }: { step: HistoryEntry }) {
  const what = step.status === "open" ? (step.event_name ?? "opened") : `resolved: ${step.resolution}`;
  const who = step.user_identity ? personOf(step.user_identity) : step.serial !== null ? `state serial ${step.serial}` : "";
  return (
    <li class={step.status}>
      <When moment={step.timestamp} /> <b>{what}</b> {who && <span>by {who}</span>}
      <DiffView before={step.old_value} after={step.new_value} unknown={false} />
    </li>
  );
}
