/** A drift's change on one line, and who stands behind it. */
import type { Drift, UserIdentity } from "@tfdrift/client";
import { diff, type Line } from "./diff";
import { inline } from "./values";

/** What the page calls the thing that drifted: its address, or the type and id of a resource that no state has. */
export function nameOf(drift: Drift): string {
  return drift.address ?? `${drift.resource_type} ${drift.resource_id ?? ""}`.trim();
}

/** The change on one line; it always shows what differs, not only that something does. */
export function changeOf(drift: Drift): string {
  if (drift.attribute === null) return existenceOf(drift);
  if (drift.value_unknown) return `${inline(drift.old_value)} → (unknown)`;
  const lines = diff(drift.old_value, drift.new_value);
  const [removed, added] = [textsOf(lines, "removed"), textsOf(lines, "added")];
  if (isPlain(drift.old_value) && isPlain(drift.new_value)) {
    return `${inline(drift.old_value)} → ${inline(drift.new_value)}`;
  }
  const parts = [...removed.map((text) => `− ${text}`), ...added.map((text) => `+ ${text}`)];
  return parts.length > 0 ? parts.join("  ") : "(equal)";
}

function existenceOf(drift: Drift): string {
  switch (drift.kind) {
    case "deleted":
      return "deleted in the cloud";
    case "unmanaged":
      return "exists in the cloud, in no state";
    case "unconfirmed":
      return "claimed by Terraform, confirmed by no state";
    default:
      return drift.kind;
  }
}

function isPlain(value: unknown): boolean {
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") return true;
  return typeof value === "string" && value.length <= 80 && !value.includes("\n");
}

function textsOf(lines: Line[], mark: Line["mark"]): string[] {
  return lines.filter((line) => line.mark === mark).map((line) => [line.label, line.text].filter(Boolean).join(": "));
}

/** The person behind a call as one text; "unknown" is said as such. */
export function personOf(identity: UserIdentity | null): string {
  if (identity === null) return "unknown";
  return identity.user_name ?? identity.session_name ?? identity.arn ?? identity.principal_id ?? "unknown";
}

/** How the person reached the cloud; empty where the log does not say. */
export function viaOf(identity: UserIdentity | null): string {
  return identity === null || identity.via === "unknown" ? "" : identity.via;
}
