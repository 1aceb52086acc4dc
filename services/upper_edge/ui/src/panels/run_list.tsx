import { useSignal } from "@preact/signals";

import { details, MAX_COMPARED, toggleRun } from "../compare/kept";
import { comparedRuns } from "../state/store";
import { bitrate, bytes, bytesPerSlot, digest, duration, number, percent, simulated } from "../words/format";
import type { Runs, RunSummary } from "../api/types";
import { read } from "../api/read";
import type { RunDetail } from "../api/types";

const HEADS = ["", "Run", "State", "Begun", "Policy", "Seed", "Payload", "Simulated", "Sum capacity", "Delivered", "Time to deliver", "Signalling, link", ""];
const STATE_MARKS: Record<RunSummary["state"], string> = { running: "●", finished: "■", ended: "□", interrupted: "✕" };
const when = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });

/** Every run that was kept, the newest first. */
export function RunList({ told }: { told: Runs }) {
  return (
    <div class="scroll runs" tabIndex={0} role="region" aria-label="Runs, table">
      <table>
        <thead><tr>{HEADS.map((head, i) => <th key={i} scope="col" class={i < 5 ? "text" : ""}>{head || <span class="hidden">{i === 0 ? "Compare" : "Command"}</span>}</th>)}</tr></thead>
        <tbody>{told.runs.map((run) => <Row key={run.id} run={run} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ run }: { run: RunSummary }) {
  const isPicked = comparedRuns.value.includes(run.id);
  const isFull = comparedRuns.value.length >= MAX_COMPARED;
  return (
    <tr class={isPicked ? "own" : ""}>
      <td class="text"><input type="checkbox" checked={isPicked} disabled={!isPicked && isFull} aria-label={`Compare ${run.run_id}, seed ${run.seed}`} onChange={() => toggleRun(run.id)} /></td>
      <th scope="row" class="text">{run.run_id}</th>
      <td class={`text ${run.state === "interrupted" ? "bad" : ""}`}><span aria-hidden="true">{STATE_MARKS[run.state]}</span> {run.state}</td>
      <td class="text">{when.format(run.begun_unix_s * 1e3)}</td>
      <td class="text">{run.policy_name ?? digest(run.policy_digest)}</td>
      <td>{run.seed}</td>
      <td>{bytes(run.payload_bytes)}</td>
      <td title={`${number(run.slots)} slots`}>{simulated(run.time_s)}</td>
      <td>{bitrate(run.mean_capacity_bps)}</td>
      <td>{percent(run.delivery_success)}</td>
      <td>{duration(run.time_to_deliver_s)}</td>
      <td>{bytesPerSlot(run.link_bytes_per_slot)}</td>
      <td><CopyCommand run={run} /></td>
    </tr>
  );
}

function CopyCommand({ run }: { run: RunSummary }) {
  const text = useSignal("Copy as command");
  const copy = async () => {
    const detail = details.value.get(run.id) ?? (await read<RunDetail>(`runs/${run.id}`));
    await navigator.clipboard.writeText(detail.command);
    text.value = "Copied";
    setTimeout(() => (text.value = "Copy as command"), 2000);
  };
  return <button type="button" onClick={() => void copy().catch(() => (text.value = "Cannot copy"))}>{text.value}</button>;
}
