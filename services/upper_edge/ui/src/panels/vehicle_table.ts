import { ground } from "../api/reference";
import { vehicles } from "../state/store";
import { EMPTY_TABLE, type Table } from "../words/table";

/** Every vehicle and its link as a table. */
export function tableOfVehicles(): Table {
  const told = vehicles.value;
  if (!told) return EMPTY_TABLE;
  const links = new Map(told.links.map((link) => [link.vehicle, link]));
  return {
    columns: [
      { name: "Vehicle" }, { name: "x", unit: "m" }, { name: "y", unit: "m" }, { name: "Heading", unit: "deg" }, { name: "Cell" },
      { name: "Receiver" }, { name: "Sub-band" }, { name: "Capacity", unit: "Mbit/s" }, { name: "Payload left", unit: "kB" },
    ],
    rows: told.id.map((id, i) => {
      const link = links.get(i);
      const [x, y, heading, cell] = [told.x_m[i], told.y_m[i], told.heading_deg[i], told.cell[i] ?? -1];
      return [
        id, x, y, heading, cell < 0 ? "waits" : String(cell), receiverName(link?.station), link?.band,
        link?.capacity_bps == null ? null : link.capacity_bps / 1e6,
        link?.payload_left_bits == null ? null : link.payload_left_bits / 8000,
      ];
    }),
  };
}

/** A receiving station's name; a dash where the link is silent. */
export function receiverName(station: number | null | undefined): string {
  if (station == null) return "–";
  const site = ground.value?.sites.find((one) => one.cell === station);
  return site?.kind === "mbs" ? "MBS" : `cell ${station}`;
}
