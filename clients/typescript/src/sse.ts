/**
 * TFDrift-Falco's event stream in a browser, and hooks for React.
 *
 * The file is self-contained: import it as `@tfdrift/sse`, or copy it as `api/sse.ts`. The types are those of the gateway's
 * `docs/asyncapi.yaml`, by name and field; EventSource is that of WHATWG HTML, section 9.2.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

export type Severity = "critical" | "high" | "medium" | "low" | "info";
export type Provider = "aws" | "gcp" | "azure" | "kubernetes" | "host" | "other";
export type DriftKind = "modified" | "deleted" | "unmanaged" | "unconfirmed";
export type DriftStatus = "open" | "resolved";
export type Resolution = "reverted" | "applied" | "absorbed" | "destroyed" | "dismissed";
export type StateAction = "created" | "modified" | "deleted" | "moved" | "observed";
export type Via = "console" | "cli" | "sdk" | "terraform" | "service" | "unknown";

export interface UserIdentity {
  type: string | null;
  user_name: string | null;
  arn: string | null;
  principal_id: string | null;
  account_id: string | null;
  session_name: string | null;
  via: Via;
}

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

/** Who dismissed a drift, why, until when and when. */
export interface Dismissal {
  by: string | null;
  reason: string | null;
  /** When the drift opens again by itself; null is never. */
  until: string | null;
  at: string;
}

/** One attribute, or the existence, of one resource on which cloud and state disagree, and its history. */
export interface Drift {
  /** Stays the same for the whole life of the drift. */
  id: string;
  severity: Severity;
  resource_type: string;
  resource_id: string | null;
  /** The state's; a secret is `"(sensitive)"`. */
  old_value: unknown;
  /** What the call set; null with `value_unknown` if the cloud's log hides it. */
  new_value: unknown;
  value_unknown: boolean;
  /** What limits what is known, such as an alert that was shortened on its way. */
  detail: string | null;
  user_identity: UserIdentity | null;
  timestamp: string;
  status: DriftStatus;
  resolution: Resolution | null;
  kind: DriftKind;
  /** A Terraform attribute path such as `tags.Env`; null for the existence. */
  attribute: string | null;
  /** The Terraform address; null for a resource in no state. */
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
  /** Of a drift that somebody dismissed; null otherwise. */
  dismissal: Dismissal | null;
  history: HistoryEntry[];
  history_omitted: number;
}

export interface CloudResource {
  arn: string | null;
  type: string | null;
  account_id: string | null;
}

/** A Falco alert of any source. */
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
  output_fields: Record<string, unknown> | null;
}

export interface AttributeChange {
  attribute: string;
  old_value: unknown;
  new_value: unknown;
}

/** One resource between two serials of a state; with `observed`, the first observation of a workspace. */
export interface StateChange {
  id: string;
  /** The Terraform address; null when `action` is `observed`. */
  resource: string | null;
  action: StateAction;
  serial: number;
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

export interface Actor {
  user_identity: UserIdentity;
  event_id: string;
  event_name: string;
  timestamp: string;
  sanctioned: boolean;
}

/** Who caused a state change. */
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

/** The first event of every connection. */
export interface Connected {
  stream_id: string;
  message: string;
  version: string;
  events: LedgerEventName[];
  replayed: number;
}

/** Events between the last one seen and `oldest` are gone. */
export interface Reset {
  reason: "expired" | "epoch" | "invalid";
  oldest: string;
}

/** The stream ends, and reconnecting with the same token would not help. */
export interface Closing {
  reason: "token_expired" | "token_withdrawn";
}

interface LedgerPayloads {
  drift: Drift;
  falco: FalcoEvent;
  state_change: StateChange;
  attribution: Attribution;
}

interface GatewayPayloads {
  connected: Connected;
  reset: Reset;
  closing: Closing;
}

export type LedgerEventName = "drift" | "falco" | "state_change" | "attribution";

export type LedgerEvent = {
  [Name in LedgerEventName]: { readonly event: Name; readonly id: string; readonly data: LedgerPayloads[Name] };
}[LedgerEventName];

/** An event of the gateway itself, about the stream. */
export type GatewayEvent = {
  [Name in keyof GatewayPayloads]: { readonly event: Name; readonly data: GatewayPayloads[Name] };
}[keyof GatewayPayloads];

export type StreamEvent = LedgerEvent | GatewayEvent;

/**
 * `interrupted`: the connection is lost or refused, and is tried again. `closing`: the token is no longer valid.
 * `incomplete`: missed events are no longer in the ledger. `malformed`: an event could not be read, and was skipped.
 */
export type StreamErrorKind = "interrupted" | "closing" | "incomplete" | "malformed";

export class StreamError extends Error {
  readonly kind: StreamErrorKind;

