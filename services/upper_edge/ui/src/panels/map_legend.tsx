import { BandMark } from "../parts/band_mark";
import { cells, selected, spectrum, vehicles } from "../state/store";
import { bitrate, bits, counted, number } from "../words/format";
import { receiverName } from "./vehicle_table";

const MAX_BANDS = 8;

/** What the marks mean, and in words what is selected. */
export function MapLegend() {
  const bands = Math.min(spectrum.value?.num_bands ?? 0, MAX_BANDS);
  return (
    <div class="map-legend">
      <p class="lead"><b>{selectionText()}</b></p>
      <ul class="legend">
        {Array.from({ length: bands }, (_, band) => <li key={band}><BandMark band={band} /><span>sub-band {band}</span></li>)}
        <li><span>width: capacity; number: option; hollow: waits; dotted: silent</span></li>
      </ul>
    </div>
  );
}

function selectionText(): string {
  const chosen = selected.value;
  if (!chosen) return `${number(vehicles.value?.id.length)} vehicles, ${number(vehicles.value?.links.length)} with a link. Nothing selected.`;
  return chosen.kind === "cell" ? cellText(Number(chosen.id)) : vehicleText(chosen.id);
}

function cellText(number_of_cell: number): string {
  const cell = cells.value?.cells.find((one) => one.cell === number_of_cell);
  if (!cell) return `Cell ${number_of_cell} is not in this run.`;
  if (!cell.is_attached) return `Cell ${cell.cell}: no agent, ${counted(cell.missed_slots, "slot")} missed.`;
  const option = cell.option == null ? "no policy" : `option ${cell.option} for ${counted(cell.option_age_slots, "slot")}`;
  return `Cell ${cell.cell}: ${option}; ${cell.vehicles_served} served, ${cell.vehicles_waiting} waiting.`;
}

function vehicleText(id: string): string {
  const told = vehicles.value;
  const index = told?.id.indexOf(id) ?? -1;
  if (!told || index < 0) return `${id} is not on the map.`;
  const link = told.links.find((one) => one.vehicle === index);
  if (!link) return `${id}: waits for a link.`;
  if (!link.is_active) return `${id}: cell ${link.cell}, silent, ${bits(link.payload_left_bits)} left.`;
  return `${id}: to ${receiverName(link.station)} on sub-band ${link.band ?? "–"}, ${bitrate(link.capacity_bps)}, ${bits(link.payload_left_bits)} left.`;
}
