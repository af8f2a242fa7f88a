/** A severity by shape, word and colour, so that none of the three is needed to read it. */
import type { Severity } from "@tfdrift/client";

const SHAPES: Record<Severity, string> = {
  critical: "M8 1 15 15 1 15Z",
  high: "M8 1 15 8 8 15 1 8Z",
  medium: "M2 2H14V14H2Z",
  low: "M8 2A6 6 0 1 1 8 14A6 6 0 1 1 8 2",
  info: "M7 2H9V14H7Z",
};

export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <span class={`severity ${severity}`}>
      <svg viewBox="0 0 16 16" width="11" height="11" aria-hidden="true">
        <path d={SHAPES[severity]} fill="currentColor" />
      </svg>
      {severity}
    </span>
  );
}
