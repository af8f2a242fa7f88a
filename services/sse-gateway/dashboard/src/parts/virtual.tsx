/** A long list of rows of one height, of which only those in sight are in the document. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Rows kept above and below those in sight, so that scrolling shows no gap. */
const SPARE = 12;

interface Properties<T> {
  rows: T[];
  height: number;
  /** The row to keep in sight; -1 for none. */
  selected: number;
  keyOf: (row: T) => string;
  children: (row: T, index: number) => ComponentChildren;
}

export function VirtualRows<T>({ rows, height, selected, keyOf, children }: Properties<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, size: 800 });

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = (): void => setView({ top: element.scrollTop, size: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);

  useEffect(() => {
    const element = frame.current;
    if (!element || selected < 0) return;
    const top = selected * height;
    if (top < element.scrollTop) element.scrollTop = top;
    if (top + height > element.scrollTop + element.clientHeight) element.scrollTop = top + height - element.clientHeight;
  }, [selected, height]);

  const first = Math.max(0, Math.floor(view.top / height) - SPARE);
  const last = Math.min(rows.length, Math.ceil((view.top + view.size) / height) + SPARE);
  return (
    <div class="rows" ref={frame} role="rowgroup" tabIndex={-1}>
      <div style={{ height: `${first * height}px` }} role="presentation" />
      {rows.slice(first, last).map((row, index) => (
        <div key={keyOf(row)} style={{ height: `${height}px` }} class="slot" role="presentation">
          {children(row, first + index)}
        </div>
      ))}
      <div style={{ height: `${(rows.length - last) * height}px` }} role="presentation" />
    </div>
  );
}
