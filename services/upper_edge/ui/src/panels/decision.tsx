import { ChartTools } from "../charts/chart_tools";
import { Panel } from "../parts/panel";
import { select } from "../state/entities";
import { cells, decision, heardCell, stateOf } from "../state/store";
import { bitrate, number, simulated } from "../words/format";
import { EMPTY_TABLE, type Table } from "../words/table";
import type { Chain } from "../api/types";
import { FeatureStep, ObservationStep, OptionStep } from "./decision_steps";
import { tableOfLinks } from "./link_table";
import { LinkOutcomes } from "./link_outcomes";

const ID = "decision";

/** One slot of one cell, whole: each step follows from the one before it. */
export function DecisionPanel({ digit }: { digit: number }) {
  const told = decision.value?.cell === heardCell.value ? decision.value : null;
  const chain = told?.chain ?? null;
  const table = (): Table => (chain ? tableOfLinks(chain) : EMPTY_TABLE);
  return (
    <Panel id={ID} digit={digit} title="One decision"
      state={stateOf({ has_data: chain != null, ...(told?.why ? { advice: `${told.why}.` } : {}) })}
      tools={<><CellPicker /><ChartTools id={ID} title="One decision" table={table} has_picture={false} has_table={false} /></>}>
      {chain && <Steps chain={chain} />}
    </Panel>
  );
}

function CellPicker() {
  return (
    <label class="inline">of cell{" "}
      <select value={String(heardCell.value)} onChange={(event) => select({ kind: "cell", id: event.currentTarget.value })}>
        {(cells.value?.cells ?? []).map((cell) => <option key={cell.cell} value={String(cell.cell)}>{cell.cell}</option>)}
      </select>
    </label>
  );
}

function Steps({ chain }: { chain: Chain }) {
  return (
    <>
      <p class="lead">
        <strong>Slot {number(chain.slot)}</strong> at {simulated(chain.time_s)};
        {" "}this cell {bitrate(chain.cell_capacity_bps)} of {bitrate(chain.sum_capacity_bps)} in this slot
      </p>
      <div class="steps">
        <ObservationStep chain={chain} />
        <FeatureStep features={chain.features} />
        <OptionStep chain={chain} />
      </div>
      <LinkOutcomes chain={chain} />
    </>
  );
}
