import type { ComponentChildren } from "preact";

import type { PanelState } from "../state/panel_state";
import { StateBadge } from "./state_badge";

interface Props {
  /** Short name: the panel's element id, and its area of the grid. */
  id: string;
  /** The digit that brings the focus here. */
  digit: number;
  title: string;
  state: PanelState;
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** The one wrapper of every panel: its title, how current it is, and what to do where there is nothing to show. */
export function Panel({ id, digit, title, state, tools, children }: Props) {
  const isBare = state.name === "empty" || (!state.is_old && (state.name === "connecting" || state.name === "failed"));
  return (
    <section id={id} class={`panel ${state.is_old ? "old" : ""}`} data-state={state.name} tabIndex={-1} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}><kbd aria-hidden="true">{digit}</kbd>{title}</h2>
        <StateBadge state={state} />
        <div class="tools">{tools}</div>
      </header>
      {isBare ? <p class="advice">{state.advice || state.text}</p> : <div class="body">{children}</div>}
    </section>
  );
}
