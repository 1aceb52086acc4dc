import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { lineColour, palette, theme, type Palette } from "../state/palette";
import { scrubbed_s, zoom } from "../state/store";
import { nearestIndex, stacked, type Line } from "./lines";

export interface TimePlotProps {
  /** What is seen, for those who do not see it. */
  label: string;
  times_s: readonly (number | null)[];
  lines: readonly Line[];
  /** Where the axis of values ends; it begins at zero. */
  top: number;
  tick: (value: number) => string;
  /** Of the axis of values, where ticks do not carry it. */
  unit?: string;
  /** Indices of the lines that the space between is filled of. */
  interval?: readonly [number, number];
  is_stacked?: boolean;
  /** Has its own times: neither crosshair nor zoom are shared. */
  is_apart?: boolean;
}

const AXIS_FONT = "11px system-ui, sans-serif";

/** Lines or stacked areas over simulated time; crosshair and zoom are shared with all others. */
export function TimePlot(props: TimePlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const names = props.lines.map((line) => line.name).join("|");

  useEffect(() => {
    const root = place.current;
    if (!root) return;
    const made = new uPlot(optionsFor(latest, root, palette.value), dataOf(latest.current), root);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: root.clientWidth, height: root.clientHeight }));
    observer.observe(root);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, theme.value, palette.value]);
  // Times are new with each series, while panels are rendered anew with each snapshot: drawing follows the series.
  useEffect(() => plot.current?.setData(dataOf(props)), [props.times_s, props.top]);
  useSignalEffect(() => {
    void zoom.value;
    if (!latest.current.is_apart) plot.current?.setData(plot.current.data);
  });
  useSignalEffect(() => showCrosshair(plot.current, latest.current.is_apart ? null : scrubbed_s.value));

  return <div class="plot" ref={place} role="img" aria-label={props.label} />;
}

function dataOf({ times_s, lines, is_stacked }: TimePlotProps): uPlot.AlignedData {
  const drawn = is_stacked ? stacked(lines).reverse() : lines;
  return [times_s as number[], ...drawn.map((line) => line.values as (number | null)[])];
}

interface Latest { current: TimePlotProps }

function optionsFor(latest: Latest, root: HTMLElement, colours: Palette): uPlot.Options {
  const { lines, is_stacked, is_apart, unit, interval } = latest.current;
  const drawn = is_stacked ? [...lines].reverse() : lines;
  return {
    width: root.clientWidth,
    height: root.clientHeight,
    padding: [8, is_stacked ? 22 : 10, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: (_, least, most) => (zoom.value && !is_apart ? [zoom.value.from_s, zoom.value.to_s] : [least, most]) },
      y: { range: () => [0, latest.current.top] },
    },
    cursor: {
      points: { show: !is_stacked },
      drag: { x: true, y: false, setScale: is_apart ?? false },
      ...(is_apart ? {} : { bind: { dblclick: () => () => ((zoom.value = null), null) } }),
    },
    axes: [axis(colours, { values: (_, ticks) => ticks.map((time) => `${Number(time.toFixed(3))} s`), space: 64, size: 24 }),
      axis(colours, {
        values: (_, ticks) => ticks.map(latest.current.tick), space: 28, size: 44,
        ...(unit ? { label: unit, labelSize: 16, labelGap: 0, labelFont: AXIS_FONT } : {}),
      })],
    series: [{}, ...drawn.map((line) => seriesOf(line, colours, is_stacked ?? false))],
    ...(interval ? { bands: [{ series: [interval[0] + 1, interval[1] + 1], fill: `${colours.text}1a` }] } : {}),
    hooks: {
      ...(is_apart ? {} : { setSelect: [takeZoom], ready: [shareCrosshair] }),
      draw: is_stacked ? [(plot) => nameBands(plot, latest.current, colours)] : [],
    },
  };
}

const axis = (colours: Palette, own: uPlot.Axis): uPlot.Axis => ({
  stroke: colours.soft, font: AXIS_FONT, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false }, gap: 6, ...own,
});

function seriesOf(line: Line, colours: Palette, is_stacked: boolean): uPlot.Series {
  const base = { label: line.name, points: { show: line.spans_gaps ?? false, size: 4 }, spanGaps: line.spans_gaps ?? false };
  if (is_stacked) return { ...base, stroke: colours.panel, width: 1, fill: line.colour };
  return {
    ...base, stroke: line.colour || lineColour(colours, 0), width: line.width ?? 1.6, dash: line.dash ?? [],
    ...(line.is_filled ? { fill: `${line.colour}1f` } : {}),
  };
}

function takeZoom(plot: uPlot): void {
  const { left, width } = plot.select;
  if (width < 4) return;
  zoom.value = { from_s: Math.max(0, plot.posToVal(left, "x")), to_s: plot.posToVal(left + width, "x") };
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function shareCrosshair(plot: uPlot): void {
  plot.over.addEventListener("mousemove", () => {
    const index = plot.cursor.idx;
    scrubbed_s.value = index == null ? null : plot.data[0][index] ?? null;
  });
  plot.over.addEventListener("mouseleave", () => (scrubbed_s.value = null));
  showCrosshair(plot, scrubbed_s.value);
}

function showCrosshair(plot: uPlot | null, time_s: number | null): void {
  if (!plot) return;
  const index = time_s == null ? -1 : nearestIndex(plot.data[0] as number[], time_s);
  const time = plot.data[0][index];
  // Far outside, which hides it, where there is nothing to stand at.
  const left = time == null ? -10 : plot.valToPos(time, "x");
  plot.setCursor({ left, top: time == null ? -10 : plot.over.clientHeight / 2 }, false);
}

/** Each band's number at its right end: colour alone would not tell options apart. */
function nameBands(plot: uPlot, { lines, times_s }: TimePlotProps, colours: Palette): void {
  const last = zoom.value ? nearestIndex(times_s, zoom.value.to_s) : times_s.length - 1;
  const pen = plot.ctx;
  pen.save();
  pen.fillStyle = colours.text;
  pen.font = `600 ${11 * devicePixelRatio}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  let low = 0;
  lines.forEach((line, option) => {
    const high = low + (line.values[last] ?? 0);
    const middle = plot.valToPos((low + high) / 2, "y", true);
    const isTallEnough = plot.valToPos(low, "y", true) - plot.valToPos(high, "y", true) > 11 * devicePixelRatio;
    if (isTallEnough) pen.fillText(String(option), plot.bbox.left + plot.bbox.width + 6 * devicePixelRatio, middle);
    low = high;
  });
  pen.restore();
}
