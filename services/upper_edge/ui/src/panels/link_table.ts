import type { Chain } from "../api/types";
import { number, UNKNOWN } from "../words/format";
import type { Table } from "../words/table";

/** A decision's links as a table, in the units of the wire. */
export function tableOfLinks(chain: Chain): Table {
  return {
    columns: [
      { name: "Slot" }, { name: "Vehicle slot" }, { name: "Link" }, { name: "Active" }, { name: "Receiver" }, { name: "Sub-band" },
      { name: "Gain" }, { name: "Power", unit: "W" }, { name: "Interference", unit: "W" }, { name: "Noise", unit: "W" }, { name: "SINR" },
      { name: "Capacity", unit: "bit/s" }, { name: "Payload before", unit: "bit" }, { name: "Delivered", unit: "bit" }, { name: "Payload left", unit: "bit" },
    ],
    rows: chain.links.map((link) => [
      chain.slot, link.vehicle_slot, link.link, link.is_active ? 1 : 0, link.receiver, link.band, link.gain, link.power_w, link.interference_w,
      chain.radio.noise_w, link.sinr, link.capacity_bps, link.payload_before_bits, link.delivered_bits, link.payload_left_bits,
    ]),
  };
}

/** Watts as dBm. */
export const dbm = (power_w: number | null | undefined): string =>
  power_w == null || power_w <= 0 ? UNKNOWN : `${number(10 * Math.log10(power_w * 1e3), 1)}\u00a0dBm`;
