// The event stream: the newest state, as the server tells it. What is missed is gone; there is never a backlog.

import { batch, effect } from "@preact/signals";

import { cells, decision, heardCell, events, heardAt_ms, link, now_ms, series, span, spectrum, status, vehicles } from "../state/store";
import type { Decision, Series, Snapshot, Status } from "./types";

const RETRY_MS = 1000;
let source: EventSource | null = null;

/** Reads the stream from now on, anew whenever what is asked for changes. */
export function follow(): void {
  effect(() => connect(`/api/v1/stream?span=${span.value}&cell=${heardCell.value}`));
}

function connect(address: string): void {
  source?.close();
  const opened = (source = new EventSource(address));
  listen(opened, "snapshot", takeSnapshot);
  listen(opened, "decision", (told: Decision) => (decision.value = told));
  listen(opened, "series", (told: Series) => {
    series.value = told;
    events.value = told.events.events;
  });
  opened.addEventListener("error", () => {
    link.value = "lost";
    // The browser dials again by itself, unless it was refused.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => opened === source && connect(address), RETRY_MS);
  });
}

function listen<Told>(from: EventSource, name: string, take: (told: Told) => void): void {
  from.addEventListener(name, (event: MessageEvent<string>) => {
    if (from !== source) return;
    const told = JSON.parse(event.data) as Told;
    batch(() => {
      take(told);
      heardAt_ms.value = now_ms.value = performance.now();
      link.value = "open";
    });
  });
}

function takeSnapshot(told: Snapshot): void {
  forgetEarlierRun(told.status);
  status.value = told.status;
  cells.value = told.cells;
  vehicles.value = told.vehicles;
  spectrum.value = told.spectrum;
}

/** Series of one run are never shown beside the state of another. */
function forgetEarlierRun(told: Status): void {
  if (series.value && series.value.capacity.run_epoch !== told.run_epoch) series.value = null;
  if (decision.value && decision.value.run_epoch !== told.run_epoch) decision.value = null;
}
