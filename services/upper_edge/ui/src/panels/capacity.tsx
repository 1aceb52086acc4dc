import { ChartTools, showsTable } from "../charts/chart_tools";
import { Legend } from "../charts/legend";
import { readIndex, tableOf, type Line } from "../charts/lines";
import { TimePlot } from "../charts/time_plot";
import { DataTable } from "../parts/data_table";
import { moment } from "../parts/moment";
import { Panel } from "../parts/panel";
import { lineColour, lineDash, palette } from "../state/palette";
import { scrubbed_s, series, stateOf } from "../state/store";
import { bitrate, counted, number } from "../words/format";
import { roundAbove } from "../words/ticks";
import type { Capacity } from "../api/types";

const ID = "capacity";
const MAX_CELLS_DRAWN = 6;

/** Sum capacity and each cell's part. */
export function CapacityPanel({ digit }: { digit: number }) {
  const told = series.value?.capacity;
  const lines = told ? [...linesOf(told), ...referencesOf(told)] : [];
  const times_s = told?.time_s ?? [];
  const at = readIndex(times_s, scrubbed_s.value);
  const table = () => tableOf(times_s, lines, "Mbit/s", 1e-6);
  return (
    <Panel id={ID} digit={digit} title="Capacity" state={stateOf({ has_data: times_s.length > 0 })}
      tools={<ChartTools id={ID} title="Capacity" table={table} />}>
      <p class="lead">
        <strong>{bitrate(scrubbed_s.value == null ? told?.current_bps : lines[0]?.values[at])}</strong> sum {moment()};{" "}
        {bitrate(told?.mean_bps)} over the run
        {told?.references.state === "computed" && told.references.sampled_slots > 0 && (
          <>; {bitrate(told.references.mean_sum_capacity_bps)} in the {counted(told.references.sampled_slots, "slot")} of the references</>
        )}
      </p>
      {showsTable(ID) ? <DataTable table={table()} label="Capacity" /> : (
        <>
          <TimePlot label="Sum capacity and capacity by cell over simulated time, Mbit/s" times_s={times_s} lines={lines}
            top={roundAbove(lines.flatMap((line) => line.values), 1e6)} tick={(bps) => number(bps / 1e6)} unit="Mbit/s" />
          <Legend entries={lines.map((line) => ({
            name: line.name, value: bitrate(line.values[at]), colour: line.colour, dash: line.dash, kind: "line",
          }))} />
        </>
      )}
    </Panel>
  );
}

function linesOf(told: Capacity): Line[] {
  const colours = palette.value;
  const cells = told.by_cell.slice(0, MAX_CELLS_DRAWN).map((cell, i) => ({
    name: `cell ${cell.cell}`, values: cell.capacity_bps, colour: lineColour(colours, i + 1), dash: lineDash(i + 1), width: 1.2,
  }));
  return [{ name: "sum", values: told.sum_capacity_bps, colour: lineColour(colours, 0), width: 2, is_filled: true }, ...cells];
}

/** Means over single slots that were looked at, as level lines: what the same channels would have carried under two other schemes. */
function referencesOf(told: Capacity): Line[] {
  const { state, mean_best_response_bps, mean_greedy_bound_bps } = told.references;
  if (state !== "computed") return [];
  const level = (name: string, value: number | null, dash: number[]): Line[] =>
    value == null ? [] : [{ name, values: told.time_s.map(() => value), colour: palette.value.text, dash, width: 1.4 }];
  return [...level("best response", mean_best_response_bps, [8, 4]), ...level("greedy bound", mean_greedy_bound_bps, [1, 4])];
}
