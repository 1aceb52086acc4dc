import { describe, expect, test } from "vitest";

import { age, bitrate, bytes, bytesPerSlot, counted, decibels, duration, kilobits, number, percent, simulated } from "../src/words/format";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("numbers for people", () => {
  test.each([
    [counted(1, "slot"), "1 slot"],
    [counted(1200, "slot"), "1,200 slots"],
    [percent(0.9444), "94.4 %"],
    [bitrate(63.1e6), "63.10 Mbit/s"],
    [bitrate(30_300), "30.3 kbit/s"],
    [bitrate(0), "0.00 Mbit/s"],
    [bytes(999), "999 B"],
    [bytes(28.14), "28.1 B"],
    [bytes(87_500), "87.5 kB"],
    [bytes(1_200_000), "1.2 MB"],
    [bytesPerSlot(129), "129.0 B/slot"],
    [bytesPerSlot(12_900), "12.9 kB/slot"],
    [duration(0), "0 s"],
    [duration(801e-6), "801 µs"],
    [duration(0.0118), "11.8 ms"],
    [duration(29.3), "29.30 s"],
    [duration(600), "10.0 min"],
    [simulated(600), "600.00 s"],
    [decibels(1000), "30.0 dB"],
    [kilobits(8720), "8.72 kbit"],
    [number(12_400), "12,400"],
  ])("%s", (made, wanted) => expect(plain(made)).toBe(wanted));

  test.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])("%s is a dash and never a zero", (nothing) => {
    for (const write of [number, percent, bitrate, simulated]) expect(write(nothing)).toBe("–");
  });

  test("a ratio of nothing has no decibels", () => expect(decibels(0)).toBe("–"));

  test("ages are rounded down, so that nothing looks younger than it says", () => {
    expect([0.4, 12.9, 119, 130, 8000].map((seconds) => plain(age(seconds)))).toEqual(
      ["under 1 s ago", "12 s ago", "119 s ago", "2 min ago", "2 h ago"]);
  });
});
