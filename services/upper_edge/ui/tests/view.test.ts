import { describe, expect, test } from "vitest";

import { fromQuery, INITIAL, toQuery, type View } from "../src/state/view";

const view: View = {
  span: "run", zoom: { from_s: 1.5, to_s: 12.25 }, selected: { kind: "vehicle", id: "vehicle-3 & more" },
  sight: { scale: 2.5, x_m: -12.125, y_m: 433 },
  tables: ["capacity", "map"], options_by: "payload", runs: ["0a", "1b"], runs_by: "signalling",
};

describe("the view in the address", () => {
  test("comes back whole", () => expect(fromQuery(toQuery(view))).toEqual(view));
  test("is empty at the start", () => expect(toQuery(INITIAL)).toBe(""));
  test("is the initial one without a query", () => expect(fromQuery("")).toEqual(INITIAL));
  test.each(["?zoom=5-1", "?zoom=a-b", "?zoom=-1-3", "?span=ever", "?options=colour", "?zoom=1e9999-2", "?cell=", "?tables=..",
    "?map=1_2_3", "?map=2_3", "?map=0.5_1_1", "?by=colour"])(
    "counts as not said where it makes no sense: %s", (query) => expect(fromQuery(query)).toEqual(INITIAL));
});
