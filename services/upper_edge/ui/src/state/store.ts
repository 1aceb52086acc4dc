// What the page knows and what was chosen on it. Panels read these signals; nothing else is shared between them.

import { computed, effect, signal } from "@preact/signals";

import type { Cells, Decision, LogEntry, Series, Spectrum, Status, Vehicles } from "../api/types";
import { panelState, type Known, type PanelState } from "./panel_state";
import { fromQuery, INITIAL, toQuery, type Selection, type Sight, type Span, type Zoom } from "./view";

// --- heard from the server

export const status = signal<Status | null>(null);
export const cells = signal<Cells | null>(null);
export const series = signal<Series | null>(null);
export const vehicles = signal<Vehicles | null>(null);
export const decision = signal<Decision | null>(null);
export const spectrum = signal<Spectrum | null>(null);
/** What happened, oldest first. */
export const events = signal<readonly LogEntry[]>([]);
/** When the server last said anything, on the page's own clock [ms]. */
export const heardAt_ms = signal<number | null>(null);
export const link = signal<Known["link"]>("connecting");
/** The page's clock, which makes silence visible [ms]. */
export const now_ms = signal(performance.now());
setInterval(() => (now_ms.value = performance.now()), 500);

/** Seconds since the server last said anything; null before the first time. */
export const silent_s = computed(() => (heardAt_ms.value == null ? null : Math.max(0, now_ms.value - heardAt_ms.value) / 1000));

/** How old the simulator's last word is by now [s]; null before the first. */
export const age_s = computed(() => {
  const told = status.value?.age_s;
  return told == null ? null : told + (silent_s.value ?? 0);
});

/** Slot duration of the run that is shown [s]. */
export const slot_s = computed(() => status.value?.run?.slot_duration_s ?? 1e-3);

const missing = computed(() => (cells.value?.cells ?? []).filter((cell) => !cell.is_attached).map((cell) => cell.cell));

/** The state of a panel that shows the run. */
export function stateOf(own: Pick<Known, "has_data" | "failure" | "advice">): PanelState {
  return panelState({
    link: link.value,
    silent_s: silent_s.value,
    connection: status.value?.connection ?? null,
    age_s: age_s.value,
    run: status.value?.run?.state ?? null,
    missing: missing.value,
    ...own,
  });
}

/** The state of the page as a whole: the header's. */
export const pageState = computed(() => stateOf({ has_data: status.value?.run != null }));

/** Whether commands can reach the simulator now. */
export const isReachable = computed(
  () => link.value === "open" && status.value?.connection === "live" && (silent_s.value ?? 0) <= 3,
);

// --- chosen on the page, and kept in its address

const chosen = fromQuery(location.search);
export const span = signal<Span>(chosen.span);
export const zoom = signal<Zoom | null>(chosen.zoom);
export const selected = signal<Selection | null>(chosen.selected);
/** The part of the map that is looked at; null: the whole. */
export const sight = signal<Sight | null>(chosen.sight);
export const tables = signal<readonly string[]>(chosen.tables);
export const optionsBy = signal(chosen.options_by);
export const runsBy = signal(chosen.runs_by);
export const comparedRuns = signal<readonly string[]>(chosen.runs);
/** Simulated time that the crosshair stands at [s]; null: follow what comes. */
export const scrubbed_s = signal<number | null>(null);

const query = computed(() =>
  toQuery({
    span: span.value, zoom: zoom.value, selected: selected.value, sight: sight.value, tables: tables.value,
    options_by: optionsBy.value, runs: comparedRuns.value, runs_by: runsBy.value,
  }),
);
effect(() => history.replaceState(null, "", location.pathname + query.value + location.hash));

/** Back to the view at the start. */
export function resetView(): void {
  span.value = INITIAL.span;
  zoom.value = scrubbed_s.value = selected.value = null;
  tables.value = [];
  optionsBy.value = INITIAL.options_by;
}

/** The cell whose decision is shown: the selected one, or that of the selected vehicle, or the first. */
export const decisionCell = signal(chosen.selected?.kind === "cell" ? Number(chosen.selected.id) || 0 : 0);
/** The same, or the last cell of a run that has fewer. */
export const heardCell = computed(() => Math.min(decisionCell.value, Math.max((status.value?.run?.num_cells ?? 64) - 1, 0)));
effect(() => {
  if (selected.value?.kind === "cell") decisionCell.value = Number(selected.value.id) || 0;
});
