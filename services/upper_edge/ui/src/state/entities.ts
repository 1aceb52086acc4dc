// What can be selected, and what lies next to it.

import { cells, decisionCell, selected, vehicles } from "./store";
import type { Selection } from "./view";

export interface Point { x: number; y: number }
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

/** The nearest of `points` that lies within 45 degrees of a direction (y up), and is not `from` itself; null: none. */
export function nearestTowards<Place extends Point>(points: readonly Place[], from: Point, direction: Point): Place | null {
  let found: Place | null = null;
  let least = Infinity;
  for (const point of points) {
    const [dx, dy] = [point.x - from.x, point.y - from.y];
    const along = dx * direction.x + dy * direction.y;
    const across = Math.abs(dx * direction.y - dy * direction.x);
    const cost = along + 2 * across;
    if (along > 1e-9 && across <= along && cost < least) [found, least] = [point, cost];
  }
  return found;
}

/** The nearest of `points` within `reach` of a place; null: none. */
export function nearestTo<Place extends Point>(points: readonly Place[], at: Point, reach: number): Place | null {
  let found: Place | null = null;
  let least = reach * reach;
  for (const point of points) {
    const distance2 = (point.x - at.x) ** 2 + (point.y - at.y) ** 2;
    if (distance2 <= least) [found, least] = [point, distance2];
  }
  return found;
}