  constructor(kind: StreamErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StreamError";
    this.kind = kind;
  }
}

/** The state of a stream; a new object whenever it changes. */
export interface Snapshot {
  readonly isConnected: boolean;
  /** The latest events in order; of each drift only the latest one. */
  readonly events: readonly LedgerEvent[];
  /** The last error of the current connection. */
  readonly error: StreamError | null;
}

type OneOrMore<Value> = Value | readonly Value[];

export interface SSEOptions {
  /** Default: `/api/v1/stream` of the page's own origin. */
  url?: string | undefined;
  /** Sends cookies to another origin, which must be one of the gateway's TFDRIFT_CORS_ORIGINS. */
  withCredentials?: boolean | undefined;
  events?: OneOrMore<LedgerEventName> | undefined;
  /** A severity; `high+` is that and every more severe one. */
  severity?: OneOrMore<Severity | `${Severity}+`> | undefined;
  provider?: OneOrMore<Provider> | undefined;
  /** Terraform resource types, cloud services or Falco sources; globs such as `aws_iam_*` are allowed. */
  kind?: OneOrMore<string> | undefined;
  workspace?: OneOrMore<string> | undefined;
  /** Starts in the past: an RFC 3339 time, or a duration such as `15m`. */
  since?: string | undefined;
  /** How many events a snapshot has; default: 100. */
  maxEvents?: number | undefined;
  /** Called with every event, the gateway's own included. */
  onEvent?: ((event: StreamEvent) => void) | undefined;
  onError?: ((error: StreamError) => void) | undefined;
}

export interface StreamOptions extends SSEOptions {
  onChange?: ((snapshot: Snapshot) => void) | undefined;
}

export interface Stream {
  readonly snapshot: Snapshot;
  /** Drop the events so far; the stream goes on. */
  clear(): void;
  /** End the connection; no callback is called any more. */
  close(): void;
}

const LEDGER_EVENTS: readonly LedgerEventName[] = ["drift", "falco", "state_change", "attribution"];
const GATEWAY_EVENTS: readonly GatewayEvent["event"][] = ["connected", "reset", "closing"];
const FILTERS = ["events", "severity", "provider", "kind", "workspace"] as const;
const MAX_EVENTS = 100;
const DELAYS_SECONDS = [1, 2, 4, 8, 16, 30];
const NOTHING: Snapshot = { isConnected: false, events: [], error: null };

/** Opens a stream that reconnects by itself and resumes where it was, until it is closed. */
export function openStream(options: StreamOptions = {}): Stream {
  const stream = new ResumingStream(options);
  stream.connect();
  return stream;
}

class ResumingStream implements Stream {
  snapshot = NOTHING;
  private readonly options: StreamOptions;
  private readonly latest = new Map<string, LedgerEvent>();
  private readonly openedAt = Date.now();
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastEventId = "";
  private failures = 0;
  private closed = false;

  constructor(options: StreamOptions) {
    this.options = options;
  }

  clear(): void {
    this.latest.clear();
    this.show({ events: [] });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
  }

  connect(): void {
    const source = new EventSource(this.address(), { withCredentials: this.options.withCredentials ?? false });
    for (const name of [...GATEWAY_EVENTS, ...LEDGER_EVENTS]) {
      source.addEventListener(name, (message) => this.receive(name, message));
    }
    source.addEventListener("error", () => this.interrupted(source));
    this.source = source;
  }

  private address(): string {
    const { url = "/api/v1/stream", since } = this.options;
    const query = new URLSearchParams();
    for (const name of FILTERS) for (const value of [this.options[name] ?? []].flat()) query.append(name, value);
    if (this.lastEventId) {
      query.set("last_event_id", this.lastEventId); // a new EventSource cannot send the header
    } else if (since !== undefined) {
      query.set("since", since);
    } else if (this.source !== null) {
      // No event has come yet, so there is no id to resume from: ask for everything since the stream was opened. As a
      // duration, because this clock and the gateway's may differ.
      query.set("since", `${Math.ceil((Date.now() - this.openedAt) / 1000)}s`);
    }
    return `${url}${url.includes("?") ? "&" : "?"}${query}`;
  }

