// What of the page a person has chosen, and how it stands in the address, so that a view can be kept and sent.

export type Span = "recent" | "run";
export interface Zoom { from_s: number; to_s: number }
/** The part of the map that is looked at: enlarged so many times, with this place in the middle. */
export interface Sight { scale: number; x_m: number; y_m: number }
export interface Selection { kind: "cell" | "vehicle"; id: string }

export interface View {
  span: Span;
  zoom: Zoom | null;
  selected: Selection | null;
  /** null: the whole map. */
  sight: Sight | null;
  /** Panels that show their table instead of their chart. */
  tables: readonly string[];
  options_by: "time" | "cell" | "payload" | "length";
  /** Kept runs that are compared, and by what. */
  runs: readonly string[];
  runs_by: "capacity" | "success" | "time" | "signalling";
}

export const INITIAL: View = { span: "recent", zoom: null, selected: null, sight: null, tables: [], options_by: "time", runs: [], runs_by: "capacity" };

const OPTIONS_BY = ["time", "cell", "payload", "length"] as const;
const RUNS_BY = ["capacity", "success", "time", "signalling"] as const;

/** The view as a query, without what is as at the start. */
export function toQuery(view: View): string {
  const query = new URLSearchParams();
  if (view.span !== INITIAL.span) query.set("span", view.span);
  if (view.zoom) query.set("zoom", `${round(view.zoom.from_s)}-${round(view.zoom.to_s)}`);
  if (view.selected) query.set(view.selected.kind, view.selected.id);
  if (view.sight) query.set("map", [view.sight.scale, view.sight.x_m, view.sight.y_m].map(round).join("_"));
  if (view.tables.length) query.set("tables", [...view.tables].sort().join("."));
  if (view.options_by !== INITIAL.options_by) query.set("options", view.options_by);
  if (view.runs_by !== INITIAL.runs_by) query.set("by", view.runs_by);
  if (view.runs.length) query.set("runs", view.runs.join("."));
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The view of a query; what makes no sense in it counts as not said. */
export function fromQuery(text: string): View {
  const query = new URLSearchParams(text);
  return {
    span: query.get("span") === "run" ? "run" : "recent",
    zoom: zoomOf(query.get("zoom")),
    selected: selectionOf(query),
    sight: sightOf(query.get("map")),
    tables: listOf(query.get("tables")),
    options_by: OPTIONS_BY.find((by) => by === query.get("options")) ?? INITIAL.options_by,
    runs: listOf(query.get("runs")),
    runs_by: RUNS_BY.find((by) => by === query.get("by")) ?? INITIAL.runs_by,
  };
}

const round = (value: number): number => Number(value.toFixed(3));
const listOf = (text: string | null): string[] => (text ? text.split(".").filter(Boolean) : []);

function zoomOf(text: string | null): Zoom | null {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? "");
  if (!match) return null;
  const [from_s, to_s] = [Number(match[1]), Number(match[2])];
  return from_s < to_s ? { from_s, to_s } : null;
}

function sightOf(text: string | null): Sight | null {
  const match = /^(\d+(?:\.\d+)?)_(-?\d+(?:\.\d+)?)_(-?\d+(?:\.\d+)?)$/.exec(text ?? "");
  if (!match) return null;
  const [scale, x_m, y_m] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return scale > 1 ? { scale, x_m, y_m } : null;
}

function selectionOf(query: URLSearchParams): Selection | null {
  for (const kind of ["cell", "vehicle"] as const) {
    const id = query.get(kind);
    if (id) return { kind, id };
  }
  return null;
}
