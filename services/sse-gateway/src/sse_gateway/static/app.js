// Shows the open drifts: loads them once, then updates them from the stream. Text enters the page only as textContent.
"use strict";

const MAX_EVENTS = 100;
const PAGE = "/api/v1/drifts?status=open&limit=1000";

const byId = (id) => document.getElementById(id);
const rows = new Map(); // drift id -> { element, timestamp }
let lastEventId = "";
let opened = false;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shown(value, unknown) {
  if (unknown) return "(unknown)";
  if (value === null || value === undefined) return "(unset)";
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}

function person(identity) {
  if (!identity) return "unknown";
  const name = identity.user_name || identity.arn || identity.principal_id || "unknown";
  return identity.via && identity.via !== "unknown" ? `${name}, via ${identity.via}` : name;
}

function time(text, short) {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return String(text);
  return short ? moment.toLocaleTimeString() : moment.toLocaleString();
}

function render(drift) {
  const item = element("li", "drift");
  item.dataset.severity = drift.severity;
  item.dataset.id = drift.id;
  const top = element("div", "top");
  top.append(
    element("span", "severity", drift.severity),
    element("span", "address", drift.address || `${drift.resource_type} ${drift.resource_id || ""}`),
    element("span", "kind", [drift.kind, drift.workspace].filter(Boolean).join(" · ")),
  );
  const change = element("div", "change");
  if (drift.attribute) {
    change.append(
      element("code", "attribute", drift.attribute),
      element("span", "value old", shown(drift.old_value, false)),
      element("span", "arrow", "→"),
      element("span", "value new", shown(drift.new_value, drift.value_unknown)),
    );
  } else {
    change.append(element("code", "attribute", drift.event_name || drift.kind));
  }
  const who = element("div", "top");
  const when = element("time", "when", time(drift.timestamp, false));
  when.dateTime = drift.timestamp;
  who.append(element("span", "who", person(drift.user_identity)), when);
  item.append(top, change, who);
  return item;
}

function show(drift, changed) {
  const known = rows.get(drift.id);
  if (drift.status !== "open") {
    if (known) known.element.remove();
    rows.delete(drift.id);
  } else {
    const item = render(drift);
    if (changed) item.classList.add("changed");
    if (known) {
      known.element.replaceWith(item);
    } else {
      const older = [...byId("drifts").children].find((other) => rows.get(other.dataset.id).timestamp <= drift.timestamp);
      byId("drifts").insertBefore(item, older || null);
    }
    rows.set(drift.id, { element: item, timestamp: drift.timestamp });
  }
  summarise();
}

function summarise() {
  byId("count").textContent = String(rows.size);
  byId("none").hidden = rows.size > 0;
}

const TEXTS = {
  drift: (data) => `${data.address || data.resource_type}${data.attribute ? ` ${data.attribute}` : ""}: ${data.resolution || data.status}`,
  falco: (data) => data.output || data.rule,
  state_change: (data) => `${data.resource || data.workspace} ${data.action} (serial ${data.serial})`,
  attribution: (data) => `${data.resource}: ${(data.actors || []).map((actor) => person(actor.user_identity)).join("; ")}`,
};

function note(name, data) {
  const item = element("li");
  item.append(
    element("time", "", time(data.timestamp, true)),
    element("span", "name", name.replace("_", " ")),
    element("span", "text", TEXTS[name](data)),
  );
  byId("events").prepend(item);
  while (byId("events").children.length > MAX_EVENTS) byId("events").lastChild.remove();
  byId("quiet").hidden = true;
}

function connection(state, text) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = text;
}

// Events that arrive while the list is loading are applied after it, so that the newest state wins.
let early = [];

async function load() {
  early = early || [];
  let cursor = null;
  const drifts = [];
  do {
    const response = await fetch(cursor ? `${PAGE}&cursor=${encodeURIComponent(cursor)}` : PAGE);
    if (!response.ok) throw new Error(`GET drifts: ${response.status}`);
    const page = await response.json();
    drifts.push(...page.drifts);
    cursor = page.next_cursor;
  } while (cursor);
  rows.clear();
  byId("drifts").replaceChildren();
  for (const drift of drifts) show(drift, false);
  summarise();
  const waiting = early || [];
  early = null;
  for (const drift of waiting) show(drift, true);
}

function loadUntilDone() {
  load().catch(() => setTimeout(loadUntilDone, 2000));
}

function listen() {
  const url = lastEventId ? `/api/v1/stream?last_event_id=${encodeURIComponent(lastEventId)}` : "/api/v1/stream";
  const source = new EventSource(url);
  source.addEventListener("connected", () => {
    connection("live", "live");
    if (!opened) loadUntilDone();
    opened = true;
  });
  source.addEventListener("reset", () => {
    early = early || [];
    loadUntilDone();
  });
  for (const name of Object.keys(TEXTS)) {
    source.addEventListener(name, (event) => {
      lastEventId = event.lastEventId;
      const data = JSON.parse(event.data);
      note(name, data);
      if (name !== "drift") return;
      if (early) early.push(data);
      else show(data, true);
    });
  }
  source.addEventListener("error", () => {
    connection("lost", "disconnected, reconnecting");
    if (source.readyState === EventSource.CLOSED) {
      // A refusal, for example 503 while the gateway starts, ends an EventSource for good.
      source.close();
      setTimeout(listen, 3000);
    }
  });
}

listen();
