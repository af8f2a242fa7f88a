/** The Terraform workspaces: which state is in force, how fresh, and what is wrong with it. */
import { watched } from "../situation";
import { openDrifts } from "../live";
import { When } from "../parts/when";
import { NothingYet } from "./empty";

export function WorkspacesView() {
  if (watched.value.length === 0) return <NothingYet anyResolved={false} />;
  return (
    <section aria-labelledby="workspaces-title">
      <h1 id="workspaces-title">Workspaces</h1>
      <table>
        <thead>
          <tr><th>Workspace</th><th class="numeric">Serial</th><th>Recorded</th><th class="numeric">Resources</th><th class="numeric">Open drifts</th><th>Source</th><th>Condition</th></tr>
        </thead>
        <tbody>
          {watched.value.map((one) => (
            <tr key={one.workspace}>
              <td class="mono">{one.workspace}</td>
              <td class="numeric">{one.serial}</td>
              <td>{one.recorded_at && <When moment={one.recorded_at} />}</td>
              <td class="numeric">{one.resource_count}</td>
              <td class="numeric">{openDrifts.value.filter((drift) => drift.workspace === one.workspace).length}</td>
              <td class="mono">{one.source}</td>
              <td>{one.condition ?? <span class="quiet">none</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
