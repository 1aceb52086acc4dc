import { ChartTools, showsTable } from "../charts/chart_tools";
import { Legend } from "../charts/legend";
import { readIndex, tableOf, type Line } from "../charts/lines";
import { TimePlot } from "../charts/time_plot";
import { DataTable } from "../parts/data_table";
import { moment } from "../parts/moment";
import { Panel } from "../parts/panel";
import { lineColour, lineDash, palette } from "../state/palette";
import { scrubbed_s, series, stateOf } from "../state/store";
import { bytes, bytesPerSlot, number, UNKNOWN } from "../words/format";
import { roundAbove } from "../words/ticks";
import type { Signalling } from "../api/types";

const ID = "signalling";
const LAYERS = ["payload", "http2", "link"] as const;
const LAYER_NAMES = { payload: "payload", http2: "HTTP/2", link: "link" };
const SCHEME_NAMES: Record<string, string> = {
  "full-channel-state": "Full state",
  "full-channel-state-complex": "Full state, complex",
  "full-mesh": "Full mesh",
};

const SCHEME_WORDS: Record<string, string> = {
  "full-channel-state": "Sub-band gains of every link to the centre, and an allocation back",
  "full-channel-state-complex": "A complex gain of every link and resource block to the centre, and an allocation back",
  "full-mesh": "Sub-band gains between all pairs of small cells",
};

/** What the cooperation costs, beside what other schemes would have taken. */
export function SignallingPanel({ digit }: { digit: number }) {
  const told = series.value?.signalling;
  const times_s = told?.time_s ?? [];
  const lines = told ? linesOf(told) : [];
  const at = readIndex(times_s, scrubbed_s.value);
  const table = () => tableOf(times_s, lines, "B/slot");
  const http2 = told?.layers.find((layer) => layer.layer === "http2");
  return (
    <Panel id={ID} digit={digit} title="Signalling" state={stateOf({ has_data: times_s.length > 0 })}
      tools={<ChartTools id={ID} title="Signalling between cells and edge" table={table} />}>
      <p class="lead">
        <strong>{bytesPerSlot(both(lines, 1, at))}</strong> HTTP/2, up and down, {moment()}; {bytesPerSlot(http2?.bytes_per_slot)} over the run
      </p>
      {showsTable(ID) ? <DataTable table={table()} label="Signalling" /> : (
        <>
          <TimePlot label="Signalling by layer and direction over simulated time, bytes a slot" times_s={times_s} lines={lines}
            top={roundAbove(lines.flatMap((line) => line.values), 1)} tick={(value) => number(value, value > 0 && value < 5 ? 1 : 0)} unit="B/slot" />
          <Legend entries={lines.map((line) => ({
            name: line.name, value: bytes(rounded(line.values[at])), colour: line.colour, dash: line.dash, kind: "line",
          }))} />
        </>
      )}
      {told && <Account told={told} />}
    </Panel>
  );
}

function linesOf(told: Signalling): Line[] {
  const find = (layer: string, direction: string) =>
    told.series.find((one) => one.layer === layer && one.direction === direction)?.bytes_per_slot ?? [];
  return LAYERS.flatMap((layer, i) => (["up", "down"] as const).map((direction) => ({
    name: `${LAYER_NAMES[layer]} ${direction}`, values: find(layer, direction), colour: lineColour(palette.value, i),
    dash: direction === "up" ? lineDash(0) : lineDash(2), width: 1.5,
  })));
}

function both(lines: readonly Line[], layer: number, at: number): number | null {
  const [up, down] = [lines[2 * layer]?.values[at], lines[2 * layer + 1]?.values[at]];
  return up == null || down == null ? null : up + down;
}

/** The whole run in figures: this scheme, then the others, which are worked out and not run. */
function Account({ told }: { told: Signalling }) {
  const own = told.layers.reduce<Record<string, number | null>>((row, layer) => ({ ...row, [layer.layer]: layer.bytes_per_slot }), {});
  const payload = told.layers[0];
  return (
    <div class="scroll free" tabIndex={0} role="region" aria-label="Signalling of this run and of other schemes">
      <table>
        <thead><tr><th scope="col" class="text">Bytes a slot, both ways</th><th scope="col">Payload</th><th scope="col">HTTP/2</th><th scope="col">Link</th><th scope="col">Factor</th></tr></thead>
        <tbody>
          <tr class="own"><th scope="row" class="text">This run</th>{LAYERS.map((layer) => <td key={layer}>{bytes(rounded(own[layer]))}</td>)}<td>1 ×</td></tr>
          {told.others.map((other) => (
            <tr key={other.scheme}>
              <th scope="row" class="text" title={SCHEME_WORDS[other.scheme]}>{SCHEME_NAMES[other.scheme] ?? other.scheme} <i>modelled</i></th>
              <td>{bytes(other.payload_bytes_per_slot)}</td><td>{bytes(other.http2_bytes_per_slot)}</td><td>{bytes(other.link_bytes_per_slot)}</td>
              <td>{times(other.link_bytes_per_slot, own.link)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">
        {bytes(payload?.bytes_per_sbs_second)} a second of a cell, {number(payload?.bits_per_delivered_bit, 5)} bit a delivered bit (payload).
        {" "}MBS side, apart: {told.macro ? `${bytes(told.macro.csi_bytes)} state, ${bytes(told.macro.allocation_bytes)} allocations` : UNKNOWN}.
        {" "}Unreconciled: {told.unreconciled == null ? "not compared yet" : `${number(told.unreconciled.length)} kinds`}.
      </p>
    </div>
  );
}

const rounded = (value: number | null | undefined): number | null => (value == null ? null : Math.round(value * 10) / 10);
const times = (other: number, own: number | null | undefined): string => (own ? `${number(other / own, 1)} ×` : UNKNOWN);
