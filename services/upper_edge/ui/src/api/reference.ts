// What changes with the run and not with the slot: the map's ground, the policies, the scenarios. Read anew with each run.

import { effect, signal, type Signal } from "@preact/signals";

import { status } from "../state/store";
import { read, ReadError } from "./read";
import type { GroundMap, Policies, Scenarios } from "./types";

export const ground = signal<GroundMap | null>(null);
export const policies = signal<Policies | null>(null);
export const scenarios = signal<Scenarios | null>(null);

const RETRY_MS = 2000;
const TRACE_PERIOD_MS = 5000;

/** Keeps these readings up to date. */
export function followReference(): void {
  // Before the first word of the run too, so that the ground is there with the first vehicles.
  void fill(ground, "map", () => ground.value == null);
  let epoch: number | null = null;
  effect(() => {
    const run_epoch = status.value?.run_epoch ?? null;
    if (run_epoch === epoch) return;
    epoch = run_epoch;
    void fill(ground, "map", () => epoch === run_epoch);
    void fill(policies, "policies", () => epoch === run_epoch);
    void fill(scenarios, "scenarios", () => epoch === run_epoch);
  });
  // On a trace the ground is what has been seen of it so far, and it grows.
  setInterval(() => ground.value?.mobility === "trace" && void fill(ground, "map", () => true), TRACE_PERIOD_MS);
}

async function fill<Told>(place: Signal<Told | null>, path: string, isWanted: () => boolean): Promise<void> {
  try {
    const told = await read<Told>(path);
    if (isWanted()) place.value = told;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    setTimeout(() => isWanted() && void fill(place, path, isWanted), RETRY_MS);
  }
}
