// Keys that work anywhere on the page; those of a single part stand with that part.

import { toggleTable } from "../charts/chart_tools";
import { nearestIndex } from "../charts/lines";
import { startOrPause, step } from "../panels/controls";
import { isHelpShown } from "../panels/help";
import { selectNext } from "./entities";
import { scrubbed_s, series, zoom } from "./store";

/** Listens from now on. */
export function followKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isHelpShown.value) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input, select, textarea")) return;
    // A button in focus is pressed by the space bar, as everywhere; the rest works there too.
    if (event.key === " " && target?.closest("button, a, summary")) return;
    if (act(event)) event.preventDefault();
  });
}

function act(event: KeyboardEvent): boolean {
  const { key, shiftKey } = event;
  if (/^[1-9]$/.test(key)) return focusPanel(Number(key));
  const action = ACTIONS[key];
  if (!action) return false;
  action(shiftKey);
  return true;
}

const ACTIONS: Record<string, (isShift: boolean) => void> = {
  " ": startOrPause,
  ".": step,
  "?": () => (isHelpShown.value = true),
  j: () => selectNext(1),
  k: () => selectNext(-1),
  t: () => {
    const panel = document.activeElement?.closest(".panel:has(.tools)");
    if (panel) toggleTable(panel.id);
  },
  ArrowLeft: (isShift) => scrub(isShift ? -10 : -1),
  ArrowRight: (isShift) => scrub(isShift ? 10 : 1),
  Escape: () => {
    if (scrubbed_s.value != null) scrubbed_s.value = null;
    else zoom.value = null;
  },
};

function focusPanel(digit: number): boolean {
  const panel = document.querySelectorAll<HTMLElement>(".panel")[digit - 1];
  if (!panel) return false;
  panel.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "nearest" });
  return true;
}

function scrub(points: number): void {
  const times_s = series.value?.capacity.time_s ?? [];
  const from = scrubbed_s.value == null ? times_s.length - 1 : nearestIndex(times_s, scrubbed_s.value);
  const to = Math.min(Math.max(from + points, 0), times_s.length - 1);
  scrubbed_s.value = times_s[to] ?? null;
}
