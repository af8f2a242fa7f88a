/** The latest events of a stream: bounded, in order, and each drift once with its latest status. */
import type { LedgerEvent } from "./events.js";

export class Latest {
  private readonly events = new Map<string, LedgerEvent>();

  add(event: LedgerEvent, limit: number): void {
    const key = event.event === "drift" ? `drift ${event.data.id}` : event.id;
    this.events.delete(key); // a Map leaves a known key in its old place, and the oldest is the first to go
    this.events.set(key, event);
    for (const oldest of this.events.keys()) {
      if (this.events.size <= limit) break;
      this.events.delete(oldest);
    }
  }

  clear(): void {
    this.events.clear();
  }

  list(): LedgerEvent[] {
    return [...this.events.values()];
  }
}
