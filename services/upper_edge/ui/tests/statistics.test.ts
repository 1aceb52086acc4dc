import { describe, expect, test } from "vitest";

import { commonTimes, estimate, resampled } from "../src/compare/statistics";

describe("several runs", () => {
  test("mean and 95 % interval are Student's t", () => {
    // n = 3, s = 1: t(2) = 4.303, so the half width is 4.303 / sqrt(3).
    const found = estimate([1, 2, 3]);
    expect(found?.mean).toBe(2);
    expect(found?.high).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 9);
    expect(found?.low).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 9);
  });
  test("many runs approach the normal distribution", () => {
    const found = estimate(Array.from({ length: 100 }, (_, i) => i % 2));
    expect((found?.high ?? 0) - 0.5).toBeCloseTo(1.96 * Math.sqrt(0.25 / 99), 4);
  });
  test("one run has no interval, none has no mean", () => {
    expect(estimate([5, null])).toEqual({ mean: 5, low: 5, high: 5, count: 1 });
    expect(estimate([null, undefined, Number.NaN])).toBeNull();
  });
  test("a value holds for the stretch up to its time, and not beyond the last", () =>
    expect(resampled({ times_s: [1, 2], values: [10, 20] }, [0.5, 1, 1.5, 2, 2.5])).toEqual([10, 10, 20, 20, null]));
  test("the common axis reaches to the end of the longest", () =>
    expect(commonTimes([{ times_s: [1, 2], values: [] }, { times_s: [4], values: [] }], 4)).toEqual([1, 2, 3, 4]));
});
