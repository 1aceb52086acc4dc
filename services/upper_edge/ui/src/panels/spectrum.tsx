import { useEffect, useRef } from "preact/hooks";

import { ChartTools, showsTable } from "../charts/chart_tools";
import { sized } from "../charts/canvas";
import { bandMark } from "../map/marks";
import { DataTable } from "../parts/data_table";
import { Panel } from "../parts/panel";
import { lineColour, palette, type Palette } from "../state/palette";
import { spectrum, stateOf } from "../state/store";
import { number, UNKNOWN } from "../words/format";
import { EMPTY_TABLE, type Table } from "../words/table";
import type { BandUse, Spectrum } from "../api/types";
import { receiverName } from "./vehicle_table";

const ID = "spectrum";
const ROW = 44;
const NAME_WIDTH = 58;
const HEAD = 22;

/** Who receives on which sub-band, and what disturbs there. */
export function SpectrumPanel({ digit }: { digit: number }) {
  const told = spectrum.value;
  const table = (): Table => (told ? tableOfUses(told) : EMPTY_TABLE);
  return (
    <Panel id={ID} digit={digit} title="Spectrum" state={stateOf({ has_data: (told?.uses.length ?? 0) > 0 })}
      tools={<ChartTools id={ID} title="Sub-band by receiver: links and interference" table={table} />}>
      {told && <p class="lead">Marks: links received now; number: their mean, and below it the interference, over {number(told.sampled_slots)} slots. Noise {number(told.noise_dbm, 0)}&nbsp;dBm</p>}
      {showsTable(ID) || !told ? <DataTable table={table()} label="Spectrum" /> : <div class="rows"><Matrix told={told} /></div>}
    </Panel>
  );
}

function tableOfUses(told: Spectrum): Table {
  return {
    columns: [{ name: "Receiver" }, { name: "Sub-band" }, { name: "Links now" }, { name: "Interference now", unit: "dBm" },
      { name: "Mean links" }, { name: "Mean interference", unit: "dBm" }],
    rows: told.uses.map((use) => [receiverName(use.cell), use.band, use.links?.length ?? null, use.interference_dbm, use.mean_links, use.mean_interference_dbm]),
  };
}

function Matrix({ told }: { told: Spectrum }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  useEffect(() => {
    const shown = canvas.current;
    if (!shown) return;
    const observer = new ResizeObserver(() => drawMatrix(shown, told, colours));
    observer.observe(shown);
    return () => observer.disconnect();
  }, [told, colours]);
  return <canvas class="bars" ref={canvas} role="img" aria-label="Links and interference by receiver and sub-band; the table has the numbers" />;
}

function drawMatrix(canvas: HTMLCanvasElement, told: Spectrum, colours: Palette): void {
  const pen = sized(canvas, HEAD + told.num_receivers * ROW);
  if (!pen) return;
  const width = (canvas.clientWidth - NAME_WIDTH) / Math.max(told.num_bands, 1);
  pen.textBaseline = "middle";
  for (let band = 0; band < told.num_bands; band++) {
    const middle = NAME_WIDTH + (band + 0.5) * width;
    pen.fillStyle = lineColour(colours, band);
    bandMark(pen, band, middle - 12, HEAD / 2 - 2, 4.5);
    write(pen, String(band), middle, HEAD / 2 - 1, "600 12px", colours.text);
  }
  told.uses.forEach((use) => {
    const [left, top] = [NAME_WIDTH + use.band * width, HEAD + use.cell * ROW];
    if (use.band === 0) write(pen, receiverName(use.cell), 0, top + ROW / 2 - 2, "12px", colours.text);
    drawUse(pen, use, { left, top, width: width - 4, height: ROW - 4 }, told.noise_dbm ?? -114, colours);
  });
}

interface Box { left: number; top: number; width: number; height: number }
const STRONG_DB = 50;
const MARK_WIDTH = 13;
/** Room for the number beside the marks. */
const NUMBER_WIDTH = 34;

/** A field: darker with interference; a mark for each link now, the means in words. */
function drawUse(pen: CanvasRenderingContext2D, use: BandUse, box: Box, noise_dbm: number, colours: Palette): void {
  const above_db = use.mean_interference_dbm == null ? 0 : Math.max(use.mean_interference_dbm - noise_dbm, 0);
  pen.globalAlpha = 0.04 + 0.3 * Math.min(above_db / STRONG_DB, 1);
  pen.fillStyle = colours.accent;
  pen.fillRect(box.left, box.top, box.width, box.height);
  pen.globalAlpha = 1;
  pen.fillStyle = lineColour(colours, use.band);
  const fitting = Math.max(1, Math.floor((box.width - NUMBER_WIDTH) / MARK_WIDTH));
  (use.links ?? []).slice(0, fitting).forEach((_, i) => bandMark(pen, use.band, box.left + 11 + i * MARK_WIDTH, box.top + 12, 4.5));
  const interference = use.mean_interference_dbm == null ? UNKNOWN : `${number(use.mean_interference_dbm, 0)} dBm`;
  write(pen, interference, box.left + 6, box.top + 29, "11px", colours.text);
  pen.textAlign = "right";
  write(pen, number(use.mean_links, 2), box.left + box.width - 6, box.top + 12, "600 11px", colours.text);
  pen.textAlign = "left";
}

function write(pen: CanvasRenderingContext2D, text: string, x: number, y: number, font: string, colour: string): void {
  pen.font = `${font} system-ui, sans-serif`;
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}
