/** The events of the stream, by name. The payloads are those of the schemas in docs/schemas. */
import type { Attribution, Drift, FalcoEvent, StateChange } from "./schemas.js";

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

export interface LedgerPayloads {
  drift: Drift;
  falco: FalcoEvent;
  state_change: StateChange;
  attribution: Attribution;
}

export interface GatewayPayloads {
  connected: Connected;
  reset: Reset;
  closing: Closing;
}

export type LedgerEventName = keyof LedgerPayloads;

/** An event of the ledger; `event` says which payload `data` is. */
export type LedgerEvent = {
  [Name in LedgerEventName]: { readonly event: Name; readonly id: string; readonly data: LedgerPayloads[Name] };
}[LedgerEventName];

/** An event of the gateway itself, about the stream. */
export type GatewayEvent = {
  [Name in keyof GatewayPayloads]: { readonly event: Name; readonly data: GatewayPayloads[Name] };
}[keyof GatewayPayloads];

export type StreamEvent = LedgerEvent | GatewayEvent;

export const LEDGER_EVENTS: readonly LedgerEventName[] = ["drift", "falco", "state_change", "attribution"];
export const GATEWAY_EVENTS: readonly GatewayEvent["event"][] = ["connected", "reset", "closing"];

/** Reads a message of the stream; throws where its data is no JSON object. */
export function parse(event: StreamEvent["event"], message: { data: string; lastEventId: string }): StreamEvent {
  const data: unknown = JSON.parse(message.data);
  if (typeof data !== "object" || data === null) throw new TypeError("The data is no object.");
  // A browser gives an event without an id the id of the event before it.
  const own = GATEWAY_EVENTS.some((name) => name === event);
  return (own ? { event, data } : { event, id: message.lastEventId, data }) as StreamEvent;
}
