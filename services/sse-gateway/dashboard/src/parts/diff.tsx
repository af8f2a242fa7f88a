/** What differs between two values, line by line. Added and removed are told apart by mark: both may be good or bad. */
import { diff, type Line } from "../model/diff";

const MARKS = { added: "+", removed: "−", same: " ", folded: "⋯" } as const;
const WORDS = { added: "in the cloud", removed: "in the state", same: "", folded: "" } as const;

export function DiffView({ before, after, unknown }: { before: unknown; after: unknown; unknown: boolean }) {
  const lines = unknown
    ? [...diff(before, null).filter((line) => line.mark === "removed"), unknownLine()]
    : diff(before, after);
  if (lines.length === 0) return <p class="quiet">The values are equal.</p>;
  return (
    <div class="diff" role="region" aria-label="What differs" tabIndex={0}>
      {lines.map((line, index) => (
        <DiffLine key={index} line={line} />
      ))}
    </div>
  );
}

function DiffLine({ line }: { line: Line }) {
  const indent = { paddingInlineStart: `${line.depth * 1.25}rem` };
  return (
    <div class={`line ${line.mark}`}>
      <span class="mark" aria-hidden="true">{MARKS[line.mark]}</span>
      {WORDS[line.mark] && <span class="visually-hidden">{WORDS[line.mark]}: </span>}
      <span class="text" style={indent}>
        {line.label && <span class="label">{line.label}{line.text && ": "}</span>}
        {line.text}
      </span>
    </div>
  );
}

function unknownLine(): Line {
  return { mark: "added", depth: 0, label: "", text: "(changed; the cloud's log does not say to what)" };
}
