// Vehicles between two snapshots: they are drawn on the straight way from where they were to where they are.

import type { Vehicles } from "../api/types";

export interface Places { x_m: number[]; y_m: number[] }

const JUMP_M = 40;
const LONGEST_MS = 250;

/** Where vehicles were at the last two snapshots, and when these came. */
export class Motion {
  private before = new Map<string, [number, number]>();
  private now: Vehicles | null = null;
  private since_ms = 0;
  private interval_ms = 100;

  /** Takes in a snapshot that came at this time. */
  take(told: Vehicles, at_ms: number): void {
    if (this.now) this.before = new Map(this.now.id.map((id, i) => [id, [this.now?.x_m[i] ?? 0, this.now?.y_m[i] ?? 0]]));
    this.interval_ms = Math.min(Math.max(at_ms - this.since_ms, 16), LONGEST_MS);
    this.now = told;
    this.since_ms = at_ms;
  }

  /** Whether anybody is still on the way at this time. */
  isMoving(at_ms: number): boolean {
    return at_ms - this.since_ms < this.interval_ms;
  }

  /** Places at this time. A vehicle that is new, or was moved to the other side of the area, is there at once. */
  at(at_ms: number): Places {
    const told = this.now;
    if (!told) return { x_m: [], y_m: [] };
    const done = Math.min((at_ms - this.since_ms) / this.interval_ms, 1);
    if (done >= 1) return told;
    const places: Places = { x_m: [...told.x_m], y_m: [...told.y_m] };
    told.id.forEach((id, i) => {
      const was = this.before.get(id);
      const [x, y] = [told.x_m[i] ?? 0, told.y_m[i] ?? 0];
      if (!was || Math.abs(was[0] - x) + Math.abs(was[1] - y) > JUMP_M) return;
      places.x_m[i] = was[0] + (x - was[0]) * done;
      places.y_m[i] = was[1] + (y - was[1]) * done;
    });
    return places;
  }
}
