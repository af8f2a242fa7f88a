/** The gateway's REST API, as far as the page uses it. Errors carry what the problem document (RFC 9457) says. */
import type { Attribution, Drift, FalcoEvent, StateChange } from "@tfdrift/client";

export type EventName = "drift" | "falco" | "state_change" | "attribution";
export type LedgerEvent =
  | { id: string; event: "drift"; data: Drift }
  | { id: string; event: "falco"; data: FalcoEvent }
  | { id: string; event: "state_change"; data: StateChange }
  | { id: string; event: "attribution"; data: Attribution };

/** One thing that can be done about a drift: a text that is ready to copy, or a URL. */
export interface Remedy {
  kind: "restore" | "import" | "inspect" | "ignore";
  title: string;
  language: "shell" | "hcl" | "yaml" | "url";
  text: string;
}

export interface Workspace {
  workspace: string;
  lineage: string;
  serial: number;
  source: string;
  resource_count: number;
  recorded_at: string;
  terraform_version: string | null;
  /** Why a newer state is refused, such as `unreadable`. */
  condition: string | null;
}

/** An answer other than 2xx. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

async function request(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(path, { credentials: "same-origin", ...init });
  const text = await response.text();
  if (!response.ok) {
    let detail = `The gateway answered ${response.status}.`;
    try {
      detail = (JSON.parse(text) as { detail?: string }).detail ?? detail;
    } catch {
      // A proxy in front answers in its own words.
    }
    throw new Refusal(response.status, detail);
  }
  return text === "" ? null : JSON.parse(text);
}

function post(path: string, body: unknown): Promise<unknown> {
  const headers = { "Content-Type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** All pages of a list, one after another. */
async function* pages<T>(path: string, member: string): AsyncGenerator<T[]> {
  let cursor: string | null = null;
  do {
    const separator = path.includes("?") ? "&" : "?";
    const url: string = cursor === null ? path : `${path}${separator}cursor=${encodeURIComponent(cursor)}`;
    const page = (await request(url)) as Record<string, unknown>;
    yield page[member] as T[];
    cursor = page["next_cursor"] as string | null;
  } while (cursor !== null);
}

/** The drifts of a status, newest first, in pages of up to 1,000. */
export function driftPages(status: "open" | "resolved"): AsyncGenerator<Drift[]> {
  return pages<Drift>(`/api/v1/drifts?status=${status}&limit=1000`, "drifts");
}

export async function oneDrift(id: string): Promise<Drift & { remedies?: Remedy[] }> {
  return (await request(`/api/v1/drifts/${encodeURIComponent(id)}`)) as Drift & { remedies?: Remedy[] };
}

export async function recentEvents(limit: number): Promise<LedgerEvent[]> {
  return ((await request(`/api/v1/events?limit=${limit}`)) as { events: LedgerEvent[] }).events;
}

export async function eventOfCall(eventId: string, since: string): Promise<FalcoEvent | null> {
  const path = `/api/v1/events?events=falco&limit=1000&since=${encodeURIComponent(since)}`;
  for await (const page of pages<LedgerEvent>(path, "events")) {
    const found = page.find((entry) => entry.event === "falco" && entry.data.event_id === eventId);
    if (found) return found.data as FalcoEvent;
  }
  return null;
}

export async function workspaces(): Promise<Workspace[]> {
  const found: Workspace[] = [];
  for await (const page of pages<Workspace>("/api/v1/workspaces?limit=1000", "workspaces")) found.push(...page);
  return found;
}

export function health(): Promise<unknown> {
  return request("/api/v1/health");
}

export async function dismiss(id: string, reason: string, until: string | null): Promise<Drift> {
  const body = until === null ? { reason } : { reason, until };
  return (await post(`/api/v1/drifts/${encodeURIComponent(id)}/dismiss`, body)) as Drift;
}

export async function undoDismissal(id: string): Promise<Drift> {
  return (await request(`/api/v1/drifts/${encodeURIComponent(id)}/dismiss`, { method: "DELETE" })) as Drift;
}

export function signIn(token: string): Promise<unknown> {
  return post("/api/v1/session", { token });
}
