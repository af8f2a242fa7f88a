/**
 * Whether what the page shows can be believed: which services answer, how fresh the states and the alerts are.
 *
 * The gateway's `/api/v1/health` is asked every few seconds. What does not answer is trouble, never silence.
 */
import { batch, computed, signal } from "@preact/signals";
import { health, Refusal, workspaces as readWorkspaces, type Workspace } from "./api";
import { connection, events, now } from "./live";
import { ago } from "./model/time";

const EVERY_MILLISECONDS = 5_000;

export interface ServiceHealth {
  name: string;
  status: "ok" | "not_ready" | "silent" | "unknown";
  instances: number;
  /** The conditions of /readyz that do not hold. */
  failing: string[];
  /** Sentences on what reduces what the service can know, such as alerts that were shortened on their way. */
  hints: string[];
}

/** What the gateway knows of the pipeline. */
export interface Health {
  status: "ok" | "degraded";
  /** One sentence for each thing that is not as it should be. */
  reasons: string[];
  version: string;
  nats: boolean;
  services: ServiceHealth[];
  last_alert_at: string | null;
  last_drift_at: string | null;
  last_state_change_at: string | null;
}

export const report = signal<Health | null>(null);
export const watched = signal<Workspace[]>([]);
/** Why the last question was not answered; empty where it was. */
export const unanswered = signal("");

/** Asks now and from now on. */
export function keepAsking(): void {
  void ask();
  setInterval(() => void ask(), EVERY_MILLISECONDS);
}

async function ask(): Promise<void> {
  try {
    const [answer, states] = [(await health()) as Health, await readWorkspaces()];
    batch(() => {
      report.value = answer;
      watched.value = states;
      unanswered.value = "";
    });
  } catch (error) {
    unanswered.value = error instanceof Refusal ? error.detail : "The gateway does not answer.";
  }
}

function latest(moments: (string | null | undefined)[]): string | null {
  return moments.reduce<string | null>((found, moment) => (moment && (!found || moment > found) ? moment : found), null);
}

export interface Situation {
  workspaces: number | null;
  newestState: string | null;
  lastAlert: string | null;
  trouble: string[];
}

export const situation = computed((): Situation => {
  const answer = report.value;
  const seen = events.value.find((event) => event.event === "falco")?.data.timestamp;
  return {
    workspaces: answer === null ? null : watched.value.length,
    newestState: latest(watched.value.map((one) => one.recorded_at)),
    lastAlert: latest([answer?.last_alert_at, seen]),
    trouble: [
      ...(connection.value === "live" ? [] : [CONNECTIONS[connection.value]]),
      ...(unanswered.value ? [unanswered.value] : []),
      ...(unanswered.value === "" ? (answer?.reasons ?? []) : []),
    ],
  };
});

const CONNECTIONS = {
  connecting: "connecting to the gateway",
  live: "live",
  lost: "the connection to the gateway is lost; trying again",
  unauthorized: "not signed in",
  forbidden: "this token may not see the stream",
} as const;

/** The one line of the strip; it never says that all is well when it cannot know. */
export function line(known: Situation): string {
  const parts: string[] = [];
  if (known.workspaces === null) parts.push("workspaces unknown");
  else if (known.workspaces === 0) parts.push("no workspace is watched");
  else {
    const newest = known.newestState ? `, newest ${ago(known.newestState, now.value)}` : "";
    parts.push(`${known.workspaces} workspace${known.workspaces === 1 ? "" : "s"}${newest}`);
  }
  parts.push(known.lastAlert ? `last Falco alert ${ago(known.lastAlert, now.value)}` : "no Falco alert seen");
  return [...parts, ...known.trouble].join("; ");
}
