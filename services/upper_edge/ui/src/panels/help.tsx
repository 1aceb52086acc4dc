import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export const isHelpShown = signal(false);

const KEYS = [
  ["Space", "pause, or go on"],
  [".", "advance a paused run by the slots in the header"],
  ["← →", "move the crosshair of all charts; Shift: ten points"],
  ["Esc", "let the crosshair go, then reset the zoom"],
  ["1 to 9", "go to a panel"],
  ["j k", "next and previous cell, or vehicle"],
  ["arrows on the map", "select what lies in that direction; Shift: move the map"],
  ["+ − 0 on the map", "enlarge, shrink, show the whole"],
  ["t", "table or chart of the panel in focus"],
  ["?", "this help"],
] as const;

const HABITS = [
  "Drag over a chart to zoom all of them; double-click to reset.",
  "Turn the wheel or pinch on the map to enlarge it, drag to move it, double-click for the whole.",
  "The address holds the view: what is selected, zoomed, compared. Copy it to come back.",
  "Numbers are of the latest slots only where the badge says live; otherwise it says how old they are.",
];

/** What the keys do. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isHelpShown.value) dialog.current?.showModal();
  }, [isHelpShown.value]);
  if (!isHelpShown.value) return null;
  const close = () => (isHelpShown.value = false);
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keyboard and habits</h2>
      <dl>{KEYS.map(([keys, what]) => <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{what}</dd></div>)}</dl>
      <ul>{HABITS.map((habit) => <li key={habit}>{habit}</li>)}</ul>
      <p><a href="/api/v1/openapi.json">API description</a>, <a href="/metrics">metrics</a></p>
      <form method="dialog"><button autofocus>Close</button></form>
    </dialog>
  );
}
