import { describe, expect, test } from "vitest";

import type { Vehicles } from "../src/api/types";
import { Motion } from "../src/map/motion";
import { fit, scaleBar } from "../src/map/projection";
import { nearestTo, nearestTowards } from "../src/state/nearest";

const AREA = { min_x_m: 0, min_y_m: 0, max_x_m: 1299, max_y_m: 750 };

describe("projection", () => {
  test("keeps the whole area within the margin, and a metre as long both ways", () => {
    for (const [width, height] of [[600, 400], [300, 900], [2000, 200]] as const) {
      const at = fit(AREA, width, height, 20);
      for (const x of [at.x(0), at.x(1299)]) expect(x >= 20 - 1e-9 && x <= width - 20 + 1e-9).toBe(true);
      for (const y of [at.y(0), at.y(750)]) expect(y >= 20 - 1e-9 && y <= height - 20 + 1e-9).toBe(true);
      expect(at.x(100) - at.x(0)).toBeCloseTo(at.y(0) - at.y(100), 9);
    }
  });
  test("north is up", () => expect(fit(AREA, 600, 400, 20).y(750)).toBeLessThan(fit(AREA, 600, 400, 20).y(0)));
  test("the scale bar is a round length that fits", () => {
    const at = fit(AREA, 600, 400, 20);
    const bar = scaleBar(at, 110);
    expect(bar.length_m).toBe(200);
    expect(bar.pixels).toBeCloseTo(200 * at.pixels_per_m, 9);
  });
});

const seen = (...places: [string, number, number][]) =>
  ({ id: places.map(([id]) => id), x_m: places.map(([, x]) => x), y_m: places.map(([, , y]) => y) }) as unknown as Vehicles;

describe("motion between snapshots", () => {
  const moved = () => {
    const motion = new Motion();
    motion.take(seen(["a", 0, 0], ["far", 1299, 0]), 1000);
    motion.take(seen(["a", 10, 20], ["far", 1, 0], ["new", 5, 5]), 1100);
    return motion;
  };
  test("is straight, and takes as long as the snapshots are apart", () => {
    expect(moved().at(1150).x_m[0]).toBeCloseTo(5, 9);
    expect(moved().at(1150).y_m[0]).toBeCloseTo(10, 9);
    expect(moved().at(1200).x_m[0]).toBe(10);
    expect(moved().isMoving(1199)).toBe(true);
    expect(moved().isMoving(1200)).toBe(false);
  });
  test("never crosses the map: who re-enters opposite, or is new, is there at once", () => expect(moved().at(1101).x_m.slice(1)).toEqual([1, 5]));
});

describe("what lies nearest", () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 1 }, { x: 10, y: 9 }, { x: -3, y: 0 }];
  test.each([[1, 0, 1], [-1, 0, 3], [0, 1, null]])("from the first towards (%d, %d)", (x, y, index) =>
    expect(nearestTowards(points, { x: 0, y: 0 }, { x, y })).toBe(index == null ? null : points[index]));
  test("within reach only", () => {
    expect(nearestTo(points, { x: 9, y: 2 }, 5)).toBe(points[1]);
    expect(nearestTo(points, { x: 100, y: 100 }, 5)).toBeNull();
  });
});
