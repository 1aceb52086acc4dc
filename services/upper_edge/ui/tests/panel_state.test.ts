import { describe, expect, test } from "vitest";

import { panelState, type Known } from "../src/state/panel_state";

const live: Known = { link: "open", silent_s: 0.1, connection: "live", age_s: 0.1, run: "running", missing: [], has_data: true };
const of = (change: Partial<Known>) => panelState({ ...live, ...change });

describe("a panel's state", () => {
  test.each<[Partial<Known>, string]>([
    [{}, "live"],
    [{ run: "paused" }, "paused"],
    [{ run: "finished" }, "finished"],
    [{ run: "waiting" }, "connecting"],
    [{ has_data: false }, "empty"],
    [{ missing: [1] }, "partial"],
    [{ connection: "stale", age_s: 5 }, "stale"],
    [{ connection: "reconnecting", age_s: 5 }, "reconnecting"],
    [{ connection: "connecting", age_s: null }, "connecting"],
    [{ link: "connecting", connection: null }, "connecting"],
    [{ link: "lost" }, "reconnecting"],
    [{ link: "lost", has_data: false }, "connecting"],
    [{ silent_s: 3.5, age_s: 3.5 }, "stale"],
    [{ failure: "the database is damaged" }, "failed"],
  ])("%j is %s", (change, name) => expect(of(change).name).toBe(name));

  test.each<Partial<Known>>([{ link: "lost" }, { silent_s: 10 }, { connection: "stale" }, { connection: "reconnecting" }, { failure: "broken" }])(
    "old numbers look old: %j", (change) => expect(of(change).is_old).toBe(true));

  test.each<Partial<Known>>([{}, { run: "paused" }, { missing: [0] }, { run: "finished" }])(
    "numbers of the latest slot do not: %j", (change) => expect(of(change).is_old).toBe(false));

  test("a lost server is graver than whatever it said last", () => expect(of({ link: "lost", run: "paused", missing: [1] }).name).toBe("reconnecting"));

  test("a stale panel says how old it is", () => expect(of({ connection: "stale", age_s: 12.3 }).text).toBe("last update 12\u00a0s ago"));

  test("cells without an agent are named, three of them at most", () => {
    expect(of({ missing: [1] }).text).toBe("no agent at cell 1");
    expect(of({ missing: [0, 1, 2, 3, 4] }).text).toBe("no agent at cells 0, 1, 2 and 2 more");
  });

  test("an empty panel says what to do", () => expect(of({ has_data: false, advice: "Reset the run." }).advice).toBe("Reset the run."));
});