  private receive(name: StreamEvent["event"], message: MessageEvent<string>): void {
    this.lastEventId = message.lastEventId || this.lastEventId; // also of a malformed one, or it would come again
    let event: StreamEvent;
    try {
      event = parse(name, message);
    } catch (cause) {
      this.fail(new StreamError("malformed", `The ${name} event ${message.lastEventId} cannot be read.`, cause));
      return;
    }
    if (event.event === "connected") {
      this.failures = 0;
      this.show({ isConnected: true, error: null });
    } else if (event.event === "reset") {
      const { reason, oldest } = event.data;
      this.fail(new StreamError("incomplete", `Events before ${oldest} may have been missed (${reason}).`));
    } else if (event.event === "closing") {
      this.failures = DELAYS_SECONDS.length; // the same token would be refused at once
      this.fail(new StreamError("closing", `The gateway ended the stream: ${event.data.reason}.`), false);
      this.reopen();
    } else {
      this.store(event);
    }
    if (!this.closed) this.options.onEvent?.(event);
  }

  private store(event: LedgerEvent): void {
    const key = event.event === "drift" ? `drift ${event.data.id}` : event.id;
    this.latest.delete(key); // a Map leaves a known key in its old place, and the oldest is the first to go
    this.latest.set(key, event);
    for (const oldest of this.latest.keys()) {
      if (this.latest.size <= (this.options.maxEvents ?? MAX_EVENTS)) break;
      this.latest.delete(oldest);
    }
    this.show({ events: [...this.latest.values()] });
  }

  private interrupted(source: EventSource): void {
    this.fail(new StreamError("interrupted", "The stream is interrupted, and will be resumed."), false);
    // An EventSource reconnects by itself with its last id. It does not after a refusal (503 at a deployment, 401), and
    // without an id it would miss what came in between.
    if (source.readyState === EventSource.CLOSED || !this.lastEventId) this.reopen();
  }

  private reopen(): void {
    this.source?.close();
    if (this.closed) return;
    const seconds = DELAYS_SECONDS[Math.min(this.failures++, DELAYS_SECONDS.length - 1)] ?? 0;
    this.timer = setTimeout(() => this.connect(), seconds * 1000 * (0.5 + Math.random() / 2)); // not all at once
  }

  private fail(error: StreamError, isConnected = this.snapshot.isConnected): void {
    this.show({ isConnected, error });
    if (!this.closed) this.options.onError?.(error);
  }

  private show(change: Partial<Snapshot>): void {
    if (this.closed) return;
    this.snapshot = { ...this.snapshot, ...change };
    this.options.onChange?.(this.snapshot);
  }
}

function parse(event: StreamEvent["event"], message: MessageEvent<string>): StreamEvent {
  const data: unknown = JSON.parse(message.data);
  if (typeof data !== "object" || data === null) throw new TypeError("The data is no object.");
  // A browser gives an event without an id the id of the event before it.
  const own = GATEWAY_EVENTS.some((name) => name === event);
  return (own ? { event, data } : { event, id: message.lastEventId, data }) as StreamEvent;
}

function useStream(options: SSEOptions): { snapshot: Snapshot; clear: () => void } {
  const [snapshot, setSnapshot] = useState(NOTHING);
  const stream = useRef<Stream | null>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const asked = JSON.stringify(options); // without functions: a new callback on each render opens no new stream
  useEffect(() => {
    setSnapshot(NOTHING);
    const opened = openStream({
      ...(JSON.parse(asked) as SSEOptions),
      onEvent: (event) => latest.current.onEvent?.(event),
      onError: (error) => latest.current.onError?.(error),
      onChange: setSnapshot,
    });
    stream.current = opened;
    return () => opened.close();
  }, [asked]);
  const clear = useCallback(() => stream.current?.clear(), []);
  return { snapshot, clear };
}

/** Returns the stream's latest events while the component is mounted. */
export function useSSE(options: SSEOptions = {}): Snapshot {
  return useStream(options).snapshot;
}

/** Returns the latest state of the latest drifts, open and resolved; `clearAlerts` drops them until the next one. */
export function useDriftAlerts(options: Omit<SSEOptions, "events"> = {}): {
  driftAlerts: readonly Drift[];
  clearAlerts: () => void;
  isConnected: boolean;
} {
  const { snapshot, clear } = useStream({ ...options, events: "drift" });
  const { events, isConnected } = snapshot;
  const driftAlerts = useMemo(() => events.flatMap((event) => (event.event === "drift" ? [event.data] : [])), [events]);
  return { driftAlerts, clearAlerts: clear, isConnected };
}
