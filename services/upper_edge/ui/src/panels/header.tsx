import type { Name, PanelState } from "../state/panel_state";
import { theme, themeChoice, turnTheme } from "../state/palette";
import { pageState, status } from "../state/store";
import { StateBadge } from "../parts/state_badge";
import { bytes, digest, number, simulated } from "../words/format";
import type { RunStatus, ServiceStatus } from "../api/types";
import { Controls } from "./controls";
import { isHelpShown } from "./help";

/** The run at a glance, the services' health, the controls and the theme. */
export function Header() {
  const told = status.value;
  const state = pageState.value;
  return (
    <header class={`page-header ${state.is_old ? "old" : ""}`} data-state={state.name}>
      <div class="glance">
        <h1>HierCoop</h1>
        <div role="status"><StateBadge state={state} is_short={false} /></div>
        {told?.run && <Facts run={told.run} />}
        <Health services={told?.services ?? []} />
        <div class="corner">
          <button type="button" onClick={turnTheme} aria-label={`Theme: ${themeChoice.value}; change it`}>
            <span aria-hidden="true">{theme.value === "dark" ? "☾" : "☀"}</span> {themeChoice.value}
          </button>
          <button type="button" aria-keyshortcuts="?" aria-label="Keyboard help" onClick={() => (isHelpShown.value = true)}>?</button>
        </div>
      </div>
      <Controls />
      {NOTED.has(state.name) && <p class="notice">{sentence(state)}</p>}
    </header>
  );
}

const NOTED: ReadonlySet<Name> = new Set(["connecting", "stale", "reconnecting", "partial", "failed", "finished"]);

function sentence({ advice, text }: PanelState): string {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  return advice ? `${first} ${advice}` : first;
}

function Facts({ run }: { run: RunStatus }) {
  const facts = [
    ["Run", run.run_id], ["Policy", run.policy_name ?? digest(run.policy_digest)],
    ["Seed", String(run.seed)], ["Slot", number(run.slot)], ["Simulated", simulated(run.time_s)],
    ["Speed", `${number(run.slots_per_s)}\u00a0slots/s`], ["Payload", bytes(run.payload_bytes)], ["Reports", run.reporting],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

const HEALTH_MARKS = { serving: "●", not_serving: "▲", unreachable: "✕", unknown: "○" };
const SHORT_NAMES: Record<string, string> = { channel_sim: "sim", "upper_edge decisions": "edge", "upper_edge web": "web" };

function Health({ services }: { services: readonly ServiceStatus[] }) {
  return (
    <ul class="health" aria-label="Services">
      {services.map((service) => {
        const words = service.health.replace("_", " ");
        return (
          <li key={service.name} class={service.health} title={`${service.name}: ${words}`}>
            <span aria-hidden="true">{HEALTH_MARKS[service.health]}</span> {SHORT_NAMES[service.name] ?? service.name}
            <span class="hidden"> {words}</span>
          </li>
        );
      })}
    </ul>
  );
}
