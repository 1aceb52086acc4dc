// What stands still on the map, drawn once for a size and a theme and then only copied.

import type { GroundMap } from "../api/types";
import type { Palette } from "../state/palette";
import type { Projection } from "./projection";

/** A picture of the roads, as large as the canvas that it is for. */
export function drawGround(ground: GroundMap, at: Projection, canvas: HTMLCanvasElement, colours: Palette): HTMLCanvasElement {
  const picture = document.createElement("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height;
  const pen = picture.getContext("2d");
  if (!pen) return picture;
  pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  pen.strokeStyle = pen.fillStyle = colours.road;
  for (const road of ground.roads) {
    pen.lineWidth = Math.max(road.width_m * at.pixels_per_m, 4);
    pen.beginPath();
    pen.moveTo(at.x(road.x1_m), at.y(road.y1_m));
    pen.lineTo(at.x(road.x2_m), at.y(road.y2_m));
    pen.stroke();
  }
  const size = Math.max(5 * at.pixels_per_m, 1.5);
  ground.seen_x_m.forEach((x_m, i) => pen.fillRect(at.x(x_m) - size / 2, at.y(ground.seen_y_m[i] ?? 0) - size / 2, size, size));
  return picture;
}
