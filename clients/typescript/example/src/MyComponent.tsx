import { useSSE, useDriftAlerts } from './api/sse';

export function MyComponent() {
  const { isConnected, events } = useSSE();
  const { driftAlerts, clearAlerts } = useDriftAlerts();

  return (
    <div>
      <div>Stream: {isConnected ? 'Active' : 'Inactive'}, {events.length} events</div>
      <button onClick={clearAlerts}>Clear</button>
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
