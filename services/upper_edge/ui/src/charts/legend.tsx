import { lineDash } from "../state/palette";

export interface Entry { name: string; value: string; colour: string; dash?: number[] | undefined; kind: "line" | "block" }

/** Names, marks and values of what a chart shows, at the crosshair or now. */
export function Legend({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul class="legend">
      {entries.map((entry) => (
        <li key={entry.name}>
          <Mark entry={entry} />
          <span>{entry.name}</span>
          <b>{entry.value}</b>
        </li>
      ))}
    </ul>
  );
}

function Mark({ entry }: { entry: Entry }) {
  return (
    <svg viewBox="0 0 22 10" aria-hidden="true">
      {entry.kind === "block"
        ? <rect x="4" width="14" height="10" rx="2" fill={entry.colour} />
        : <path d="M0 5H22" stroke={entry.colour} stroke-width="2" stroke-dasharray={(entry.dash ?? lineDash(0)).join(" ")} />}
    </svg>
  );
}
