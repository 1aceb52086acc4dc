import { palette } from "../state/palette";
import { status, tables } from "../state/store";
import { savePng, saveCsv } from "../parts/save";
import { simulated } from "../words/format";
import type { Table } from "../words/table";

interface Props { id: string; title: string; table: () => Table; has_picture?: boolean; has_table?: boolean }

/** Table behind the chart, and both of them as files. */
export function ChartTools({ id, title, table, has_picture = true, has_table = true }: Props) {
  const isTable = tables.value.includes(id);
  return (
    <>
      {has_table && <button type="button" aria-pressed={isTable} onClick={() => toggleTable(id)}>Table</button>}
      {has_picture && <button type="button" disabled={isTable} onClick={() => picture(id, title)}
        aria-label={`Save ${title} as a PNG picture`}>PNG</button>}
      <button type="button" onClick={() => saveCsv(fileName(id), table())} aria-label={`Save ${title} as a CSV table`}>CSV</button>
    </>
  );
}

/** Whether a panel shows its table now. */
export const showsTable = (id: string): boolean => tables.value.includes(id);

/** Shows the table in place of the chart, or the chart again. */
export function toggleTable(id: string): void {
  tables.value = showsTable(id) ? tables.value.filter((one) => one !== id) : [...tables.value, id];
}

function fileName(id: string): string {
  const run = status.value?.run;
  return run ? `hiercoop-${run.run_id}-slot${run.slot}-${id}` : `hiercoop-${id}`;
}

function picture(id: string, title: string): void {
  const canvases = [...document.querySelectorAll<HTMLCanvasElement>(`#${id} canvas`)];
  const legend = [...document.querySelectorAll<HTMLElement>(`#${id} .legend li`)].map((item) => item.innerText.replace(/\s+/g, " "));
  const run = status.value?.run;
  const about = run ? `${run.scenario}, seed ${run.seed}, up to ${simulated(run.time_s)} of simulated time` : "";
  savePng(fileName(id), canvases, [title, about, ...(legend.length ? [legend.join("   ")] : [])], palette.value);
}
