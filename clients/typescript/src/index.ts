/** TFDrift-Falco's event stream in a browser or in Node, without React. */
export type * from "./schemas.js";
export type {
  Closing,
  Connected,
  GatewayEvent,
  LedgerEvent,
  LedgerEventName,
  Reset,
  StreamEvent,
} from "./events.js";
export {
  StreamError,
  type EventSourceConstructor,
  type EventSourceLike,
  type Snapshot,
  type SSEOptions,
  type StreamErrorKind,
} from "./options.js";
export { shareStream } from "./shared.js";
export { openStream, type Stream, type StreamOptions } from "./stream.js";
