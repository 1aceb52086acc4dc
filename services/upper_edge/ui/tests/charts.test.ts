import { describe, expect, test } from "vitest";

import { nearestIndex, readIndex, stacked, tableOf } from "../src/charts/lines";
import { cellText, csvOf } from "../src/words/table";
import { roundAbove, roundBelow } from "../src/words/ticks";

const line = (name: string, values: (number | null)[]) => ({ name, values, colour: "#000000" });

describe("charts", () => {
  test("areas stand on each other, and what is not known adds nothing", () => {
    const [low, high] = stacked([line("0", [0.25, null]), line("1", [0.75, 0.5])]);
    expect(low?.values).toEqual([0.25, 0]);
    expect(high?.values).toEqual([1, 0.5]);
  });

  test.each([[-5, 0], [0.9, 0], [1.4, 0], [1.6, 1], [2.9, 2], [9, 2]])("the point nearest to %d s is %d", (time, index) =>
    expect(nearestIndex([1, 2, 3], time)).toBe(index));
  test("there is no point nearest in nothing", () => expect(nearestIndex([], 1)).toBe(-1));
  test("without a crosshair the latest is read", () => expect(readIndex([1, 2, 3], null)).toBe(2));

  test.each([[[], 1, 1.2], [[63, 99], 1, 120], [[0.9], 0.1, 1], [[null, 240], 1, 300]])(
    "an axis of %j ends at a round value above", (values, least, top) => expect(roundAbove(values as number[], least)).toBeCloseTo(top, 9));
  test.each([[137, 100], [499, 200], [500, 500], [0.3, 0.2]])("the longest round length up to %d is %d", (limit, length) =>
    expect(roundBelow(limit)).toBeCloseTo(length, 9));
});

describe("tables", () => {
  test("the newest stands first, in the unit of the heading", () => {
    const table = tableOf([0.1, 0.2], [line("sum", [1e6, null])], "Mbit/s", 1e-6);
    expect(table.rows).toEqual([[0.2, null], [0.1, 1]]);
    expect(csvOf(table)).toBe("Simulated time (s),sum (Mbit/s)\r\n0.2,\r\n0.1,1\r\n");
  });
  test("a field that would break a row is quoted", () =>
    expect(csvOf({ columns: [{ name: "a,b" }], rows: [['say "x"']] })).toBe('"a,b"\r\n"say ""x"""\r\n'));
  test.each(["=1+1", "+x", "-x", "@x"])("%s is no formula in a spreadsheet", (text) =>
    expect(csvOf({ columns: [{ name: "a" }], rows: [[text]] })).toBe(`a\r\n'${text}\r\n`));
  test("a negative number is a number", () => expect(csvOf({ columns: [{ name: "a" }], rows: [[-1.5]] })).toBe("a\r\n-1.5\r\n"));
  test.each([[null, "–"], [12_400, "12,400"], [0.123456, "0.12346"], ["x", "x"]])("%s reads %s", (value, text) => expect(cellText(value)).toBe(text));
});
