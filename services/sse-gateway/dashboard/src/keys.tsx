/** The keyboard: everything that the mouse does. */
import { useEffect, useRef } from "preact/hooks";
import { address, go, VIEWS } from "./address";
import { helpShown } from "./app";
import { current, move } from "./views/drifts";

const KEYS: [string, string][] = [
  ["/", "search"],
  ["j  k", "next drift, previous drift"],
  ["Enter", "open the drift"],
  ["Escape", "back to the list"],
  ["d", "dismiss the drift that is open"],
  ["1 … 5", "Drifts, Timeline, People, Workspaces, Health"],
  ["?", "this list"],
];

/** Listens until the returned function is called. */
export function listenToKeys(): () => void {
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.key === "Escape") {
    if (helpShown.value) helpShown.value = false;
    else if (target.matches("input, textarea, select")) target.blur();
    else if (address.value.drift !== null) go({ drift: null });
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select")) return;
  if (act(event.key)) event.preventDefault();
}

function act(key: string): boolean {
  const { view, drift } = address.value;
  const inList = view === "drifts" && drift === null;
  const place = Number(key);
  if (key === "?") helpShown.value = true;
  else if (place >= 1 && place <= VIEWS.length) go({ view: VIEWS[place - 1] ?? "drifts", drift: null });
  else if (key === "/" && inList) document.getElementById("search")?.focus();
  else if (key === "j" && inList) move(1);
  else if (key === "k" && inList) move(-1);
  else if (key === "Enter" && inList && current.value !== null) go({ drift: current.value });
  else if (key === "d" && drift !== null) document.getElementById("reason")?.focus();
  else return false;
  return true;
}

export function KeyHelp({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">Keyboard</h2>
      <dl>
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog"><button type="submit">Close</button></form>
    </dialog>
  );
}
