import { useEffect, useMemo, useRef } from "preact/hooks";

import { ground } from "../api/reference";
import { ChartTools, showsTable } from "../charts/chart_tools";
import { sized } from "../charts/canvas";
import { drawScene } from "../map/draw";
import { drawGround } from "../map/ground";
import { Motion } from "../map/motion";
import { fit, type Projection } from "../map/projection";
import { DataTable } from "../parts/data_table";
import { Panel } from "../parts/panel";
import { entities, select } from "../state/entities";
import { nearestTo, nearestTowards } from "../state/nearest";
import { palette } from "../state/palette";
import { cells, selected, stateOf, vehicles } from "../state/store";
import { MapLegend } from "./map_legend";
import { tableOfVehicles } from "./vehicle_table";

const ID = "map";
const MARGIN = 24;
const REACH_PIXELS = 18;
const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

/** Who is where, who is served by whom, and which option each small cell follows. */
export function MapPanel({ digit }: { digit: number }) {
  const hasData = ground.value?.area != null && vehicles.value != null;
  return (
    <Panel id={ID} digit={digit} title="Map" state={stateOf({ has_data: hasData })}
      tools={<ChartTools id={ID} title="Map" table={tableOfVehicles} />}>
      {showsTable(ID) ? <DataTable table={tableOfVehicles()} label="Vehicles" /> : <Canvas />}
      <MapLegend />
    </Panel>
  );
}

function Canvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useMemo(() => new Frame(), []);
  const told = vehicles.value;
  useEffect(() => {
    if (told) frame.motion.take(told, performance.now());
  }, [told]);
  useEffect(() => {
    frame.canvas = canvas.current;
    frame.ask();
  });
  useEffect(() => {
    const observer = new ResizeObserver(() => frame.ask());
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  // Read here, so that a change of any of these draws a frame.
  void [cells.value, selected.value, palette.value, ground.value];
  return (
    <canvas ref={canvas} class="map" tabIndex={0} role="application"
      aria-label="Map of cells and vehicles: arrow keys select what lies in a direction; the table lists all"
      onClick={(event) => select(entityAt(frame.at, event))} onKeyDown={(event) => moveSelection(event)} />
  );
}

/** Draws when something changed, and between two snapshots while vehicles are on their way. */
class Frame {
  canvas: HTMLCanvasElement | null = null;
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
    const [canvas, ground_now, told] = [this.canvas, ground.value, vehicles.value];
    if (!canvas?.isConnected || !ground_now?.area || !told) return;
    const height = canvas.clientHeight;
    const pen = sized(canvas);
    if (!pen) return;
    const at = (this.at = fit(ground_now.area, canvas.clientWidth, height, MARGIN));
    pen.drawImage(this.roadsFor(canvas, at), 0, 0, canvas.clientWidth, height);
    const places = this.motion.at(prefersStill.matches ? Infinity : time_ms);
    const scene = { ground: ground_now, cells: cells.value?.cells ?? [], vehicles: told, places, selected: selected.value };
    drawScene(pen, scene, at, palette.value, height);
    if (!prefersStill.matches && this.motion.isMoving(time_ms)) this.ask();
  }

  private roadsFor(canvas: HTMLCanvasElement, at: Projection): HTMLCanvasElement {
    const known = ground.value;
    const are = [canvas.width, canvas.height, known?.run_epoch, known?.seen_version, palette.value.road].join();
    if (!this.roads || this.roadsAre !== are) {
      this.roads = known ? drawGround(known, at, canvas, palette.value) : canvas;
      this.roadsAre = are;
    }
    return this.roads;
  }
}

function entityAt(at: Projection | null, event: MouseEvent) {
  if (!at) return null;
  const drawn = entities().map((entity) => ({ ...entity, x: at.x(entity.x), y: at.y(entity.y) }));
  return nearestTo(drawn, { x: event.offsetX, y: event.offsetY }, REACH_PIXELS);
}

const DIRECTIONS: Record<string, { x: number; y: number }> = {
  ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: 1 }, ArrowDown: { x: 0, y: -1 },
};

function moveSelection(event: KeyboardEvent): void {
  const direction = DIRECTIONS[event.key];
  if (!direction) return;
  event.preventDefault();
  const all = entities();
  const from = all.find((one) => one.kind === selected.value?.kind && one.id === selected.value.id);
  const next = from ? nearestTowards(all, from, direction) : all[0];
  if (next) select({ kind: next.kind, id: next.id });
}
