// The client in Node as an ECMAScript module, with an EventSource given. Prints what tests/browser/test_clients.py reads.
import { EventSource } from "eventsource";
import { openStream, type Drift } from "@tfdrift/client";
import { useAttributions, useDriftAlerts, useFalcoEvents, useSSE, useStateChanges } from "@tfdrift/client/react";

declare const process: { argv: string[] };

export const hooks = [useSSE, useDriftAlerts, useFalcoEvents, useStateChanges, useAttributions];
export const severityOf = (drift: Drift): string => `${drift.severity} ${drift.resource_type}`;

openStream({
  url: process.argv[2],
  EventSource,
  onEvent: (event) => {
    if (event.event === "connected") console.log("connected");
    else if (event.event === "drift") console.log(JSON.stringify([event.id, JSON.stringify(event.data)]));
  },
});
