/**
 * What the page knows, kept up to date by the event stream. Drifts are folded by id; the newest version stands.
 *
 * Events are applied once a frame, however many arrive. Memory is bounded: open drifts, the most recent resolved ones,
 * and the most recent events.
 */
import { computed, signal } from "@preact/signals";
import { driftPages, recentEvents, Refusal, type EventName, type LedgerEvent } from "./api";
import type { Drift } from "@tfdrift/client";

export type Connection = "connecting" | "live" | "lost" | "unauthorized" | "forbidden";

const MAX_EVENTS = 1_000;
const MAX_RESOLVED = 2_000;
const RETRY_MILLISECONDS = 3_000;
const NAMES: EventName[] = ["drift", "falco", "state_change", "attribution"];

export const drifts = signal<ReadonlyMap<string, Drift>>(new Map());
export const events = signal<readonly LedgerEvent[]>([]);
export const connection = signal<Connection>("connecting");
/** Whether the list of open drifts is complete. */
export const loaded = signal(false);
export const refusal = signal("");
/** The moment in milliseconds, renewed once a second, so that "12 s ago" stays true. */
export const now = signal(Date.now());
/** Drifts that changed while somebody looked, for the screen reader and the notification. */
export const news = signal<Drift | null>(null);

export const openDrifts = computed(() => [...drifts.value.values()].filter((drift) => drift.status === "open"));
export const openCritical = computed(() => openDrifts.value.filter((drift) => drift.severity === "critical").length);

let source: EventSource | null = null;
let lastEventId = "";
let waiting: LedgerEvent[] = [];
let scheduled = false;
let loading: Promise<void> | null = null;
/** Versions that the stream brought while the list was being read: they are newer than the list's. */
let during: Map<string, Drift> | null = null;

setInterval(() => {
  now.value = Date.now();
}, 1_000);

/** Reads the lists and follows the stream from now on. */
export function start(): void {
  refusal.value = "";
  connection.value = "connecting";
  source?.close();
  listen();
}

/** Takes in a version that an answer brought, as after a dismissal. */
export function put(drift: Drift): void {
  const next = new Map(drifts.value);
  next.set(drift.id, drift);
  drifts.value = next;
}

function listen(): void {
  const resume = lastEventId === "" ? "" : `?last_event_id=${encodeURIComponent(lastEventId)}`;
  const stream = new EventSource(`/api/v1/stream${resume}`);
  source = stream;
  stream.addEventListener("connected", () => {
    connection.value = "live";
    if (!loaded.value) void reload();
  });
  stream.addEventListener("reset", () => void reload());
  for (const name of NAMES) {
    stream.addEventListener(name, (message) => {
      lastEventId = message.lastEventId;
      take({ id: message.lastEventId, event: name, data: JSON.parse(message.data) } as LedgerEvent);
    });
  }
  stream.addEventListener("error", () => {
    if (connection.value === "live") connection.value = "lost";
    if (stream.readyState !== EventSource.CLOSED) return;
    // A refusal ends an EventSource for good, and it does not say which it was.
    stream.close();
    void whyRefused().finally(() => setTimeout(() => source === stream && listen(), RETRY_MILLISECONDS));
  });
}

async function whyRefused(): Promise<void> {
  try {
    await recentEvents(1);
    connection.value = "lost";
  } catch (error) {
    note(error);
  }
}

function note(error: unknown): void {
  if (error instanceof Refusal && (error.status === 401 || error.status === 403)) {
    connection.value = error.status === 401 ? "unauthorized" : "forbidden";
    refusal.value = error.detail;
  } else if (connection.value !== "live") {
    connection.value = "lost";
  }
}

function take(event: LedgerEvent): void {
  waiting.push(event);
  if (!scheduled) {
    scheduled = true;
    // A page in the background gets no frames.
    if (document.hidden) setTimeout(apply, 200);
    else requestAnimationFrame(apply);
  }
}

function apply(): void {
  scheduled = false;
  const arrived = waiting;
  waiting = [];
  events.value = [...arrived.toReversed(), ...events.value].slice(0, MAX_EVENTS);
  const changed = arrived.flatMap((event) => (event.event === "drift" ? [event.data] : []));
  if (changed.length === 0) return;
  for (const drift of changed) during?.set(drift.id, drift);
  const next = new Map(drifts.value);
  for (const drift of changed) next.set(drift.id, drift);
  drifts.value = bounded(next);
  news.value = changed.at(-1) ?? null;
}

/** The same drifts without the oldest resolved ones beyond the limit. */
function bounded(all: Map<string, Drift>): Map<string, Drift> {
  const resolved = [...all.values()].filter((drift) => drift.status === "resolved");
  if (resolved.length <= MAX_RESOLVED) return all;
  resolved.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  for (const drift of resolved.slice(0, resolved.length - MAX_RESOLVED)) all.delete(drift.id);
  return all;
}

/** Reads both lists anew; one at a time. */
function reload(): Promise<void> {
  loading ??= read().finally(() => {
    loading = null;
  });
  return loading;
}

async function read(): Promise<void> {
  during = new Map();
  try {
    const known = new Map<string, Drift>();
    for await (const page of driftPages("open")) {
      for (const drift of page) known.set(drift.id, drift);
      // The first page is painted at once.
      if (!loaded.value) drifts.value = new Map([...known, ...during]);
    }
    for await (const page of driftPages("resolved")) {
      for (const drift of page) if (!known.has(drift.id)) known.set(drift.id, drift);
      if (known.size >= MAX_RESOLVED + openDrifts.value.length) break;
    }
    drifts.value = bounded(new Map([...known, ...during]));
    loaded.value = true;
    const recent = await recentEvents(200);
    const seen = new Set(events.value.map((event) => event.id));
    events.value = [...events.value, ...recent.filter((event) => !seen.has(event.id))].slice(0, MAX_EVENTS);
  } catch (error) {
    note(error);
    if (connection.value === "live" || connection.value === "lost") setTimeout(() => void reload(), RETRY_MILLISECONDS);
  } finally {
    during = null;
  }
}
