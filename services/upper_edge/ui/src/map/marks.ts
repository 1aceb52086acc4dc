// Shapes of things on the map: a sub-band's mark, vehicles, stations. Each is told apart by shape as well as by colour.

import type { Palette } from "../state/palette";

type Pen = CanvasRenderingContext2D;

/** A sub-band's mark: circle, square, triangle, diamond, and with a hole from the fifth on. */
export function bandMark(pen: Pen, band: number, x: number, y: number, size: number): void {
  pen.beginPath();
  if (band % 4 === 0) pen.arc(x, y, size, 0, 2 * Math.PI);
  if (band % 4 === 1) pen.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
  if (band % 4 === 2) polygon(pen, [[x, y - size * 1.2], [x + size * 1.1, y + size * 0.8], [x - size * 1.1, y + size * 0.8]]);
  if (band % 4 === 3) polygon(pen, [[x, y - size * 1.3], [x + size * 1.3, y], [x, y + size * 1.3], [x - size * 1.3, y]]);
  pen.fill();
  if (band >= 4) {
    pen.globalCompositeOperation = "destination-out";
    pen.beginPath();
    pen.arc(x, y, size * 0.4, 0, 2 * Math.PI);
    pen.fill();
    pen.globalCompositeOperation = "source-over";
  }
}

function polygon(pen: Pen, corners: readonly (readonly [number, number])[]): void {
  corners.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.closePath();
}

/** An arrowhead that points where the vehicle goes; headings clockwise from north. */
export function vehicleMark(pen: Pen, x: number, y: number, heading_deg: number, size: number): void {
  const angle = (heading_deg * Math.PI) / 180;
  const [forward_x, forward_y] = [Math.sin(angle) * size, -Math.cos(angle) * size];
  pen.moveTo(x + forward_x * 1.3, y + forward_y * 1.3);
  pen.lineTo(x - forward_x * 0.9 - forward_y * 0.8, y - forward_y * 0.9 + forward_x * 0.8);
  pen.lineTo(x - forward_x * 0.4, y - forward_y * 0.4);
  pen.lineTo(x - forward_x * 0.9 + forward_y * 0.8, y - forward_y * 0.9 - forward_x * 0.8);
  pen.closePath();
}

export interface Badge { x: number; y: number; fill: string; text: string; name: string; is_away: boolean; is_selected: boolean }

const HALF = 11;

/** A small cell: the number of its option in a square of the option's colour, its name below. */
export function cellBadge(pen: Pen, badge: Badge, colours: Palette): void {
  const { x, y } = badge;
  pen.lineWidth = badge.is_selected ? 3 : 1.5;
  pen.strokeStyle = badge.is_selected ? colours.accent : badge.is_away ? colours.bad : colours.text;
  pen.setLineDash(badge.is_away ? [3, 2] : []);
  pen.fillStyle = badge.is_away ? colours.panel : badge.fill;
  pen.beginPath();
  pen.roundRect(x - HALF, y - HALF, 2 * HALF, 2 * HALF, 4);
  pen.fill();
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = badge.is_away ? colours.bad : colours.ink;
  label(pen, badge.is_away ? "✕" : badge.text, x, y + 0.5, "600 13px");
  haloed(pen, badge.name, x, y + HALF + 9, colours);
}

/** The macro station: a mast. */
export function mastMark(pen: Pen, x: number, y: number, colours: Palette): void {
  pen.fillStyle = colours.text;
  pen.strokeStyle = colours.panel;
  pen.lineWidth = 2;
  pen.beginPath();
  polygon(pen, [[x, y - 13], [x + 10, y + 9], [x - 10, y + 9]]);
  pen.stroke();
  pen.fill();
  haloed(pen, "MBS", x, y + 19, colours);
}

function label(pen: Pen, text: string, x: number, y: number, font: string): void {
  pen.font = `${font} system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, x, y);
}

/** Text that stays readable over roads and links. */
export function haloed(pen: Pen, text: string, x: number, y: number, colours: Palette): void {
  pen.font = "11px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = colours.panel;
  pen.strokeText(text, x, y);
  pen.fillStyle = colours.text;
  pen.fillText(text, x, y);
}
