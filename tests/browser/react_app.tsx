// What a page does with the client; tests/browser/test_react.py bundles it with an `api/sse` as an application has one.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { openStream, useSSE, useDriftAlerts } from './api/sse';

function MyComponent() {
  const { isConnected, events } = useSSE();
  const { driftAlerts, clearAlerts } = useDriftAlerts();

  return (
    <div>
      <div>Stream: {isConnected ? 'Active' : 'Inactive'}</div>
      <ul>
        {driftAlerts.map(drift => (
          <li key={drift.id}>
            {drift.severity}: {drift.resource_type}
          </li>
        ))}
      </ul>
    </div>
  );
}

const received: string[] = [];

function Clearable() {
  const { driftAlerts, clearAlerts, isConnected } = useDriftAlerts({
    onEvent: (event) => event.event === "drift" && received.push(event.id),
  });

  return (
    <div>
      <button onClick={clearAlerts}>{isConnected ? "Clear" : "Waiting"}</button>
      {driftAlerts.map((drift) => (
        <p key={drift.id}>{drift.status}</p>
      ))}
    </div>
  );
}

const root = createRoot(document.getElementById("root")!);

Object.assign(window, {
  openStream,
  received,
  unmount: () => root.unmount(),
  mount: () =>
    root.render(
      <StrictMode>
        <MyComponent />
        <Clearable />
      </StrictMode>,
    ),
});
