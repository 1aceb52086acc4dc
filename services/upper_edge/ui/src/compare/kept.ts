// The runs that were kept, and the whole of those that are compared.

import { computed, effect, signal } from "@preact/signals";

import { read, ReadError } from "../api/read";
import type { RunDetail, Runs } from "../api/types";
import { comparedRuns, status } from "../state/store";

export const runs = signal<Runs | null>(null);
export const details = signal<ReadonlyMap<string, RunDetail>>(new Map());
/** Why there are no runs to show; empty: there are. */
export const failure = signal("");

const PERIOD_MS = 5000;
export const MAX_COMPARED = 6;

// Of the status only what changes with the run: the status itself is new ten times a second.
const epoch = computed(() => status.value?.run_epoch ?? null);

/** Reads the list now, with each run, and every few seconds; the picked runs with it. */
export function followRuns(): void {
  effect(() => {
    void epoch.value;
    void refresh();
  });
  setInterval(() => document.visibilityState === "visible" && void refresh(), PERIOD_MS);
  effect(() => {
    for (const id of comparedRuns.value) void readDetail(id);
  });
}

async function refresh(): Promise<void> {
  try {
    runs.value = await read<Runs>("runs");
    failure.value = "";
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    failure.value = error.message;
  }
  const current = runs.value?.current;
  if (current && comparedRuns.value.includes(current)) await readDetail(current, true);
}

async function readDetail(id: string, isAgain = false): Promise<void> {
  if (!isAgain && details.peek().has(id)) return;
  try {
    const told = await read<RunDetail>(`runs/${encodeURIComponent(id)}`);
    details.value = new Map([...details.value, [id, told]]);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    failure.value = error.message;
  }
}

/** Compares a run, or no longer; at most six at a time. */
export function toggleRun(id: string): void {
  const picked = comparedRuns.value;
  if (picked.includes(id)) comparedRuns.value = picked.filter((one) => one !== id);
  else if (picked.length < MAX_COMPARED) comparedRuns.value = [...picked, id];
}
