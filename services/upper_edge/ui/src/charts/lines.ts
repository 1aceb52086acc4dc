// What a time chart draws, before it is drawn.

import type { Table, Value } from "../words/table";

export interface Line {
  name: string;
  values: readonly (number | null | undefined)[];
  colour: string;
  dash?: number[];
  width?: number;
  /** Fills down to the line before it (stacked), or to zero. */
  is_filled?: boolean;
  /** Joins what is known over what is not, and marks each point that is known. */
  spans_gaps?: boolean;
}

/** Running sums, so that areas stand on each other; what is not known counts as nothing. */
export function stacked(lines: readonly Line[]): Line[] {
  let below: number[] = [];
  return lines.map((line) => {
    below = line.values.map((value, i) => (below[i] ?? 0) + (value ?? 0));
    return { ...line, values: below, is_filled: true };
  });
}

/** Index of the time nearest to `time_s`; -1 where there are none. `times_s` rise. */
export function nearestIndex(times_s: readonly (number | null)[], time_s: number): number {
  let low = 0;
  let high = times_s.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times_s[middle] ?? 0) <= time_s) low = middle;
    else high = middle;
  }
  if (high < 0) return -1;
  return Math.abs((times_s[high] ?? 0) - time_s) < Math.abs(time_s - (times_s[low] ?? 0)) ? high : low;
}

/** The point that is read off: under the crosshair, else the latest; -1 before the first. */
export function readIndex(times_s: readonly (number | null)[], scrubbed_s: number | null): number {
  return scrubbed_s == null ? times_s.length - 1 : nearestIndex(times_s, scrubbed_s);
}

/** The chart as a table, times down, lines across. */
export function tableOf(times_s: readonly (number | null)[], lines: readonly Line[], unit: string, factor = 1): Table {
  const scaled = (value: number | null | undefined): Value => (value == null ? null : value * factor);
  return {
    columns: [{ name: "Simulated time", unit: "s" }, ...lines.map((line) => ({ name: line.name, unit }))],
    rows: times_s.map((time, i) => [time, ...lines.map((line) => scaled(line.values[i]))]).reverse(),
  };
}
