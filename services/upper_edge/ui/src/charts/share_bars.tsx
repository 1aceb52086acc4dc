import { useEffect, useRef } from "preact/hooks";

import { optionColour, palette, type Palette } from "../state/palette";
import { percent } from "../words/format";
import { sized } from "./canvas";

/** One bar: its name, and shares that make up 1. */
export interface ShareBar { name: string; shares: readonly (number | null)[] }

const ROW = 26;
const NAME_WIDTH = 96;

/** Stacked bars of shares by option, one a row, drawn so that they can be saved as a picture. */
export function ShareBars({ bars, label }: { bars: readonly ShareBar[]; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  useEffect(() => {
    const shown = canvas.current;
    if (!shown) return;
    const draw = () => drawBars(shown, bars, colours);
    const observer = new ResizeObserver(draw);
    observer.observe(shown);
    return () => observer.disconnect();
  }, [bars, colours]);
  return <canvas class="bars" ref={canvas} role="img" aria-label={label} />;
}

function drawBars(canvas: HTMLCanvasElement, bars: readonly ShareBar[], colours: Palette): void {
  const pen = sized(canvas, bars.length * ROW);
  if (!pen) return;
  const width = canvas.clientWidth - NAME_WIDTH;
  pen.textBaseline = "middle";
  bars.forEach((bar, row) => {
    const middle = row * ROW + ROW / 2;
    pen.fillStyle = colours.text;
    pen.font = "12px system-ui, sans-serif";
    pen.fillText(bar.name, 0, middle, NAME_WIDTH - 8);
    drawShares(pen, bar.shares, { left: NAME_WIDTH, top: row * ROW + 3, width, height: ROW - 6 }, colours);
  });
}

interface Box { left: number; top: number; width: number; height: number }

function drawShares(pen: CanvasRenderingContext2D, shares: ShareBar["shares"], box: Box, colours: Palette): void {
  let left = box.left;
  shares.forEach((share, option) => {
    const width = (share ?? 0) * box.width;
    pen.fillStyle = optionColour(colours, option);
    pen.fillRect(left, box.top, Math.max(0, width - 1), box.height);
    pen.fillStyle = colours.ink;
    pen.font = "600 11px system-ui, sans-serif";
    if (width > 14) pen.fillText(String(option), left + 4, box.top + box.height / 2 + 0.5);
    pen.font = "11px system-ui, sans-serif";
    if (width > 56) pen.fillText(percent(share, 0), left + 18, box.top + box.height / 2 + 0.5);
    left += width;
  });
}
