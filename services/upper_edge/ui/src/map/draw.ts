// One frame of the map.

import type { CellState, GroundMap, ServedLink, Vehicles } from "../api/types";
import { lineColour, optionColour, type Palette } from "../state/palette";
import type { Selection } from "../state/view";
import { metres } from "../words/format";
import { bandMark, cellBadge, haloed, mastMark, vehicleMark } from "./marks";
import type { Places } from "./motion";
import { scaleBar, type Projection } from "./projection";

export interface Scene {
  ground: GroundMap;
  cells: readonly CellState[];
  vehicles: Vehicles;
  places: Places;
  selected: Selection | null;
}

type Pen = CanvasRenderingContext2D;
/** Pixels of half a vehicle: to scale where the map is enlarged enough for it, but never too small to see. */
const vehicleSize = (at: Projection): number => Math.min(Math.max(6, 2.5 * at.pixels_per_m), 14);

/** Links below, then vehicles, then stations; the selection last. */
export function drawScene(pen: Pen, scene: Scene, at: Projection, colours: Palette, height: number): void {
  for (const link of scene.vehicles.links) drawLink(pen, link, scene, at, colours);
  drawVehicles(pen, scene, at, colours);
  for (const site of scene.ground.sites) if (site.kind === "mbs") mastMark(pen, at.x(site.x_m), at.y(site.y_m), colours);
  for (const cell of scene.cells) drawCell(pen, cell, scene.selected, at, colours);
  drawScaleBar(pen, at, colours, height);
}

function drawLink(pen: Pen, link: ServedLink, { ground, places }: Scene, at: Projection, colours: Palette): void {
  const site = ground.sites.find((one) => one.cell === (link.station ?? link.cell));
  const [x_m, y_m] = [places.x_m[link.vehicle], places.y_m[link.vehicle]];
  if (!site || x_m == null || y_m == null) return;
  const [from_x, from_y, to_x, to_y] = [at.x(x_m), at.y(y_m), at.x(site.x_m), at.y(site.y_m)];
  pen.beginPath();
  pen.moveTo(from_x, from_y);
  pen.lineTo(to_x, to_y);
  if (!link.is_active || link.band == null) {
    pen.strokeStyle = colours.soft;
    pen.lineWidth = 0.75;
    pen.setLineDash([2, 4]);
    pen.stroke();
    pen.setLineDash([]);
    return;
  }
  pen.strokeStyle = pen.fillStyle = lineColour(colours, link.band);
  pen.lineWidth = linkWidth(link.capacity_bps);
  pen.stroke();
  bandMark(pen, link.band, (from_x + to_x) / 2, (from_y + to_y) / 2, 5);
}

/** Pixels for a capacity: 1 at nothing, 6 from 15 Mbit/s on. */
export const linkWidth = (capacity_bps: number | null): number => 1 + 5 * Math.min((capacity_bps ?? 0) / 15e6, 1);

function drawVehicles(pen: Pen, scene: Scene, at: Projection, colours: Palette): void {
  const { vehicles, places, selected } = scene;
  const size = vehicleSize(at);
  const mark = (i: number) =>
    vehicleMark(pen, at.x(places.x_m[i] ?? 0), at.y(places.y_m[i] ?? 0), vehicles.heading_deg[i] ?? 0, size);
  const indices = [...vehicles.cell.keys()];
  pen.lineWidth = 1;
  pen.strokeStyle = colours.soft;
  inPaths(pen, indices.filter((i) => (vehicles.cell[i] ?? -1) < 0), mark, () => pen.stroke());
  pen.strokeStyle = colours.panel;
  pen.fillStyle = colours.text;
  inPaths(pen, indices.filter((i) => (vehicles.cell[i] ?? -1) >= 0), mark, () => (pen.fill(), pen.stroke()));
  const index = selected?.kind === "vehicle" ? vehicles.id.indexOf(selected.id) : -1;
  if (index < 0) return;
  const [x, y] = [at.x(places.x_m[index] ?? 0), at.y(places.y_m[index] ?? 0)];
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.arc(x, y, size + 6, 0, 2 * Math.PI);
  pen.stroke();
  haloed(pen, selected?.id ?? "", x, y - size - 14, colours);
}

// Without a GPU, filling takes thrice as long as stroking, and one path of hundreds of marks twice as long as many of twenty.
const MARKS_A_PATH = 20;

function inPaths(pen: Pen, indices: readonly number[], mark: (i: number) => void, finish: () => void): void {
  for (let first = 0; first < indices.length; first += MARKS_A_PATH) {
    pen.beginPath();
    indices.slice(first, first + MARKS_A_PATH).forEach(mark);
    finish();
  }
}

function drawCell(pen: Pen, cell: CellState, selected: Selection | null, at: Projection, colours: Palette): void {
  const badge = {
    x: at.x(cell.x_m),
    y: at.y(cell.y_m),
    fill: cell.option == null ? colours.panel : optionColour(colours, cell.option),
    text: cell.option == null ? "–" : String(cell.option),
    name: `cell ${cell.cell}`,
    is_away: !cell.is_attached,
    is_selected: selected?.kind === "cell" && selected.id === String(cell.cell),
  };
  cellBadge(pen, badge, colours);
}

function drawScaleBar(pen: Pen, at: Projection, colours: Palette, height: number): void {
  const bar = scaleBar(at, 110);
  const [left, bottom] = [12, height - 10];
  pen.strokeStyle = colours.soft;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(left, bottom - 5);
  pen.lineTo(left, bottom);
  pen.lineTo(left + bar.pixels, bottom);
  pen.lineTo(left + bar.pixels, bottom - 5);
  pen.stroke();
  haloed(pen, metres(bar.length_m), left + bar.pixels / 2, bottom - 9, colours);
}
