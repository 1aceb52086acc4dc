import { ChartTools, showsTable } from "../charts/chart_tools";
import { Legend } from "../charts/legend";
import { readIndex, type Line } from "../charts/lines";
import { TimePlot } from "../charts/time_plot";
import { DataTable } from "../parts/data_table";
import { moment } from "../parts/moment";
import { Panel } from "../parts/panel";
import { lineColour, lineDash, palette } from "../state/palette";
import { scrubbed_s, series, stateOf } from "../state/store";
import { bytes, duration, number, percent } from "../words/format";
import { roundAbove } from "../words/ticks";
import type { Table } from "../words/table";
import type { Delivery } from "../api/types";

const ID = "delivery";

/** Delivery success, and the time that what arrived took. */
export function DeliveryPanel({ digit }: { digit: number }) {
  const told = series.value?.delivery;
  const times_s = told?.time_s ?? [];
  const at = readIndex(times_s, scrubbed_s.value);
  const success = line("success", told?.success_series ?? [], 0);
  const time = line("time to deliver", told?.time_to_deliver_series_s ?? [], 1);
  const table = () => (told ? tableOfDelivery(told) : { columns: [], rows: [] });
  return (
    <Panel id={ID} digit={digit} title="Delivery" state={stateOf({ has_data: times_s.length > 0, advice: "Waiting for the first deadline." })}
      tools={<ChartTools id={ID} title="Delivery success and time to deliver" table={table} />}>
      <p class="lead">
        <strong>{percent(scrubbed_s.value == null ? told?.current_success : success.values[at])}</strong> of payloads
        {" "}of {bytes(told?.payload_bytes)} {moment()}; {percent(told?.success)} over the run
      </p>
      {showsTable(ID) ? <DataTable table={table()} label="Delivery" /> : (
        <>
          <TimePlot label="Delivery success over simulated time, percent" times_s={times_s} lines={[success]} top={1}
            tick={(share) => number(share * 100)} unit="%" />
          <TimePlot label="Mean time to deliver over simulated time, milliseconds" times_s={times_s} lines={[time]}
            top={roundAbove(time.values, 1e-3)} tick={(seconds) => number(seconds * 1e3)} unit="ms" />
          <Legend entries={[
            { name: success.name, value: percent(success.values[at]), colour: success.colour, dash: success.dash, kind: "line" },
            { name: time.name, value: `${duration(time.values[at])}, run ${duration(told?.time_to_deliver_s)}`, colour: time.colour, dash: time.dash, kind: "line" },
          ]} />
        </>
      )}
    </Panel>
  );
}

const line = (name: string, values: Line["values"], index: number): Line => ({
  name, values, colour: lineColour(palette.value, index), dash: lineDash(index), spans_gaps: true,
});

function tableOfDelivery(told: Delivery): Table {
  return {
    columns: [{ name: "Simulated time", unit: "s" }, { name: "Success", unit: "%" }, { name: "Time to deliver", unit: "ms" }],
    rows: told.time_s.map((time, i) => {
      const [success, seconds] = [told.success_series[i], told.time_to_deliver_series_s[i]];
      return [time, success == null ? null : success * 100, seconds == null ? null : seconds * 1e3];
    }).reverse(),
  };
}
