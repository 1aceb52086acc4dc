import type { Name, PanelState } from "../state/panel_state";

const MARKS: Record<Name, string> = {
  empty: "○", connecting: "◌", live: "●", stale: "▲", paused: "❚❚", reconnecting: "↻", partial: "◐", finished: "■", failed: "✕",
};

/** The state as a mark and words; colour only repeats what they say. Where room is scarce, age says more than the state's name. */
export function StateBadge({ state, is_short = true }: { state: PanelState; is_short?: boolean }) {
  const isNamed = state.text.includes(state.name);
  return (
    <span class={`badge ${state.name}`} title={state.advice}>
      <span aria-hidden="true">{MARKS[state.name]}</span> {!isNamed && <span class={is_short ? "hidden" : ""}>{state.name}{is_short && ", "}</span>}
      {(is_short || isNamed) && <span>{state.text}</span>}
    </span>
  );
}
