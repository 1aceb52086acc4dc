// Saves charts as pictures and tables.

import type { Palette } from "../state/palette";
import { csvOf, type Table } from "../words/table";

function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Saves a table as CSV. */
export function saveCsv(name: string, table: Table): void {
  save(`${name}.csv`, new Blob([csvOf(table)], { type: "text/csv" }));
}

const MARGIN = 16;
const LINE = 20;

/** Saves canvases, one under the other, as one picture with a title and lines of text that say what is seen. */
export function savePng(name: string, canvases: readonly HTMLCanvasElement[], lines: readonly string[], colours: Palette): void {
  const scale = devicePixelRatio;
  const width = Math.max(...canvases.map((canvas) => canvas.width), 320 * scale);
  const height = canvases.reduce((sum, canvas) => sum + canvas.height, 0);
  const picture = document.createElement("canvas");
  picture.width = width + 2 * MARGIN * scale;
  picture.height = height + (2 * MARGIN + lines.length * LINE + 8) * scale;
  const pen = picture.getContext("2d");
  if (!pen) return;
  pen.fillStyle = colours.panel;
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.fillStyle = colours.text;
  lines.forEach((line, i) => {
    pen.font = `${i === 0 ? "600 15px" : "12px"} system-ui, sans-serif`.replace(/(\d+)px/, (_, size: string) => `${Number(size) * scale}px`);
    pen.fillText(line, MARGIN * scale, (MARGIN + 12 + i * LINE) * scale);
  });
  let top = (MARGIN + lines.length * LINE + 8) * scale;
  for (const canvas of canvases) {
    pen.drawImage(canvas, MARGIN * scale, top);
    top += canvas.height;
  }
  picture.toBlob((blob) => blob && save(`${name}.png`, blob));
}
