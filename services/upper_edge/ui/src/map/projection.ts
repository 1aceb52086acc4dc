// Metres on the ground to pixels of the canvas; north is up, and a metre is as long both ways.

import { roundBelow } from "../words/ticks";

export interface Area { min_x_m: number; min_y_m: number; max_x_m: number; max_y_m: number }

export interface Projection {
  pixels_per_m: number;
  x: (x_m: number) => number;
  y: (y_m: number) => number;
}

/** The whole area in a canvas of this size, in the middle, with a margin all round. */
export function fit(area: Area, width: number, height: number, margin: number): Projection {
  const wide_m = Math.max(area.max_x_m - area.min_x_m, 1);
  const tall_m = Math.max(area.max_y_m - area.min_y_m, 1);
  const pixels_per_m = Math.max(Math.min((width - 2 * margin) / wide_m, (height - 2 * margin) / tall_m), 1e-6);
  const left = (width - wide_m * pixels_per_m) / 2;
  const top = (height - tall_m * pixels_per_m) / 2;
  return {
    pixels_per_m,
    x: (x_m) => left + (x_m - area.min_x_m) * pixels_per_m,
    y: (y_m) => top + (area.max_y_m - y_m) * pixels_per_m,
  };
}

/** A round length in metres that is at most so many pixels long. */
export function scaleBar(projection: Projection, longest: number): { length_m: number; pixels: number } {
  const length_m = roundBelow(longest / projection.pixels_per_m);
  return { length_m, pixels: length_m * projection.pixels_per_m };
}
