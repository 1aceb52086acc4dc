import { useMemo } from "preact/hooks";

import { ChartTools, showsTable } from "../charts/chart_tools";
import { Legend } from "../charts/legend";
import { tableOf, type Line } from "../charts/lines";
import { TimePlot } from "../charts/time_plot";
import { Choice } from "../parts/choice";
import { DataTable } from "../parts/data_table";
import { Panel } from "../parts/panel";
import { details, failure, runs } from "../compare/kept";
import { MEASURES, type Measure } from "../compare/measures";
import { commonTimes, estimate, resampled, type Curve } from "../compare/statistics";
import { lineColour, lineDash, palette } from "../state/palette";
import { panelState } from "../state/panel_state";
import { comparedRuns, link, runsBy, silent_s } from "../state/store";
import { roundAbove } from "../words/ticks";
import type { RunDetail } from "../api/types";
import { RunList } from "./run_list";

const ID = "runs";
const POINTS = 200;
const CHOICES = MEASURES.map((measure) => [measure.id, measure.name] as const);

/** Runs that were kept, several of them on the same axes. */
export function RunsPanel({ digit }: { digit: number }) {
  const measure = MEASURES.find((one) => one.id === runsBy.value) ?? MEASURES[0];
  const told = runs.value;
  const broken = failure.value || (told?.storage.state === "failed" ? told.storage.detail : "");
  const state = panelState({
    link: link.value, silent_s: silent_s.value, connection: "live", age_s: silent_s.value, run: null, missing: [],
    has_data: (told?.runs.length ?? 0) > 0, failure: broken,
    advice: broken || "No run has been kept yet. A run is kept when it ends: reset this one, or let it finish.",
  });
  const picked = comparedRuns.value.flatMap((id) => details.value.get(id) ?? []);
  const lines = useMemo(() => (measure ? linesOf(picked, measure) : NOTHING), [measure, details.value, comparedRuns.value, palette.value]);
  const table = () => tableOf(lines.times_s, lines.lines, measure?.unit ?? "", measure?.factor);
  return (
    <Panel id={ID} digit={digit} title="Runs" state={state}
      tools={<>
        <Choice label="Compared by" value={runsBy.value} choices={CHOICES} take={(by) => (runsBy.value = by)} />
        <ChartTools id={ID} title={`Runs: ${measure?.name ?? ""}`} table={table} />
      </>}>
      {told && <RunList told={told} />}
      {measure && (showsTable(ID) ? <DataTable table={table()} label="Runs compared" /> : <Comparison picked={picked} drawn={lines} measure={measure} />)}
    </Panel>
  );
}

interface Drawn { times_s: number[]; lines: Line[] }
const NOTHING: Drawn = { times_s: [], lines: [] };

function linesOf(picked: readonly RunDetail[], measure: Measure): Drawn {
  const curves: Curve[] = picked.map((run) => ({ times_s: run.series.time_s, values: measure.values(run.series) }));
  const times_s = commonTimes(curves, POINTS);
  const own = curves.map((curve, i): Line => ({
    name: nameOf(picked[i]), values: resampled(curve, times_s), colour: lineColour(palette.value, i), dash: lineDash(i), width: 1.2,
  }));
  if (own.length < 2) return { times_s, lines: own };
  const estimates = times_s.map((_, i) => estimate(own.map((line) => line.values[i])));
  const colour = palette.value.text;
  return {
    times_s,
    lines: [
      ...own,
      { name: "mean", values: estimates.map((one) => one?.mean), colour, width: 2.5 },
      { name: "95 % low", values: estimates.map((one) => one?.low), colour, dash: [1, 3], width: 1 },
      { name: "95 % high", values: estimates.map((one) => one?.high), colour, dash: [1, 3], width: 1 },
    ],
  };
}

const nameOf = (run: RunDetail | undefined): string => `${run?.summary.run_id}, seed ${run?.summary.seed}`;

function Comparison({ picked, drawn, measure }: { picked: readonly RunDetail[]; drawn: Drawn; measure: Measure }) {
  if (picked.length === 0) return <p class="advice">Pick runs in the list to see them on the same axes.</p>;
  const whole = estimate(picked.map((run) => measure.summary(run.summary)));
  const interval = whole && whole.count > 1 ? `, 95 % interval ${measure.text(whole.low)} to ${measure.text(whole.high)} (${whole.count} runs, Student's t)` : "";
  return (
    <>
      <p class="lead"><strong>{measure.text(whole?.mean)}</strong> mean {measure.name} over whole runs{interval}</p>
      <TimePlot label={`${measure.name} of the picked runs over simulated time`} times_s={drawn.times_s} lines={drawn.lines} is_apart
        top={measure.is_share ? 1 : roundAbove(drawn.lines.flatMap((line) => line.values), measure.least)} tick={measure.tick} unit={measure.unit}
        {...(picked.length > 1 ? { interval: [picked.length + 1, picked.length + 2] as const } : {})} />
      <Legend entries={drawn.lines.map((line, i) => ({
        name: line.name, value: measure.text(picked[i] ? measure.summary(picked[i].summary) : i === picked.length ? whole?.mean : i === picked.length + 1 ? whole?.low : whole?.high),
        colour: line.colour, dash: line.dash, kind: "line",
      }))} />
    </>
  );
}
