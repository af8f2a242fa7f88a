/** What a stream is asked for, what it reports, and how its address is made. */
import type { LedgerEvent, LedgerEventName, StreamEvent } from "./events.js";
import type { Provider, Severity } from "./schemas.js";

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

/** What is used of an EventSource (WHATWG HTML, section 9.2); npm's `eventsource` is one for Node. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: any) => void): void;
  close(): void;
}

export type EventSourceConstructor = new (url: string, init?: { withCredentials?: boolean }) => EventSourceLike;

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
  /** Default: the browser's. Node has none before version 22 without a flag. */
  EventSource?: EventSourceConstructor | undefined;
  events?: OneOrMore<LedgerEventName> | undefined;
  /** A severity; `high+` is that and every more severe one. */
  severity?: OneOrMore<Severity | `${Severity}+`> | undefined;
  provider?: OneOrMore<Provider> | undefined;
  /** Terraform resource types, cloud services or Falco sources; globs such as `aws_iam_*` are allowed. */
  kind?: OneOrMore<string> | undefined;
  workspace?: OneOrMore<string> | undefined;
  account?: OneOrMore<string> | undefined;
  region?: OneOrMore<string> | undefined;
  /** Users, by name or ARN; globs are allowed. */
  user?: OneOrMore<string> | undefined;
  /** Drifts that are open, or that have ended. */
  status?: "open" | "resolved" | undefined;
  /** Starts in the past: an RFC 3339 time, or a duration such as `15m`. */
  since?: string | undefined;
  /** How many events a snapshot has; default: 100. */
  maxEvents?: number | undefined;
  /** Called with every event, the gateway's own included. */
  onEvent?: ((event: StreamEvent) => void) | undefined;
  onError?: ((error: StreamError) => void) | undefined;
}

export const MAX_EVENTS = 100;
export const NOTHING: Snapshot = { isConnected: false, events: [], error: null };
export const FILTERS = [
  "events",
  "severity",
  "provider",
  "kind",
  "workspace",
  "account",
  "region",
  "user",
  "status",
] as const;

/** Returns the address of a stream, without where it begins. */
export function address(options: SSEOptions): { url: string; query: URLSearchParams } {
  const query = new URLSearchParams();
  for (const name of FILTERS) for (const value of [options[name] ?? []].flat()) query.append(name, value);
  return { url: options.url ?? "/api/v1/stream", query };
}
