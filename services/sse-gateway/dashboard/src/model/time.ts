/** Moments for people: how long ago, and exactly, with the zone named. */

const UNITS: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];

/** How long before `now` (milliseconds) a moment was: "12 s ago", "3 min ago"; "just now" under a second. */
export function ago(moment: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(moment)) / 1000);
  if (Number.isNaN(seconds)) return moment;
  if (seconds < 1) return "just now";
  for (const [size, unit] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  return "just now";
}

const exactly = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  timeZoneName: "short",
});

/** A moment to the second in the reader's zone, which is named. */
export function exact(moment: string): string {
  const parsed = Date.parse(moment);
  return Number.isNaN(parsed) ? moment : exactly.format(parsed);
}

/** The time of day of a moment. */
export function clock(moment: string): string {
  const parsed = new Date(moment);
  return Number.isNaN(parsed.getTime()) ? moment : parsed.toLocaleTimeString();
}
