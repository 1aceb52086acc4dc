// When the map is drawn, and from what.

import { ground } from "../api/reference";
import { sized } from "../charts/canvas";
import { palette } from "../state/palette";
import { cells, selected, sight, vehicles } from "../state/store";
import { drawScene } from "./draw";
import { drawGround } from "./ground";
import { Motion } from "./motion";
import type { Projection } from "./projection";
import { look, type Sheet } from "./sight";

const MARGIN = 24;
const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

/** Draws when something changed, and between two snapshots while vehicles are on their way. */
export class Frame {
  canvas: HTMLCanvasElement | null = null;
  /** What was drawn last, and how; null before the first time. */
  sheet: Sheet | null = null;
  at: Projection | null = null;
  readonly motion = new Motion();
  private roads: HTMLCanvasElement | null = null;
  private roadsAre = "";
  private isAsked = false;

  ask(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame((time_ms) => {
      this.isAsked = false;
      this.draw(time_ms);
    });
  }

  private draw(time_ms: number): void {
    const [canvas, area, told] = [this.canvas, ground.value?.area, vehicles.value];
    if (!canvas?.isConnected || !ground.value || !area || !told) return;
    const pen = sized(canvas);
    if (!pen) return;
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    this.sheet = { area, size, margin: MARGIN };
    const at = (this.at = look(this.sheet, sight.value));
    pen.drawImage(this.roadsFor(canvas, at), 0, 0, size.width, size.height);
    const places = this.motion.at(prefersStill.matches ? Infinity : time_ms);
    const scene = { ground: ground.value, cells: cells.value?.cells ?? [], vehicles: told, places, selected: selected.value };
    drawScene(pen, scene, at, palette.value, size.height);
    if (!prefersStill.matches && this.motion.isMoving(time_ms)) this.ask();
  }

  private roadsFor(canvas: HTMLCanvasElement, at: Projection): HTMLCanvasElement {
    const known = ground.value;
    const seen = [at.pixels_per_m, at.x(0), at.y(0)];
    const are = [canvas.width, canvas.height, ...seen, known?.run_epoch, known?.seen_version, palette.value.road].join();
    if (!this.roads || this.roadsAre !== are) {
      this.roads = known ? drawGround(known, at, canvas, palette.value) : canvas;
      this.roadsAre = are;
    }
    return this.roads;
  }
}
