import { useSignal } from "@preact/signals";

import { isBusy, outcome, send, token, wantsToken } from "../api/control";
import { policies, scenarios } from "../api/reference";
import { Choice } from "../parts/choice";
import { isReachable, resetView, span, status, zoom, scrubbed_s } from "../state/store";

const SPANS = [["recent", "last minute"], ["run", "whole run"]] as const;

/** What the run is told from here. Every command is answered with the slot that it holds from. */
export function Controls() {
  const run = status.value?.run;
  const can = (states: readonly string[]) => isReachable.value && !isBusy.value && states.includes(run?.state ?? "");
  return (
    <form class="controls" aria-label="Run controls" onSubmit={(event) => event.preventDefault()}>
      <div class="group">
        <button type="button" class="main" aria-keyshortcuts="Space" disabled={!can(["paused", "running"])} onClick={startOrPause}>
          <span aria-hidden="true">{run?.state === "paused" ? "▶" : "❚❚"}</span> {run?.state === "paused" ? "Start" : "Pause"}
        </button>
      </div>
      <Numbered id="step-slots" label="Slots" button="Step" initial="1" least={1} most={100_000} shortcut="."
        isEnabled={can(["paused"])} take={(slots) => send({ command: "step", slots })} />
      <Numbered id="payload-kilobytes" label="Payload, kB" button="Set" initial="" least={0} most={1_000_000} step="any"
        hint={run ? String(run.payload_bytes / 1000) : ""} isEnabled={can(["paused", "running"])}
        take={(kilobytes) => send({ command: "payload", payload_bytes: kilobytes * 1000 })} />
      <Picked id="scenario" label="Scenario" isEnabled={can(ANY)} current={run?.scenario ?? ""}
        choices={(scenarios.value?.scenarios ?? []).map((one) => ({ value: one.name, name: one.name }))}
        take={(name) => send({ command: "scenario", scenario: scenarioOf(name) })} />
      <Picked id="policy" label="Policy" isEnabled={can(ANY)} current={run?.policy_digest ?? ""}
        choices={(policies.value?.policies ?? []).map((one) => ({ value: one.digest, name: one.name, why_not: one.misfit }))}
        take={(chosen) => send({ command: "policy", digest: chosen })} />
      <Numbered id="reset-seed" label="Seed" button="Reset" initial="" least={1} most={Number.MAX_SAFE_INTEGER}
        hint={run ? String(run.seed) : ""} isEnabled={can(ANY)} isOptional
        take={(seed) => send(Number.isNaN(seed) ? { command: "reset" } : { command: "reset", seed })} />
      {(wantsToken.value || status.value?.needs_token) && (
        <div class="group">
          <label for="token">Token</label>
          <input id="token" type="password" autocomplete="off" value={token.value} onInput={(event) => (token.value = event.currentTarget.value)} />
        </div>
      )}
      <div class="group end">
        {outcome.value && <output class={outcome.value.is_refused ? "refused" : ""}>{outcome.value.text}</output>}
        {(zoom.value || scrubbed_s.value != null) && <button type="button" onClick={resetView}>Reset view</button>}
        <Choice label="Charts show" value={span.value} choices={SPANS} take={(chosen) => { span.value = chosen; zoom.value = null; }} />
      </div>
    </form>
  );
}

const ANY = ["running", "paused", "finished", "waiting"];

/** Pauses a run, or lets it go on. */
export function startOrPause(): void {
  const state = status.value?.run?.state;
  if (isReachable.value && (state === "paused" || state === "running")) void send({ command: state === "paused" ? "start" : "pause" });
}

/** Advances a paused run by the slots that stand in the header. */
export function step(): void {
  document.querySelector<HTMLButtonElement>("#step-slots-send:not(:disabled)")?.click();
}

interface NumberedProps {
  id: string; label: string; button: string; initial: string; least: number; most: number; isEnabled: boolean;
  step?: string; hint?: string; shortcut?: string; isOptional?: boolean;
  take: (value: number) => void;
}

function Numbered(props: NumberedProps) {
  const text = useSignal(props.initial);
  const submit = () => {
    const input = document.querySelector<HTMLInputElement>(`#${props.id}`);
    if (input?.reportValidity()) props.take(text.value === "" ? Number.NaN : Number(text.value));
  };
  return (
    <div class="group">
      <label for={props.id}>{props.label}</label>
      <input id={props.id} type="number" min={props.least} max={props.most} step={props.step ?? "1"} required={!props.isOptional}
        placeholder={props.hint} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && props.isEnabled && submit()} />
      <button type="button" id={`${props.id}-send`} disabled={!props.isEnabled} aria-keyshortcuts={props.shortcut} onClick={submit}>{props.button}</button>
    </div>
  );
}

interface PickedProps {
  id: string; label: string; current: string; isEnabled: boolean;
  choices: readonly { value: string; name: string; why_not?: string }[];
  take: (value: string) => void;
}

/** A choice that begins a new run: it is taken only when it is confirmed. */
function Picked({ id, label, current, choices, isEnabled, take }: PickedProps) {
  const chosen = useSignal<string | null>(null);
  const value = chosen.value ?? current;
  const isKnown = choices.some((choice) => choice.value === current);
  return (
    <div class="group">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
        {!isKnown && <option value={current}>{current ? current.slice(0, 14) : "–"}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} disabled={Boolean(choice.why_not)} title={choice.why_not}>{choice.name}</option>
        ))}
      </select>
      {value !== current && (
        <button type="button" disabled={!isEnabled} onClick={() => { take(value); chosen.value = null; }}>New run</button>
      )}
    </div>
  );
}

const scenarioOf = (name: string): Record<string, unknown> =>
  scenarios.value?.scenarios.find((one) => one.name === name)?.scenario ?? { name };
