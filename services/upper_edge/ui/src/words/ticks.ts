// Round lengths for scales.

/** The longest of 1, 2, 5 x 10^n that is at most `limit`. */
export function roundBelow(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  const factor = [5, 2, 1].find((candidate) => candidate * power <= limit * (1 + 1e-12)) ?? 1;
  return factor * power;
}

/** A round value a little above all of these, at least `least`: where an axis ends. */
export function roundAbove(values: Iterable<number | null | undefined>, least: number): number {
  let highest = least;
  for (const value of values) if (value != null && value > highest) highest = value;
  const wanted = highest * 1.08;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = wanted < 2 * power ? power / 5 : power / 2;
  return Math.ceil(wanted / step - 1e-9) * step;
}
