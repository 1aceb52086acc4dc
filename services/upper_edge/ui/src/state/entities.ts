// What can be selected, and what lies next to it.

import { cells, decisionCell, selected, vehicles } from "./store";
import type { Point } from "./nearest";
import type { Selection } from "./view";

export interface Entity extends Selection, Point {}

/** Everything on the map that can be selected: cells, then vehicles. */
export function entities(): Entity[] {
  const told = vehicles.value;
  return [
    ...(cells.value?.cells ?? []).map((cell) => ({ kind: "cell" as const, id: String(cell.cell), x: cell.x_m, y: cell.y_m })),
    ...(told?.id ?? []).map((id, i) => ({ kind: "vehicle" as const, id, x: told?.x_m[i] ?? 0, y: told?.y_m[i] ?? 0 })),
  ];
}

/** Selects the next of the same kind, round and round; the first cell where nothing is selected. */
export function selectNext(step: 1 | -1): void {
  const kind = selected.value?.kind ?? "cell";
  const same = entities().filter((entity) => entity.kind === kind);
  if (same.length === 0) return;
  const at = same.findIndex((entity) => entity.id === selected.value?.id);
  const next = same[(at < 0 ? 0 : at + step + same.length) % same.length];
  if (next) select({ kind: next.kind, id: next.id });
}

/** Selects something; a vehicle that is served also brings its cell's decision. */
export function select(chosen: Selection | null): void {
  selected.value = chosen;
  const told = vehicles.value;
  if (chosen?.kind !== "vehicle" || !told) return;
  const cell = told.cell[told.id.indexOf(chosen.id)];
  if (cell != null && cell >= 0) decisionCell.value = cell;
}
