// Metres on the ground to pixels of the canvas and back; north is up, and a metre is as long both ways.

import { roundBelow } from "../words/ticks";

export interface Area { min_x_m: number; min_y_m: number; max_x_m: number; max_y_m: number }
export interface Size { width: number; height: number }

export interface Projection {
  pixels_per_m: number;
  x: (x_m: number) => number;
  y: (y_m: number) => number;
  x_m: (x: number) => number;
  y_m: (y: number) => number;
}

/** A place of the ground in the middle of the canvas. */
export function centred(x_m: number, y_m: number, pixels_per_m: number, { width, height }: Size): Projection {
  return {
    pixels_per_m,
    x: (east_m) => width / 2 + (east_m - x_m) * pixels_per_m,
    y: (north_m) => height / 2 - (north_m - y_m) * pixels_per_m,
    x_m: (x) => x_m + (x - width / 2) / pixels_per_m,
    y_m: (y) => y_m - (y - height / 2) / pixels_per_m,
  };
}

/** The whole area in a canvas of this size, in the middle, with a margin all round. */
export function fit(area: Area, size: Size, margin: number): Projection {
  const wide_m = Math.max(area.max_x_m - area.min_x_m, 1);
  const tall_m = Math.max(area.max_y_m - area.min_y_m, 1);
  const pixels_per_m = Math.max(Math.min((size.width - 2 * margin) / wide_m, (size.height - 2 * margin) / tall_m), 1e-6);
  return centred((area.min_x_m + area.max_x_m) / 2, (area.min_y_m + area.max_y_m) / 2, pixels_per_m, size);
}

/** A round length in metres that is at most so many pixels long. */
export function scaleBar(projection: Projection, longest: number): { length_m: number; pixels: number } {
  const length_m = roundBelow(longest / projection.pixels_per_m);
  return { length_m, pixels: length_m * projection.pixels_per_m };
}
