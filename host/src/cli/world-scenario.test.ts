import { describe, expect, it } from "vitest";
import { worldIn, worldText } from "./world-scenario.ts";
import type { WorldSize } from "./world-shrink.ts";

const WORLD: WorldSize = {
  ...{ seed: 4_294_967_295, terminals: 3, cards: 41, days: 7 },
  ...{ faults: ["tears", "power"], attacks: [] },
};

describe("a world as a scenario", () => {
  it("reads as it was written, whatever its title says", () => {
    expect(worldIn(worldText('card 5: "lost" #1\nworld: no', WORLD))).toEqual({ world: WORLD });
    expect(worldIn("world: { seed: 1, terminals: 2, cards: 3, days: 4 }")).toMatchObject({
      world: { faults: expect.arrayContaining(["tears"]), attacks: expect.arrayContaining(["clone"]) },
    });
  });

  it("is none where the file has no world", () => {
    expect(worldIn("title: Noon\nsteps: []\n")).toBeNull();
    expect(worldIn("- world")).toBeNull();
  });

  it.each([
    ["world: 3", "not a map"],
    ["world: { seed: 1, terminals: 0, cards: 3, days: 4 }", "terminals is a whole number from 1 to 1000"],
    ["world: { seed: -1, terminals: 1, cards: 3, days: 4 }", "seed is a whole number from 0"],
    ["world: { seed: 1, terminals: 1, cards: 3 }", "days is a whole number"],
    ["world: { seed: 1, terminals: 1, cards: 3, days: 4, faults: tear }", "tear"],
    ["world: { seed: 1, terminals: 1, cards: 3, days: 4, colour: red }", "no such field"],
    ["world: { seed: 1, terminals: 1, cards: 3, days: 4 }\nsteps: []", "that world alone"],
  ])("says what is wrong with %s", (text, problem) => {
    const read = worldIn(text);
    expect(read !== null && "faults" in read ? read.faults.map((one) => one.problem).join("\n") : read).toContain(
      problem,
    );
  });
});
