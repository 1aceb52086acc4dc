// The colours of canvases, read from the style sheet so that each stands in one place.

import { computed, effect, signal } from "@preact/signals";

export type ThemeChoice = "auto" | "light" | "dark";

export interface Palette {
  text: string; soft: string; grid: string; panel: string; ground: string; road: string; accent: string; bad: string; ink: string;
  /** Fills, by option. */
  options: string[];
  /** Strokes, by sub-band, cell or layer. */
  lines: string[];
}

const KEY = "hiercoop-theme";
const CHOICES: readonly ThemeChoice[] = ["auto", "light", "dark"];
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(prefersDark.matches);
prefersDark.addEventListener("change", (event) => (systemIsDark.value = event.matches));

/** What was chosen on this machine. */
export const themeChoice = signal<ThemeChoice>(CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? "auto");

/** The theme that is shown. */
export const theme = computed(() => (themeChoice.value === "auto" ? (systemIsDark.value ? "dark" : "light") : themeChoice.value));

export const palette = signal<Palette>(emptyPalette());

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  localStorage.setItem(KEY, themeChoice.value);
  palette.value = readPalette();
});
// Style sheets may arrive after this script has run.
addEventListener("load", () => (palette.value = readPalette()));

/** The next choice, round and round. */
export function turnTheme(): void {
  themeChoice.value = CHOICES[(CHOICES.indexOf(themeChoice.value) + 1) % CHOICES.length] ?? "auto";
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim() || "gray";
  const list = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => read(`${prefix}${i}`));
  return {
    text: read("text"), soft: read("soft"), grid: read("grid"), panel: read("panel"), ground: read("ground"),
    road: read("road"), accent: read("accent"), bad: read("bad"), ink: read("ink"),
    options: list("option-", 8), lines: list("line-", 6),
  };
}

function emptyPalette(): Palette {
  const gray = "gray";
  return {
    text: gray, soft: gray, grid: gray, panel: gray, ground: gray, road: gray, accent: gray, bad: gray, ink: gray,
    options: [gray], lines: [gray],
  };
}

/** An option's fill; past the eighth they begin anew, which is why options always carry their number too. */
export const optionColour = (colours: Palette, option: number): string => colours.options[option % colours.options.length] ?? "gray";

/** A line's colour. */
export const lineColour = (colours: Palette, index: number): string => colours.lines[index % colours.lines.length] ?? "gray";

/** A line's dashes, so that lines differ without colour. */
export const lineDash = (index: number): number[] => DASHES[index % DASHES.length] ?? [];

const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [5, 2], [1, 2]];
