/**
 * One connection for all who ask a page for the same stream.
 *
 * A browser opens at most six connections to one host over HTTP/1.1. So streams of the same address and filters share
 * one, whichever of the four events each wants, and however many events it keeps.
 */
import { LEDGER_EVENTS, type LedgerEvent, type LedgerEventName } from "./events.js";
import { Latest } from "./latest.js";
import { address, MAX_EVENTS, NOTHING, type Snapshot } from "./options.js";
import { openStream, type Stream, type StreamOptions } from "./stream.js";

interface Entry {
  latest: Latest;
  wanted: ReadonlySet<LedgerEventName>;
  options: StreamOptions;
  snapshot: Snapshot;
}

const connections = new Map<string, Connection>();
const constructors: unknown[] = [];

/**
 * Joins the page's connection of these options, and opens it for the first. A stream that joins later begins with the
 * latest events that the connection has brought; it calls `onEvent` for new ones.
 */
export function shareStream(options: StreamOptions = {}): Stream {
  const key = identity(options);
  const connection = connections.get(key) ?? new Connection(options, () => connections.delete(key));
  connections.set(key, connection);
  return connection.join(options);
}

function identity(options: StreamOptions): string {
  if (!constructors.includes(options.EventSource)) constructors.push(options.EventSource);
  const { url, query } = address({ ...options, events: undefined });
  return JSON.stringify([url, `${query}`, options.since, options.withCredentials ?? false, constructors.indexOf(options.EventSource)]);
}

class Connection {
  private readonly asked: StreamOptions;
  private readonly forget: () => void;
  private readonly entries = new Set<Entry>();
  /** By name, so that many alerts of Falco do not displace the drifts. */
  private readonly seen = new Map<LedgerEventName, Latest>(LEDGER_EVENTS.map((name) => [name, new Latest()]));
  private readonly order = new WeakMap<LedgerEvent, number>();
  private count = 0;
  private stream: Stream | null = null;
  private status: Pick<Snapshot, "isConnected" | "error"> = NOTHING;

  constructor(asked: StreamOptions, forget: () => void) {
    this.asked = { ...asked, events: undefined };
    this.forget = forget;
  }

  join(options: StreamOptions): Stream {
    const wanted = new Set([options.events ?? LEDGER_EVENTS].flat());
    const entry: Entry = { latest: new Latest(), wanted, options, snapshot: NOTHING };
    const limit = options.maxEvents ?? MAX_EVENTS;
    const earlier = [...wanted].flatMap((name) => this.seen.get(name)?.list() ?? []);
    earlier.sort((a, b) => (this.order.get(a) ?? 0) - (this.order.get(b) ?? 0));
    for (const event of earlier) entry.latest.add(event, limit);
    if (this.stream === null) this.open();
    this.entries.add(entry);
    show(entry, { ...this.status, events: entry.latest.list() });
    return {
      get snapshot() {
        return entry.snapshot;
      },
      clear: () => {
        entry.latest.clear();
        if (this.entries.has(entry)) show(entry, { events: [] });
      },
      close: () => this.leave(entry),
    };
  }

  private open(): void {
    this.stream = openStream({
      ...this.asked,
      maxEvents: 0, // kept here, by name
      onChange: ({ isConnected, error }) => {
        if (isConnected === this.status.isConnected && error === this.status.error) return;
        this.status = { isConnected, error };
        for (const entry of this.entries) show(entry, this.status);
      },
      onEvent: (event) => {
        if ("id" in event) this.keep(event);
        for (const entry of [...this.entries]) {
          if ("id" in event && !entry.wanted.has(event.event)) continue;
          if ("id" in event) {
            entry.latest.add(event, entry.options.maxEvents ?? MAX_EVENTS);
            show(entry, { events: entry.latest.list() });
          }
          entry.options.onEvent?.(event);
        }
      },
      onError: (error) => {
        for (const entry of [...this.entries]) entry.options.onError?.(error);
      },
    });
  }

  private keep(event: LedgerEvent): void {
    this.order.set(event, ++this.count);
    const limits = [...this.entries].map((entry) => entry.options.maxEvents ?? MAX_EVENTS);
    this.seen.get(event.event)?.add(event, Math.max(MAX_EVENTS, ...limits));
  }

  /** The last one out ends the connection, unless another joins at once: a change of view, or React's StrictMode. */
  private leave(entry: Entry): void {
    this.entries.delete(entry);
    queueMicrotask(() => {
      if (this.entries.size > 0 || this.stream === null) return;
      this.stream.close();
      this.stream = null;
      this.forget();
    });
  }
}

function show(entry: Entry, change: Partial<Snapshot>): void {
  entry.snapshot = { ...entry.snapshot, ...change };
  entry.options.onChange?.(entry.snapshot);
}
