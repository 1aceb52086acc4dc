// A chart as a table: what is shown behind every chart, and what is saved as CSV.

export interface Column { name: string; unit?: string }
export type Value = string | number | null | undefined;

export interface Table {
  columns: readonly Column[];
  rows: readonly (readonly Value[])[];
}

export const EMPTY_TABLE: Table = { columns: [], rows: [] };

/** A column's name with its unit. */
export const heading = (column: Column): string => (column.unit ? `${column.name} (${column.unit})` : column.name);

/** The table as RFC 4180 text, numbers unrounded, what is not known left empty. */
export function csvOf(table: Table): string {
  const rows = [table.columns.map(heading), ...table.rows];
  return rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

function field(value: Value): string {
  if (value == null || (typeof value === "number" && !Number.isFinite(value))) return "";
  const text = String(value);
  // A spreadsheet would take these first characters for a formula.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A number for a table: at most so many significant digits, without a unit, which stands in the heading. */
export function cellText(value: Value): string {
  if (value == null) return "–";
  if (typeof value === "string") return value;
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 5 });
}
