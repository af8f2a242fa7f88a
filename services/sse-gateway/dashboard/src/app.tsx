/** The page's frame: navigation, the strip that says what can be believed, and the view that the address names. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address, formatAddress, go, VIEWS, type View } from "./address";
import { KeyHelp, listenToKeys } from "./keys";
import { connection, loaded, news, openDrifts } from "./live";
import { changeOf, nameOf, personOf } from "./model/summary";
import { AlertSettings } from "./parts/alerts";
import { line, situation } from "./situation";
import { DriftView } from "./views/drift";
import { DriftsView } from "./views/drifts";
import { PeopleView } from "./views/people";
import { SignInView } from "./views/signin";
import { SystemView } from "./views/system";
import { TimelineView } from "./views/timeline";
import { WorkspacesView } from "./views/workspaces";

const TITLES: Record<View, string> = {
  drifts: "Drifts",
  timeline: "Timeline",
  people: "People",
  workspaces: "Workspaces",
  system: "Health",
};

export const helpShown = signal(false);

export function App() {
  useEffect(listenToKeys, []);
  const { view, drift } = address.value;
  return (
    <>
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top">
        <span class="brand">TFDrift-Falco</span>
        <nav aria-label="Views">
          {VIEWS.map((name) => <ViewLink key={name} name={name} current={view === name && drift === null} />)}
        </nav>
        <AlertSettings />
        <button type="button" class="plain" aria-label="Keyboard" title="Keyboard (?)" onClick={() => (helpShown.value = true)}>?</button>
      </header>
      <Strip />
      <main id="main" tabIndex={-1}>
        <Shown view={view} drift={drift} />
      </main>
      <Announcer />
      {helpShown.value && <KeyHelp close={() => (helpShown.value = false)} />}
    </>
  );
}

function Shown({ view, drift }: { view: View; drift: string | null }) {
  const refused = connection.value;
  if (refused === "unauthorized" || refused === "forbidden") return <SignInView forbidden={refused === "forbidden"} />;
  if (drift !== null) return <DriftView key={drift} id={drift} />;
  switch (view) {
    case "drifts":
      return <DriftsView />;
    case "timeline":
      return <TimelineView />;
    case "people":
      return <PeopleView />;
    case "workspaces":
      return <WorkspacesView />;
    case "system":
      return <SystemView />;
  }
}

function ViewLink({ name, current }: { name: View; current: boolean }) {
  const target = { ...address.value, view: name, drift: null };
  const open = (event: MouseEvent): void => {
    event.preventDefault();
    go({ view: name, drift: null });
  };
  return (
    <a href={formatAddress(target)} aria-current={current ? "page" : undefined} onClick={open}>
      {TITLES[name]}
      {name === "drifts" && loaded.value && <span class="count">{openDrifts.value.length.toLocaleString()}</span>}
    </a>
  );
}

function Strip() {
  const known = situation.value;
  const state = known.trouble.length > 0 ? "trouble" : known.workspaces === null ? "unknown" : "live";
  return (
    <p class="strip" role="status" data-state={state} data-connection={connection.value}>
      <span class="lamp" aria-hidden="true" />
      {line(known)}
    </p>
  );
}

/** Tells screen readers of a drift that came while the page was open. */
function Announcer() {
  const drift = news.value;
  const text = drift
    ? `${drift.severity} drift ${drift.status === "open" ? "" : `resolved, ${drift.resolution}: `}${nameOf(drift)} ${drift.attribute ?? ""} ${changeOf(drift)}, ${personOf(drift.user_identity)}`
    : "";
  return <p class="visually-hidden" aria-live="polite">{text}</p>;
}
