import type { Name, PanelState } from "../state/panel_state";

const MARKS: Record<Name, string> = {
  empty: "○", connecting: "◌", live: "●", stale: "▲", paused: "❚❚", reconnecting: "↻", partial: "◐", finished: "■", failed: "✕",
};

/** The state as a mark and words; colour only repeats what they say. */
export function StateBadge({ state }: { state: PanelState }) {
  const text = state.text.startsWith(state.name) ? state.text : `${state.name}, ${state.text}`;
  return (
    <span class={`badge ${state.name}`} title={state.advice}>
      <span aria-hidden="true">{MARKS[state.name]}</span> {text}
    </span>
  );
}
