/** The window's title and icon with the count of critical drifts; desktop notification and sound, where asked for. */
import { effect, signal } from "@preact/signals";
import { news, openCritical } from "../live";
import { rank, SEVERITIES } from "../model/list";
import { changeOf, nameOf, personOf } from "../model/summary";
import type { Drift, Severity } from "@tfdrift/client";

const KEY = "tfdrift.alerts";

interface Wanted {
  severity: Severity | "off";
  sound: boolean;
}

const wanted = signal<Wanted>(remembered());

function remembered(): Wanted {
  try {
    return { severity: "off", sound: false, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Wanted>) };
  } catch {
    return { severity: "off", sound: false };
  }
}

/** Keeps the title, and notifies, from now on. */
export function keepAlerting(): void {
  effect(() => {
    const count = openCritical.value;
    document.title = count > 0 ? `(${count}) critical · TFDrift-Falco` : "TFDrift-Falco";
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon) icon.href = count > 0 ? "/static/icon-critical.svg" : "/static/icon.svg";
  });
  let last: string | null = null;
  effect(() => {
    const drift = news.value;
    const { severity, sound } = wanted.value;
    if (drift === null || severity === "off" || drift.status !== "open" || rank(drift.severity) < rank(severity)) return;
    const version = `${drift.id} ${drift.event_id}`;
    if (version === last) return;
    last = version;
    notify(drift);
    if (sound) beep();
  });
}

function notify(drift: Drift): void {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(`${drift.severity}: ${nameOf(drift)}`, {
    body: `${drift.attribute ?? drift.kind}: ${changeOf(drift)}\n${personOf(drift.user_identity)}`,
    tag: drift.id,
  });
  shown.onclick = () => {
    focus();
    location.assign(`/drift/${encodeURIComponent(drift.id)}`);
  };
}

function beep(): void {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  volume.gain.setValueAtTime(0.1, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.4);
  tone.connect(volume).connect(context.destination);
  tone.frequency.value = 660;
  tone.start();
  tone.stop(context.currentTime + 0.4);
  tone.onended = () => void context.close();
}

function set(change: Partial<Wanted>): void {
  wanted.value = { ...wanted.value, ...change };
  localStorage.setItem(KEY, JSON.stringify(wanted.value));
  if (wanted.value.severity !== "off" && "Notification" in window) void Notification.requestPermission();
}

export function AlertSettings() {
  const { severity, sound } = wanted.value;
  return (
    <div class="alerts">
      <label>
        Notify{" "}
        <select value={severity} onChange={(event) => set({ severity: event.currentTarget.value as Wanted["severity"] })}>
          <option value="off">off</option>
          {SEVERITIES.map((name) => <option key={name} value={name}>{name} and above</option>)}
        </select>
      </label>
      {severity !== "off" && (
        <label><input type="checkbox" checked={sound} onChange={(event) => set({ sound: event.currentTarget.checked })} /> sound</label>
      )}
    </div>
  );
}
