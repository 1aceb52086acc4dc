import { Panel } from "../parts/panel";
import { panelState } from "../state/panel_state";
import { cells, events, link, silent_s, status } from "../state/store";
import { ChartTools } from "../charts/chart_tools";
import { counted, duration, number, UNKNOWN } from "../words/format";
import type { CellState, LogEntry, ServiceStatus, Status } from "../api/types";
import type { Table } from "../words/table";

const ID = "services";
const HEADS = ["Service", "Health", "Version", "Latency p50", "p95", "p99", "Reconnects", "Missed slots", "Last error"];

/** Every process, how fast it answers, and what went wrong. It is of now even while the simulator is away. */
export function ServicesPanel({ digit }: { digit: number }) {
  const told = status.value;
  const state = panelState({
    link: link.value, silent_s: silent_s.value, connection: told ? "live" : null, age_s: silent_s.value,
    run: null, missing: [], has_data: told != null,
  });
  return (
    <Panel id={ID} digit={digit} title="Services and events" state={state}
      tools={<ChartTools id={ID} title="Services" table={tableOfServices} has_picture={false} has_table={false} />}>
      <div class="scroll free" tabIndex={0} role="region" aria-label="Services, table">
        <table>
          <thead><tr>{HEADS.map((head, i) => <th key={head} scope="col" class={i < 3 || i === 8 ? "text" : ""}>{head}</th>)}</tr></thead>
          <tbody>
            {(told?.services ?? []).map((service) => <ServiceRow key={service.name} service={service} />)}
            {(cells.value?.cells ?? []).map((cell) => <AgentRow key={cell.cell} cell={cell} />)}
          </tbody>
        </table>
      </div>
      {told?.troubles && <Troubles troubles={told.troubles} />}
      <Log entries={events.value} />
    </Panel>
  );
}

function Health({ is_good, words }: { is_good: boolean; words: string }) {
  return <td class={`text ${is_good ? "good" : "bad"}`}><span aria-hidden="true">{is_good ? "●" : "✕"}</span> {words}</td>;
}

const Latencies = ({ latency_s }: { latency_s: readonly number[] }) =>
  <>{[0, 1, 2].map((i) => <td key={i}>{latency_s.length ? duration(latency_s[i]) : UNKNOWN}</td>)}</>;

function ServiceRow({ service }: { service: ServiceStatus }) {
  return (
    <tr>
      <th scope="row" class="text" title={`${service.address ?? "this page's server"}; latency of ${service.latency_of}`}>{service.name}</th>
      <Health is_good={service.health === "serving"} words={service.health.replace("_", " ")} />
      <td class="text">{service.version ?? UNKNOWN}</td>
      <Latencies latency_s={service.latency_s} />
      <td>{number(service.reconnects)}</td><td>{UNKNOWN}</td>
      <td class="text long">{service.last_error || "none"}</td>
    </tr>
  );
}

function AgentRow({ cell }: { cell: CellState }) {
  const words = !cell.is_attached ? "no agent" : cell.is_edge_connected ? "serving" : "without the edge";
  return (
    <tr>
      <th scope="row" class="text" title={cell.agent}>agent of cell {cell.cell}</th>
      <Health is_good={cell.is_attached && cell.is_edge_connected} words={words} />
      <td class="text">{cell.version ?? UNKNOWN}</td>
      <Latencies latency_s={cell.latency_s} />
      <td>{number(cell.reconnects + cell.edge_reconnects)}</td>
      <td class={cell.missed_slots ? "bad" : ""}>{number(cell.missed_slots)}</td>
      <td class="text long">{cell.gaps ? `left ${counted(cell.gaps, "time")} without saying so` : "none"}</td>
    </tr>
  );
}

function Troubles({ troubles }: { troubles: NonNullable<Status["troubles"]> }) {
  const counts = [
    ["late slots", troubles.late_slots], ["local slots", troubles.local_slots], ["edge timeouts", troubles.edge_timeouts],
    ["dropped messages", troubles.dropped_messages], ["unreconciled messages", troubles.unreconciled_messages],
  ] as const;
  return <p class="note">{counts.map(([name, count]) => `${count == null ? "not compared" : number(count)} ${name}`).join(" · ")}</p>;
}

const LEVEL_MARKS = { info: "·", warning: "▲", error: "✕" };
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function Log({ entries }: { entries: readonly LogEntry[] }) {
  return (
    <div class="scroll log" tabIndex={0} role="region" aria-label="Event log, newest first">
      {entries.length === 0 && <p class="note">No events yet.</p>}
      <ol>
        {[...entries].reverse().map((entry) => (
          <li key={entry.id} class={entry.level}>
            <time dateTime={new Date(entry.at_unix_s * 1e3).toISOString()}>{clock.format(entry.at_unix_s * 1e3)}</time>
            <span><span aria-hidden="true">{LEVEL_MARKS[entry.level]}</span><span class="hidden">{entry.level}</span></span>
            <span><b>{entry.source}</b> {entry.text}{entry.slot != null && <i> slot {number(entry.slot)}</i>}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function tableOfServices(): Table {
  const rows = [
    ...(status.value?.services ?? []).map((one) => [one.name, one.health, one.version, ...one.latency_s.slice(0, 3), ...blanks(one.latency_s), one.reconnects, null, one.last_error]),
    ...(cells.value?.cells ?? []).map((one) => [`agent of cell ${one.cell}`, one.is_attached ? "attached" : "no agent", one.version, ...one.latency_s.slice(0, 3), ...blanks(one.latency_s), one.reconnects, one.missed_slots, ""]),
  ];
  const units = ["", "", "", "s", "s", "s", "", "", ""];
  return { columns: HEADS.map((name, i) => (units[i] ? { name, unit: units[i] } : { name })), rows };
}

const blanks = (latency_s: readonly number[]): null[] => Array.from({ length: Math.max(0, 3 - latency_s.length) }, () => null);
