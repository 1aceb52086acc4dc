// Words for when a number is of: never "now" unless it is.

import { pageState, scrubbed_s } from "../state/store";
import { simulated } from "../words/format";

/** Of when the numbers beside a chart are. */
export function moment(): string {
  if (scrubbed_s.value != null) return `at ${simulated(scrubbed_s.value)}`;
  const state = pageState.value;
  if (state.name === "live" || state.name === "partial") return "now";
  return state.is_old || state.name === "stale" ? "at the last update" : "in the latest slots";
}
