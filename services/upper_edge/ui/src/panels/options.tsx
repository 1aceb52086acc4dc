import { useMemo } from "preact/hooks";

import { CountBars } from "../charts/count_bars";
import { ChartTools, showsTable } from "../charts/chart_tools";
import { Legend } from "../charts/legend";
import { readIndex, tableOf, type Line } from "../charts/lines";
import { ShareBars, type ShareBar } from "../charts/share_bars";
import { TimePlot } from "../charts/time_plot";
import { Choice } from "../parts/choice";
import { DataTable } from "../parts/data_table";
import { moment } from "../parts/moment";
import { Panel } from "../parts/panel";
import { optionColour, palette } from "../state/palette";
import { optionsBy, scrubbed_s, series, stateOf } from "../state/store";
import { bytes, number, percent } from "../words/format";
import { EMPTY_TABLE, type Table } from "../words/table";
import type { OptionDistribution } from "../api/types";

const ID = "options";
const VIEWS = [["time", "over time"], ["cell", "cell"], ["payload", "payload"], ["length", "length"]] as const;
const LEADS = {
  time: "Share of slots by option, all cells together",
  cell: "Share of slots by option in each cell, whole run",
  payload: "Share of slots by option at each payload, as far as watched",
  length: "Slots that an option lasted until it ended, all cells, whole run",
};

/** Which options the cells follow, and for how long. */
export function OptionsPanel({ digit }: { digit: number }) {
  const told = series.value?.options;
  const table = () => (told ? tableFor(told) : EMPTY_TABLE);
  return (
    <Panel id={ID} digit={digit} title="Options" state={stateOf({ has_data: (told?.time_s.length ?? 0) > 0 })}
      tools={<>
        <Choice label="Options shown" value={optionsBy.value} choices={VIEWS} take={(by) => (optionsBy.value = by)} />
        <ChartTools id={ID} title={`Options ${optionsBy.value}`} table={table} />
      </>}>
      <p class="lead">{LEADS[optionsBy.value]}{optionsBy.value === "time" ? `; figures below: ${moment()}` : ""}</p>
      {showsTable(ID) ? <DataTable table={table()} label="Options" /> : told && <Chart told={told} />}
    </Panel>
  );
}

function Chart({ told }: { told: OptionDistribution }) {
  const by = optionsBy.value;
  const counts = useMemo(() => told.option_length.map((bin) => ({ name: bin.slots, count: bin.terminations })), [told]);
  const shares = useMemo(() => barsOf(told, by === "payload" ? by : "cell"), [told, by]);
  if (by === "time") return <OverTime told={told} />;
  if (by === "length") {
    return <div class="rows"><CountBars label="Options that ended, by the slots they lasted" unit="slots" bars={counts} /></div>;
  }
  const means = told.by_cell.map((row) => `cell ${row.cell} ${number(row.mean_option_slots, 1)} slots`).join(", ");
  return (
    <div class="rows">
      <ShareBars label={LEADS[by]} bars={shares} />
      {by === "cell" && <p class="note">An option lasts on average: {means}.</p>}
    </div>
  );
}

function OverTime({ told }: { told: OptionDistribution }) {
  const lines = linesOf(told);
  const at = readIndex(told.time_s, scrubbed_s.value);
  return (
    <>
      <TimePlot label={LEADS.time} times_s={told.time_s} lines={lines} top={1} is_stacked tick={(share) => percent(share, 0)} />
      <Legend entries={lines.map((line, option) => ({
        name: `option ${option}`, value: percent(line.values[at], 0), colour: line.colour, kind: "block",
      }))} />
    </>
  );
}

const linesOf = (told: OptionDistribution): Line[] =>
  Array.from({ length: told.num_options }, (_, option) => ({
    name: `option ${option}`, values: told.share.map((shares) => shares[option] ?? null), colour: optionColour(palette.value, option),
  }));

function barsOf(told: OptionDistribution, by: "cell" | "payload"): ShareBar[] {
  return by === "cell"
    ? told.by_cell.map((row) => ({ name: `cell ${row.cell}`, shares: row.share }))
    : told.by_payload.map((row) => ({ name: bytes(row.payload_bytes), shares: row.share }));
}

function tableFor(told: OptionDistribution): Table {
  const by = optionsBy.value;
  if (by === "time") return tableOf(told.time_s, linesOf(told), "%", 100);
  if (by === "length") {
    return {
      columns: [{ name: "Lasted", unit: "slots" }, { name: "Options that ended" }],
      rows: told.option_length.map((bin) => [bin.slots, bin.terminations]),
    };
  }
  const options = Array.from({ length: told.num_options }, (_, option) => ({ name: `option ${option}`, unit: "%" }));
  const shares = (row: readonly (number | null)[]) => options.map((_, option) => (row[option] ?? 0) * 100);
  return by === "cell"
    ? { columns: [{ name: "Cell" }, ...options], rows: told.by_cell.map((row) => [row.cell, ...shares(row.share)]) }
    : { columns: [{ name: "Payload", unit: "B" }, ...options], rows: told.by_payload.map((row) => [row.payload_bytes, ...shares(row.share)]) };
}
