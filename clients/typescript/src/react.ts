"use client";
/** Hooks for React. Hooks with the same address and filters share one connection. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { LedgerEvent, LedgerEventName, LedgerPayloads } from "./events.js";
import { NOTHING, type Snapshot, type SSEOptions } from "./options.js";
import type { Attribution, Drift, FalcoEvent, StateChange } from "./schemas.js";
import { shareStream } from "./shared.js";
import type { Stream } from "./stream.js";

export * from "./index.js";

type Filters = Omit<SSEOptions, "events">;

function useStream(options: SSEOptions): { snapshot: Snapshot; clear: () => void } {
  const [snapshot, setSnapshot] = useState(NOTHING);
  const stream = useRef<Stream | null>(null);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const { EventSource } = options;
  const asked = JSON.stringify({ ...options, EventSource: undefined }); // a new callback on each render changes nothing
  useEffect(() => {
    setSnapshot(NOTHING);
    const joined = shareStream({
      ...(JSON.parse(asked) as SSEOptions),
      EventSource,
      onEvent: (event) => latest.current.onEvent?.(event),
      onError: (error) => latest.current.onError?.(error),
      onChange: setSnapshot,
    });
    stream.current = joined;
    return () => joined.close();
  }, [asked, EventSource]);
  const clear = useCallback(() => stream.current?.clear(), []);
  return { snapshot, clear };
}

function useEventsOf<Name extends LedgerEventName>(
  name: Name,
  options: Filters,
): { payloads: readonly LedgerPayloads[Name][]; clear: () => void; isConnected: boolean } {
  const { snapshot, clear } = useStream({ ...options, events: name });
  const { events, isConnected } = snapshot;
  const payloads = useMemo(
    () => events.flatMap((event: LedgerEvent) => (event.event === name ? [event.data as LedgerPayloads[Name]] : [])),
    [events, name],
  );
  return { payloads, clear, isConnected };
}

/** Returns the stream's latest events while the component is mounted. */
export function useSSE(options: SSEOptions = {}): Snapshot {
  return useStream(options).snapshot;
}

/** Returns the latest state of the latest drifts, open and resolved; `clearAlerts` drops them until the next one. */
export function useDriftAlerts(options: Filters = {}): {
  driftAlerts: readonly Drift[];
  clearAlerts: () => void;
  isConnected: boolean;
} {
  const { payloads, clear, isConnected } = useEventsOf("drift", options);
  return { driftAlerts: payloads, clearAlerts: clear, isConnected };
}

/** Returns the latest alerts of Falco. */
export function useFalcoEvents(options: Filters = {}): {
  falcoEvents: readonly FalcoEvent[];
  clearEvents: () => void;
  isConnected: boolean;
} {
  const { payloads, clear, isConnected } = useEventsOf("falco", options);
  return { falcoEvents: payloads, clearEvents: clear, isConnected };
}

/** Returns the latest changes of Terraform states. */
export function useStateChanges(options: Filters = {}): {
  stateChanges: readonly StateChange[];
  clearChanges: () => void;
  isConnected: boolean;
} {
  const { payloads, clear, isConnected } = useEventsOf("state_change", options);
  return { stateChanges: payloads, clearChanges: clear, isConnected };
}

/** Returns who caused the latest state changes. */
export function useAttributions(options: Filters = {}): {
  attributions: readonly Attribution[];
  clearAttributions: () => void;
  isConnected: boolean;
} {
  const { payloads, clear, isConnected } = useEventsOf("attribution", options);
  return { attributions: payloads, clearAttributions: clear, isConnected };
}
