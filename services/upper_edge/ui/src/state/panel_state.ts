// How far what a panel shows can be trusted to be current. Every panel's state comes from here, and nowhere else.

import { age } from "../words/format";

export type Name =
  | "empty" | "connecting" | "live" | "stale" | "paused" | "reconnecting" | "partial" | "finished" | "failed";

export interface Known {
  /** The event stream between this page and its server. */
  link: "connecting" | "open" | "lost";
  /** Seconds since the server last said anything; null before the first time. */
  silent_s: number | null;
  /** What the server says of its own link to the simulator; null before the first time. */
  connection: "connecting" | "live" | "stale" | "reconnecting" | null;
  /** Seconds since the server last heard of the simulator. */
  age_s: number | null;
  /** What the simulator's slot clock does. */
  run: string | null;
  /** Cells that have no agent now. */
  missing: readonly number[];
  /** Whether the panel has anything to show. */
  has_data: boolean;
  /** Why there is nothing to show or something is wrong with it; empty: all is well. */
  failure?: string;
  /** What to do about having nothing to show. */
  advice?: string;
}

export interface PanelState {
  name: Name;
  /** One short line for the badge. */
  text: string;
  /** What is shown is not of now, and must look so. */
  is_old: boolean;
  /** What to do; shown in place of an empty body. */
  advice: string;
}

export const SILENT_AFTER_S = 3;

/** The state of a panel, the gravest first. */
export function panelState(known: Known): PanelState {
  const shown = (name: Name, text: string, advice = ""): PanelState => ({
    name, text, advice, is_old: known.has_data && OLD.has(name),
  });
  const heard = known.age_s == null ? "" : `last update ${age(known.age_s)}`;
  if (known.failure) return shown("failed", known.failure, known.advice ?? known.failure);
  if (known.link === "connecting") return shown("connecting", "connecting to the server");
  if (known.link === "lost") return lost(known, shown, heard);
  if (known.silent_s != null && known.silent_s > SILENT_AFTER_S) return shown("stale", heard || "the server says nothing");
  if (known.connection == null || known.connection === "connecting") {
    return shown("connecting", "no simulator yet", "No simulator has been heard of. Start one with make run; this page connects by itself.");
  }
  if (known.connection === "reconnecting") return shown("reconnecting", heard, "The simulator does not answer; it is dialled again.");
  if (known.connection === "stale") return shown("stale", heard, "The simulator is connected but says nothing.");
  return ofRun(known, shown);
}

type Shown = (name: Name, text: string, advice?: string) => PanelState;

const OLD: ReadonlySet<Name> = new Set(["stale", "reconnecting", "failed", "connecting"]);

function lost(known: Known, shown: Shown, heard: string): PanelState {
  const advice = "This page has lost its server and tries again.";
  return known.has_data ? shown("reconnecting", heard, advice) : shown("connecting", "server not reached", advice);
}

function ofRun(known: Known, shown: Shown): PanelState {
  if (known.run === "finished") return shown("finished", "run finished", "Reset begins a new one.");
  if (known.run === "waiting") return shown("connecting", "waiting for agents", "The run begins when every cell has an agent.");
  if (!known.has_data) return shown("empty", "nothing yet", known.advice ?? "Waiting for the first slots.");
  if (known.run === "paused") return shown("paused", "paused");
  if (known.missing.length > 0) return shown("partial", `no agent at ${cellList(known.missing)}`);
  return shown("live", "live");
}

function cellList(cells: readonly number[]): string {
  const named = cells.slice(0, 3).join(", ");
  const more = cells.length > 3 ? ` and ${cells.length - 3} more` : "";
  return `${cells.length > 1 ? "cells" : "cell"} ${named}${more}`;
}
