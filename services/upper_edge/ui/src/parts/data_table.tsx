import { cellText, heading, type Table } from "../words/table";

/** A table that scrolls within its panel; focusable, so that the keyboard scrolls it too. */
export function DataTable({ table, label }: { table: Table; label: string }) {
  const isText = table.columns.map((_, i) => typeof table.rows[0]?.[i] === "string");
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, table`}>
      <table>
        <thead>
          <tr>{table.columns.map((column, i) => <th key={i} scope="col" class={isText[i] ? "text" : ""}>{heading(column)}</th>)}</tr>
        </thead>
        <tbody>
          {table.rows.map((row, r) => (
            <tr key={r}>{row.map((value, i) => <td key={i} class={isText[i] ? "text" : ""}>{cellText(value)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
