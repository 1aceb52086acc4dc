import { useEffect, useRef } from "preact/hooks";

import { palette, type Palette } from "../state/palette";
import { number } from "../words/format";
import { sized } from "./canvas";

export interface CountBar { name: string; count: number }

const ROW = 24;
const NAME_WIDTH = 96;
const COUNT_WIDTH = 130;

/** Bars of counts, with the count and its share of all at the end of each. */
export function CountBars({ bars, unit, label }: { bars: readonly CountBar[]; unit: string; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  useEffect(() => {
    const shown = canvas.current;
    if (!shown) return;
    const observer = new ResizeObserver(() => drawBars(shown, bars, unit, colours));
    observer.observe(shown);
    return () => observer.disconnect();
  }, [bars, unit, colours]);
  return <canvas class="bars" ref={canvas} role="img" aria-label={label} />;
}

function drawBars(canvas: HTMLCanvasElement, bars: readonly CountBar[], unit: string, colours: Palette): void {
  const pen = sized(canvas, bars.length * ROW);
  if (!pen) return;
  const room = canvas.clientWidth - NAME_WIDTH - COUNT_WIDTH;
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const sum = bars.reduce((total, bar) => total + bar.count, 0);
  pen.textBaseline = "middle";
  pen.font = "12px system-ui, sans-serif";
  bars.forEach((bar, row) => {
    const middle = row * ROW + ROW / 2;
    const width = (bar.count / most) * room;
    pen.fillStyle = colours.text;
    pen.fillText(`${bar.name} ${unit}`, 0, middle, NAME_WIDTH - 8);
    pen.fillStyle = colours.accent;
    pen.fillRect(NAME_WIDTH, row * ROW + 4, width, ROW - 8);
    pen.fillStyle = colours.soft;
    const share = sum > 0 ? `, ${number((bar.count / sum) * 100, 0)} %` : "";
    pen.fillText(`${number(bar.count)}${share}`, NAME_WIDTH + width + 8, middle);
  });
}
