/** One connection to the stream, which reconnects by itself and resumes where it was. */
import { GATEWAY_EVENTS, LEDGER_EVENTS, parse, type LedgerEvent, type StreamEvent } from "./events.js";
import { Latest } from "./latest.js";
import {
  address,
  MAX_EVENTS,
  NOTHING,
  StreamError,
  type EventSourceConstructor,
  type EventSourceLike,
  type Snapshot,
  type SSEOptions,
} from "./options.js";

const CLOSED = 2; // of EventSource.readyState
const DELAYS_SECONDS = [1, 2, 4, 8, 16, 30];

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

/**
 * Opens a stream that reconnects by itself and resumes where it was, until it is closed.
 *
 * Throws a TypeError where there is no EventSource and none was given.
 */
export function openStream(options: StreamOptions = {}): Stream {
  const stream = new ResumingStream(options);
  stream.connect();
  return stream;
}

class ResumingStream implements Stream {
  snapshot = NOTHING;
  private readonly options: StreamOptions;
  private readonly latest = new Latest();
  private readonly openedAt = Date.now();
  private source: EventSourceLike | null = null;
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
    const Source = this.options.EventSource ?? (globalThis.EventSource as EventSourceConstructor | undefined);
    if (Source === undefined) throw new TypeError("No EventSource here: give one as the option `EventSource`.");
    const source = new Source(this.address(), { withCredentials: this.options.withCredentials ?? false });
    for (const name of [...GATEWAY_EVENTS, ...LEDGER_EVENTS]) {
      source.addEventListener(name, (message) => this.receive(name, message));
    }
    source.addEventListener("error", () => this.interrupted(source));
    this.source = source;
  }

  private address(): string {
    const { url, query } = address(this.options);
    if (this.lastEventId) {
      query.set("last_event_id", this.lastEventId); // a new EventSource cannot send the header
    } else if (this.options.since !== undefined) {
      query.set("since", this.options.since);
    } else if (this.source !== null) {
      // No event has come yet, so there is no id to resume from: ask for everything since the stream was opened. As a
      // duration, because this clock and the gateway's may differ.
      query.set("since", `${Math.ceil((Date.now() - this.openedAt) / 1000)}s`);
    }
    return `${url}${url.includes("?") ? "&" : "?"}${query}`;
  }

  private receive(name: StreamEvent["event"], message: { data: string; lastEventId: string }): void {
    if (this.closed) return; // some implementations deliver what they had read
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
    this.latest.add(event, this.options.maxEvents ?? MAX_EVENTS);
    this.show({ events: this.latest.list() });
  }

  private interrupted(source: EventSourceLike): void {
    this.fail(new StreamError("interrupted", "The stream is interrupted, and will be resumed."), false);
    // An EventSource reconnects by itself with its last id. It does not after a refusal (503 at a deployment, 401), and
    // without an id it would miss what came in between.
    if (source.readyState === CLOSED || !this.lastEventId) this.reopen();
  }

  private reopen(): void {
    this.source?.close();
    if (this.closed) return;
    clearTimeout(this.timer);
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
