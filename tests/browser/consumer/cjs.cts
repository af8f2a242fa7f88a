// The same as a CommonJS module, over a shared connection.
import client = require("@tfdrift/client");
import react = require("@tfdrift/client/react");

declare const process: { argv: string[] };

export const hooks = [react.useSSE, react.useDriftAlerts];

void import("eventsource").then(({ EventSource }) => {
  const options: client.StreamOptions = { url: process.argv[2], EventSource };
  client.shareStream({
    ...options,
    events: "drift",
    onEvent: (event) => {
      if (event.event === "connected") console.log("connected");
      else if (event.event === "drift") console.log(JSON.stringify([event.id, JSON.stringify(event.data)]));
    },
  });
  client.shareStream({ ...options, events: "falco" }).close();
});
