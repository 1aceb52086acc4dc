// Several runs on the same axes: their mean, and how far it can be trusted.

export interface Estimate { mean: number; low: number; high: number; count: number }

/** Two-sided 95 % quantiles of Student's t by degrees of freedom, from 1. */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086,
  2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Mean and its 95 % interval by Student's t, of those that are known; null where none is. One value has no interval: low = high. */
export function estimate(values: readonly (number | null | undefined)[]): Estimate | null {
  const known = values.filter((value): value is number => value != null && Number.isFinite(value));
  if (known.length === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return { mean, low: mean, high: mean, count: 1 };
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1);
  const reach = (T_95[known.length - 2] ?? 1.96) * Math.sqrt(variance / known.length);
  return { mean, low: mean - reach, high: mean + reach, count: known.length };
}

export interface Curve { times_s: readonly (number | null)[]; values: readonly (number | null)[] }

/** A grid of times from the first to the last of all curves. */
export function commonTimes(curves: readonly Curve[], points: number): number[] {
  const last = Math.max(0, ...curves.map((curve) => curve.times_s.at(-1) ?? 0));
  return last > 0 ? Array.from({ length: points }, (_, i) => ((i + 1) / points) * last) : [];
}

/**
 * The curve's values at these times. A value holds from the time before it up to its own, as it is a mean over that stretch;
 * null before the first and after the last.
 */
export function resampled(curve: Curve, times_s: readonly number[]): (number | null)[] {
  let at = 0;
  return times_s.map((time) => {
    while (at < curve.times_s.length && (curve.times_s[at] ?? 0) < time - 1e-9) at += 1;
    return curve.values[at] ?? null;
  });
}
