import { BandMark } from "../parts/band_mark";
import { bitrate, kilobits, decibels, number, percent, UNKNOWN } from "../words/format";
import type { Chain, LinkOutcome } from "../api/types";
import { dbm } from "./link_table";
import { receiverName } from "./vehicle_table";

const HEADS = ["Vehicle", "Probability: own | MBS", "Choice", "Power received", "Interference", "SINR", "Capacity", "Delivered", "Payload left"];

/** 4: what each vehicle slot was given, and what came of it. */
export function LinkOutcomes({ chain }: { chain: Chain }) {
  const { radio } = chain;
  return (
    <section class="step outcome" aria-label="Allocation and outcome">
      <h3>4 Allocation, SINR, capacity, payload</h3>
      <div class="scroll free" tabIndex={0} role="region" aria-label="Allocation of each vehicle, table">
        <table>
          <thead><tr>{HEADS.map((head, i) => <th key={head} scope="col" class={i < 3 ? "text" : ""}>{head}</th>)}</tr></thead>
          <tbody>{chain.links.map((link) => <Row key={link.link} link={link} num_bands={radio.num_bands} />)}</tbody>
        </table>
      </div>
      <p class="note">
        SINR = power / (interference + noise), noise {dbm(radio.noise_w)} a sub-band; capacity = W log₂(1 + SINR), W = {number(radio.band_bandwidth_hz / 1e6, 2)}&nbsp;MHz
        {radio.max_spectral_efficiency_bps_hz != null && `, at most ${radio.max_spectral_efficiency_bps_hz} bit/s/Hz`};
        {" "}delivered = min(payload, capacity × {number(radio.slot_duration_s * 1e3, 1)}&nbsp;ms).
      </p>
    </section>
  );
}

function Row({ link, num_bands }: { link: LinkOutcome; num_bands: number }) {
  if (!link.is_present) return <tr><th scope="row" class="text">slot {link.vehicle_slot}</th><td class="text" colSpan={8}>no vehicle</td></tr>;
  return (
    <tr class={link.is_active ? "" : "silent"}>
      <th scope="row" class="text">slot {link.vehicle_slot}</th>
      <td class="text"><Probabilities link={link} num_bands={num_bands} /></td>
      <td class="text">{link.is_active ? <><BandMark band={link.band} /> {receiverName(link.receiver)}, sub-band {link.band}</> : "silent: delivered"}</td>
      <td>{link.is_active ? dbm(link.power_w) : UNKNOWN}</td>
      <td title={interferersText(link)}>{!link.is_active ? UNKNOWN : link.interference_w === 0 ? "none" : dbm(link.interference_w)}</td>
      <td>{decibels(link.sinr)}</td>
      <td>{bitrate(link.capacity_bps)}</td>
      <td>{kilobits(link.delivered_bits)}</td>
      <td>{link.payload_left_bits == null ? "no end" : kilobits(link.payload_left_bits)}</td>
    </tr>
  );
}

const interferersText = (link: LinkOutcome): string =>
  (link.interferers ?? []).map((other) => `link ${other.link} of cell ${other.cell}: ${dbm(other.power_w)}`).join("; ");

/** A bar for each choice: own cell's sub-bands, a gap, the macro cell's; the chosen one stands out. */
function Probabilities({ link, num_bands }: { link: LinkOutcome; num_bands: number }) {
  const shares = link.choice_prob;
  if (!shares) return <>{UNKNOWN}</>;
  const width = 2 * num_bands * 9 + 8;
  const words = shares.map((share, choice) => `${choiceName(choice, num_bands)} ${percent(share, 0)}`).join(", ");
  return (
    <span class="probabilities">
      <svg viewBox={`0 0 ${width} 24`} width={width} height="24" role="img" aria-label={words}>
        {shares.map((share, choice) => (
          <g key={choice} class={choice === link.choice ? "chosen" : ""}>
            <rect class="room" x={place(choice, num_bands)} y="1" width="7" height="22" />
            <rect x={place(choice, num_bands)} y={23 - 22 * share} width="7" height={22 * share} />
          </g>
        ))}
      </svg>
      {percent(shares[link.choice], 0)}
    </span>
  );
}

const place = (choice: number, num_bands: number): number => choice * 9 + (choice >= num_bands ? 8 : 0);
const choiceName = (choice: number, num_bands: number): string => `${choice < num_bands ? "own" : "MBS"} ${choice % num_bands}`;
