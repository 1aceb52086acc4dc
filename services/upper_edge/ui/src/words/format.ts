// Numbers as people read them, each with its unit. What is not known is a dash, never a zero.

export const UNKNOWN = "–";

const formats = new Map<number, Intl.NumberFormat>();

/** The number with thousands grouped and so many digits after the point. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value == null || !Number.isFinite(value)) return UNKNOWN;
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(digits, format);
  }
  return format.format(value);
}

/** So many of a thing: 1 slot, 2 slots. */
export const counted = (count: number | null | undefined, noun: string, digits = 0): string =>
  `${number(count, digits)} ${noun}${count === 1 ? "" : "s"}`;

const withUnit = (value: number | null | undefined, digits: number, unit: string, factor = 1): string =>
  value == null || !Number.isFinite(value) ? UNKNOWN : `${number(value * factor, digits)}\u00a0${unit}`;

/** A share in 0..1 as a percentage. */
export const percent = (share: number | null | undefined, digits = 1): string => withUnit(share, digits, "%", 100);

/** Bit/s as Mbit/s, or kbit/s where that says more. */
export const bitrate = (bps: number | null | undefined): string =>
  bps != null && bps !== 0 && Math.abs(bps) < 1e5 ? withUnit(bps, 1, "kbit/s", 1e-3) : withUnit(bps, 2, "Mbit/s", 1e-6);

const BYTE_UNITS = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const;

/** Bytes in the unit that keeps the number short. */
export function bytes(value: number | null | undefined): string {
  if (value == null) return UNKNOWN;
  const [size, unit] = BYTE_UNITS.find(([least]) => Math.abs(value) >= least) ?? [1, "B"];
  return withUnit(value / size, size === 1 && Number.isInteger(value) ? 0 : 1, unit);
}

/** Bits as bytes. */
export const bits = (value: number | null | undefined): string => bytes(value == null ? null : value / 8);

/** Bits as kbit, which a slot's capacity is compared with. */
export const kilobits = (value: number | null | undefined): string => withUnit(value, 2, "kbit", 1e-3);

/** Bytes a slot. */
export const bytesPerSlot = (value: number | null | undefined): string =>
  value != null && Math.abs(value) >= 1e4 ? withUnit(value, 1, "kB/slot", 1e-3) : withUnit(value, 1, "B/slot");

/** A duration: microseconds to minutes. */
export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return UNKNOWN;
  if (seconds === 0) return "0\u00a0s";
  if (seconds < 1e-3) return withUnit(seconds, 0, "µs", 1e6);
  if (seconds < 1) return withUnit(seconds, 1, "ms", 1e3);
  return seconds < 120 ? withUnit(seconds, 2, "s") : withUnit(seconds, 1, "min", 1 / 60);
}

/** Simulated time, always in seconds: it is compared between panels. */
export const simulated = (seconds: number | null | undefined): string => withUnit(seconds, 2, "s");

/** How old something is, in the words of a badge. */
export function age(seconds: number): string {
  if (seconds < 1) return "under 1\u00a0s ago";
  if (seconds < 120) return `${number(Math.floor(seconds))}\u00a0s ago`;
  return seconds < 7200 ? `${number(Math.floor(seconds / 60))}\u00a0min ago` : `${number(Math.floor(seconds / 3600))}\u00a0h ago`;
}

/** A linear ratio in dB; a ratio of nothing is a dash. */
export const decibels = (ratio: number | null | undefined): string =>
  ratio == null || ratio <= 0 ? UNKNOWN : withUnit(10 * Math.log10(ratio), 1, "dB");

/** Metres. */
export const metres = (value: number | null | undefined): string => withUnit(value, 0, "m");

/** A digest's first characters, enough to tell two apart. */
export const digest = (value: string | null | undefined): string => (value ? value.slice(0, 10) : "none");
