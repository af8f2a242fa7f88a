/* Made by `npm run types` from docs/schemas; do not edit. */

/**
 * What disagrees: a value, an existence, or a claim that no state confirmed.
 */
export type DriftKind = "modified" | "deleted" | "unmanaged" | "unconfirmed";
/**
 * Whether cloud and state still disagree.
 */
export type DriftStatus = "open" | "resolved";
/**
 * How a drift ended.
 */
export type Resolution = "reverted" | "applied" | "absorbed" | "destroyed" | "dismissed";
/**
 * The means by which a caller reached the cloud.
 */
export type Via = "console" | "cli" | "sdk" | "terraform" | "service" | "unknown";
/**
 * The system in which something changed.
 */
export type Provider = "aws" | "gcp" | "azure" | "kubernetes" | "host" | "other";
/**
 * A severity as subjects and payloads spell it.
 */
export type Severity = "critical" | "high" | "medium" | "low" | "info";
/**
 * What a new serial did to a resource; ``observed`` reports a workspace that is seen for the first time.
 */
export type StateAction = "created" | "modified" | "deleted" | "moved" | "observed";

/**
 * Who dismissed a drift, why, until when and when.
 *
 * Attributes:
 *     by: the name of the token; None where the gateway needs none.
 *     until: when the drift opens again by itself; None is never.
 */
export interface Dismissal {
  by: string | null;
  reason: string | null;
  until: string | null;
  at: string;
}
/**
 * One step in the history of a drift: a call that set a value, or a serial that recorded one.
 */
export interface HistoryEntry {
  timestamp: string;
  status: DriftStatus;
  resolution: Resolution | null;
  old_value: unknown;
  new_value: unknown;
  user_identity: UserIdentity | null;
  event_id: string | null;
  event_name: string | null;
  serial: number | null;
}
/**
 * The caller of a cloud call.
 *
 * Attributes:
 *     type: the cloud's name for the kind of identity, such as ``AssumedRole``.
 *     user_name: the person where the cloud names one; for an assumed role this is the session, not the role.
 *     session_name: the session's name, where the identity is a session.
 */
export interface UserIdentity {
  type: string | null;
  user_name: string | null;
  arn: string | null;
  principal_id: string | null;
  account_id: string | null;
  session_name: string | null;
  via: Via;
}
/**
 * One attribute, or the existence, of one resource on which cloud and state disagree, and how that ended.
 *
 * Attributes:
 *     id: stays the same for an attribute, so that a client has one row for each drift.
 *     old_value: the state's value; a secret is ``(sensitive)``.
 *     new_value: the value that the call set; None with ``value_unknown`` where the cloud's log hides it.
 *     detail: a sentence that says what limits what is known, such as an alert that was shortened on its way; else
 *         None.
 *     attribute: a Terraform attribute path such as ``root_block_device[0].volume_size`` or ``tags.Env``;
 *         None for the existence, ``*`` for something that nobody can name.
 *     address: the Terraform resource address; None for a resource that is in no state.
 *     history: its steps, oldest first; of a very long history, the first step and the latest ones.
 *     dismissal: of a drift that somebody dismissed; None otherwise.
 *     history_omitted: how many steps are omitted behind the first.
 */
export interface Drift {
  severity: Severity;
  resource_type: string;
  resource_id: string | null;
  old_value: unknown;
  new_value: unknown;
  user_identity: UserIdentity | null;
  timestamp: string;
  id: string;
  status: DriftStatus;
  resolution: Resolution | null;
  kind: DriftKind;
  attribute: string | null;
  address: string | null;
  resource_name: string | null;
  workspace: string | null;
  provider: Provider;
  account_id: string | null;
  region: string | null;
  event_id: string | null;
  event_name: string | null;
  source_ip: string | null;
  user_agent: string | null;
  matched_rules: string[];
  detected_at: string;
  value_unknown: boolean;
  dismissal: Dismissal | null;
  history: HistoryEntry[];
  history_omitted: number;
  detail: string | null;
}
/**
 * A resource that the cloud's audit log names beside a call.
 */
export interface CloudResource {
  arn: string | null;
  type: string | null;
  account_id: string | null;
}
/**
 * One Falco alert of any source; the fields from ``event_id`` on are those of a cloud call.
 */
export interface FalcoEvent {
  severity: Severity;
  rule: string;
  output: string;
  container_id: string | null;
  priority: string;
  source: string;
  hostname: string | null;
  tags: string[];
  timestamp: string;
  uuid: string;
  provider: Provider;
  service: string | null;
  event_id: string | null;
  event_name: string | null;
  account_id: string | null;
  region: string | null;
  user_identity: UserIdentity | null;
  source_ip: string | null;
  user_agent: string | null;
  error_code: string | null;
  read_only: boolean | null;
  resources: CloudResource[];
  output_fields: {
    [k: string]: unknown;
  } | null;
}
/**
 * One attribute path between two serials; secrets are ``(sensitive)`` on both sides.
 */
export interface AttributeChange {
  attribute: string;
  old_value: unknown;
  new_value: unknown;
}
/**
 * One resource between two serials of a state, or a workspace that is seen for the first time.
 *
 * Attributes:
 *     resource: the Terraform resource address; None when ``action`` is ``observed``.
 *     previous_address: the address that a moved resource had before.
 *     resource_count: how many managed resource instances the workspace has; only when observed.
 */
export interface StateChange {
  resource: string | null;
  action: StateAction;
  serial: number;
  id: string;
  lineage: string;
  workspace: string;
  resource_type: string | null;
  resource_id: string | null;
  provider: Provider;
  changes: AttributeChange[];
  terraform_version: string | null;
  timestamp: string;
  previous_address: string | null;
  resource_count: number | null;
}
/**
 * The caller of a call that explains a state change; ``sanctioned`` for Terraform itself and listed principals.
 */
export interface Actor {
  user_identity: UserIdentity;
  event_id: string;
  event_name: string;
  timestamp: string;
  sanctioned: boolean;
}
/**
 * The callers whose calls explain a state change.
 */
export interface Attribution {
  state_change_id: string;
  resource: string;
  serial: number;
  workspace: string;
  resource_type: string;
  provider: Provider;
  actors: Actor[];
  timestamp: string;
}
