// Commands up, and what became of them.

import { signal } from "@preact/signals";

import { number } from "../words/format";
import type { Applied, Problem } from "./types";

export type Command =
  | { command: "start" | "pause" }
  | { command: "step"; slots: number }
  | { command: "reset"; seed?: number }
  | { command: "payload"; payload_bytes: number }
  | { command: "policy"; digest: string }
  | { command: "scenario"; scenario: Record<string, unknown> };

export interface Outcome { text: string; is_refused: boolean }

/** What became of the last command. */
export const outcome = signal<Outcome | null>(null);
/** A command that has not been answered yet. */
export const isBusy = signal(false);
/** Whether the server asks for a token. */
export const wantsToken = signal(false);
export const token = signal("");

/** Sends one command; `outcome` says what became of it. */
export async function send(command: Command): Promise<void> {
  if (isBusy.value) return;
  isBusy.value = true;
  try {
    outcome.value = await post(command);
  } finally {
    isBusy.value = false;
  }
}

async function post(command: Command): Promise<Outcome> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  try {
    const answer = await fetch("/api/v1/control", { method: "POST", headers, body: JSON.stringify(command) });
    const told: unknown = await answer.json();
    wantsToken.value ||= answer.status === 401;
    return answer.ok ? applied(command, told as Applied) : refused(command, (told as Problem).detail);
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return refused(command, "the page's server does not answer");
    throw error;
  }
}

const applied = (command: Command, told: Applied): Outcome => ({
  text: `${command.command}: from slot ${number(told.slot)} of run ${number(told.run_epoch)}`,
  is_refused: false,
});

const refused = (command: Command, why: string): Outcome => ({ text: `${command.command} refused: ${why}`, is_refused: true });
