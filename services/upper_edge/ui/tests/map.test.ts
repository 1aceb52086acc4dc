import { describe, expect, test } from "vitest";

import type { Vehicles } from "../src/api/types";
import { Motion } from "../src/map/motion";
import { fit, scaleBar } from "../src/map/projection";
import { dragged, LARGEST, look, revealing, zoomedAt } from "../src/map/sight";
import { nearestTo, nearestTowards } from "../src/state/nearest";

const AREA = { min_x_m: 0, min_y_m: 0, max_x_m: 1299, max_y_m: 750 };
const SIZE = { width: 600, height: 400 };

describe("projection", () => {
  test("keeps the whole area within the margin, and a metre as long both ways", () => {
    for (const [width, height] of [[600, 400], [300, 900], [2000, 200]] as const) {
      const at = fit(AREA, { width, height }, 20);
      for (const x of [at.x(0), at.x(1299)]) expect(x >= 20 - 1e-9 && x <= width - 20 + 1e-9).toBe(true);
      for (const y of [at.y(0), at.y(750)]) expect(y >= 20 - 1e-9 && y <= height - 20 + 1e-9).toBe(true);
      expect(at.x(100) - at.x(0)).toBeCloseTo(at.y(0) - at.y(100), 9);
    }
  });
  test("north is up", () => expect(fit(AREA, SIZE, 20).y(750)).toBeLessThan(fit(AREA, SIZE, 20).y(0)));
  test("the scale bar is a round length that fits", () => {
    const at = fit(AREA, SIZE, 20);
    const bar = scaleBar(at, 110);
    expect(bar.length_m).toBe(200);
    expect(bar.pixels).toBeCloseTo(200 * at.pixels_per_m, 9);
  });
});

describe("the part of the map that is looked at", () => {
  const sheet = { area: AREA, size: SIZE, margin: 20 };
  const near = zoomedAt(sheet, null, { x: 300, y: 200 }, 4);
  test("keeps the ground under the pointer where it was", () => {
    for (const pixel of [{ x: 150, y: 120 }, { x: 400, y: 260 }]) {
      const [before, after] = [look(sheet, near), look(sheet, zoomedAt(sheet, near, pixel, 1.7))];
      expect(after.x(before.x_m(pixel.x))).toBeCloseTo(pixel.x, 6);
      expect(after.y(before.y_m(pixel.y))).toBeCloseTo(pixel.y, 6);
      expect(after.pixels_per_m).toBeCloseTo(1.7 * before.pixels_per_m, 9);
    }
  });
  test("is the whole again when it is shrunk as far as it was enlarged", () => expect(zoomedAt(sheet, near, { x: 10, y: 10 }, 0.25)).toBeNull());
  test("is enlarged up to a bound", () => expect(zoomedAt(sheet, near, { x: 10, y: 10 }, 1e6)?.scale).toBe(LARGEST));
  test("follows the hand that drags it", () => {
    const [before, after] = [look(sheet, near), look(sheet, dragged(sheet, near, { x: 30, y: -12 }))];
    expect(after.x(before.x_m(100))).toBeCloseTo(130, 6);
    expect(after.y(before.y_m(100))).toBeCloseTo(88, 6);
  });
  test("never leaves the area", () => expect(dragged(sheet, near, { x: -1e6, y: 1e6 })).toMatchObject({ x_m: 1299, y_m: 750 }));
  test("cannot be dragged while it is the whole", () => expect(dragged(sheet, null, { x: 30, y: 0 })).toBeNull());
  test("moves to what was selected out of sight, and only then", () => {
    expect(revealing(sheet, near, { x: 650, y: 375 })).toBe(near);
    expect(revealing(sheet, near, { x: 5, y: 5 })).toMatchObject({ scale: 4, x_m: 5, y_m: 5 });
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
