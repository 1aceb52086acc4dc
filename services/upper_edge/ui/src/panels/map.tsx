import { useEffect, useRef } from "preact/hooks";

import { ground } from "../api/reference";
import { ChartTools, showsTable } from "../charts/chart_tools";
import { Frame } from "../map/frame";
import { followGestures } from "../map/gestures";
import { dragged, revealing, zoomedAt } from "../map/sight";
import { DataTable } from "../parts/data_table";
import { Panel } from "../parts/panel";
import { entities, select } from "../state/entities";
import { nearestTo, nearestTowards, type Point } from "../state/nearest";
import { palette } from "../state/palette";
import { cells, selected, sight, stateOf, vehicles } from "../state/store";
import { MapLegend } from "./map_legend";
import { tableOfVehicles } from "./vehicle_table";

const ID = "map";
const REACH_PIXELS = 18;
const ZOOM_STEP = 1.6;
const PAN_PIXELS = 60;
const frame = new Frame();

/** Who is where, who is served by whom, and which option each small cell follows. */
export function MapPanel({ digit }: { digit: number }) {
  const hasData = ground.value?.area != null && vehicles.value != null;
  const isTable = showsTable(ID);
  return (
    <Panel id={ID} digit={digit} title="Map" state={stateOf({ has_data: hasData })}
      tools={<>{!isTable && <Sights />}<ChartTools id={ID} title="Map" table={tableOfVehicles} /></>}>
      {isTable ? <DataTable table={tableOfVehicles()} label="Vehicles" /> : <Canvas />}
      <MapLegend />
    </Panel>
  );
}

function Sights() {
  return (
    <>
      <button type="button" aria-label="Enlarge the map" onClick={() => zoom(ZOOM_STEP)}>+</button>
      <button type="button" aria-label="Shrink the map" disabled={!sight.value} onClick={() => zoom(1 / ZOOM_STEP)}>−</button>
      <button type="button" aria-label="Show the whole map" disabled={!sight.value} onClick={() => (sight.value = null)}>Whole</button>
    </>
  );
}

function Canvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const told = vehicles.value;
  useEffect(() => {
    if (told) frame.motion.take(told, performance.now());
  }, [told]);
  useEffect(() => {
    frame.canvas = canvas.current;
    frame.ask();
  });
  useEffect(() => {
    const shown = canvas.current;
    if (!shown) return;
    const observer = new ResizeObserver(() => frame.ask());
    observer.observe(shown);
    const leave = followGestures(shown, { canDrag: () => sight.value != null, drag, zoom: zoomAbout });
    return () => {
      observer.disconnect();
      leave();
    };
  }, []);
  useEffect(reveal, [selected.value]);
  // Read here, so that a change of any of these draws a frame.
  void [cells.value, sight.value, palette.value, ground.value];
  return (
    <canvas ref={canvas} class="map" tabIndex={0} role="application"
      aria-label="Map of cells and vehicles: arrow keys select what lies in a direction, plus and minus enlarge and shrink, Shift and arrow keys move; the table lists all"
      onClick={(event) => select(entityAt(event))} onDblClick={() => (sight.value = null)} onKeyDown={takeKey} />
  );
}

function drag(by: Point): void {
  if (frame.sheet) sight.value = dragged(frame.sheet, sight.value, by);
}

function zoomAbout(at: Point, factor: number): boolean {
  if (!frame.sheet || (factor < 1 && !sight.value)) return false;
  sight.value = zoomedAt(frame.sheet, sight.value, at, factor);
  return true;
}

/** About what is selected, else about the middle. */
function zoom(factor: number): void {
  if (!frame.sheet || !frame.at) return;
  const { width, height } = frame.sheet.size;
  const chosen = selectedEntity();
  zoomAbout(chosen ? { x: frame.at.x(chosen.x), y: frame.at.y(chosen.y) } : { x: width / 2, y: height / 2 }, factor);
}

/** What is selected from elsewhere must not stay out of sight. */
function reveal(): void {
  const chosen = selectedEntity();
  if (frame.sheet && chosen) sight.value = revealing(frame.sheet, sight.value, chosen);
}

const selectedEntity = () => entities().find((one) => one.kind === selected.value?.kind && one.id === selected.value.id);

function entityAt(event: MouseEvent) {
  const { at } = frame;
  if (!at) return null;
  const drawn = entities().map((entity) => ({ ...entity, x: at.x(entity.x), y: at.y(entity.y) }));
  return nearestTo(drawn, { x: event.offsetX, y: event.offsetY }, REACH_PIXELS);
}

const DIRECTIONS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: 1 }, ArrowDown: { x: 0, y: -1 },
};
const ZOOMS: Record<string, () => void> = {
  "+": () => zoom(ZOOM_STEP), "=": () => zoom(ZOOM_STEP), "-": () => zoom(1 / ZOOM_STEP), "0": () => (sight.value = null),
};

function takeKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = DIRECTIONS[event.key];
  if (direction && event.shiftKey) drag({ x: -direction.x * PAN_PIXELS, y: direction.y * PAN_PIXELS });
  else if (direction) moveSelection(direction);
  else if (ZOOMS[event.key]) ZOOMS[event.key]?.();
  else return;
  event.preventDefault();
}

function moveSelection(direction: Point): void {
  const all = entities();
  const from = selectedEntity();
  const next = from ? nearestTowards(all, from, direction) : all[0];
  if (next) select({ kind: next.kind, id: next.id });
}
