// What runs are compared by.

import { bitrate, bytesPerSlot, duration, number, percent } from "../words/format";
import type { View } from "../state/view";
import type { RunSeriesKept, RunSummary } from "../api/types";

export interface Measure {
  id: View["runs_by"];
  name: string;
  unit: string;
  /** From the unit of the wire to that of tables. */
  factor: number;
  /** Least end of the axis; a share has its own. */
  least: number;
  is_share?: boolean;
  summary: (run: RunSummary) => number | null;
  values: (series: RunSeriesKept) => readonly (number | null)[];
  text: (value: number | null | undefined) => string;
  tick: (value: number) => string;
}

const sums = (one: readonly (number | null)[], other: readonly (number | null)[]) => one.map((value, i) => (value ?? 0) + (other[i] ?? 0));

export const MEASURES: readonly Measure[] = [
  {
    id: "capacity", name: "sum capacity", unit: "Mbit/s", factor: 1e-6, least: 1e6,
    summary: (run) => run.mean_capacity_bps, values: (series) => series.sum_capacity_bps,
    text: bitrate, tick: (bps) => number(bps / 1e6),
  },
  {
    id: "success", name: "delivery success", unit: "%", factor: 100, least: 1, is_share: true,
    summary: (run) => run.delivery_success, values: (series) => series.delivery_success,
    text: percent, tick: (share) => number(share * 100),
  },
  {
    id: "time", name: "time to deliver", unit: "ms", factor: 1e3, least: 1e-3,
    summary: (run) => run.time_to_deliver_s, values: (series) => series.time_to_deliver_s,
    text: duration, tick: (seconds) => number(seconds * 1e3),
  },
  {
    id: "signalling", name: "signalling, link layer", unit: "B/slot", factor: 1, least: 1,
    summary: (run) => run.link_bytes_per_slot,
    values: (series) => sums(series.signalling_up_bytes_per_slot, series.signalling_down_bytes_per_slot),
    text: bytesPerSlot, tick: (value) => number(value),
  },
];
