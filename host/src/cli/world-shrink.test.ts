import { describe, expect, it } from "vitest";
import { shrunk, type WorldSize } from "./world-shrink.ts";

const WORLD: WorldSize = {
  ...{ seed: 9, terminals: 20, cards: 2_000, days: 30 },
  faults: ["tears", "power", "batches", "clocks", "silence"],
  attacks: ["rollback", "clone", "edit"],
};

/** Lives through nothing: a world that breaks where this says so. */
const told = (breaks: (world: WorldSize) => boolean) => {
  const tried: WorldSize[] = [];
  const ask = async (world: WorldSize) => {
    tried.push(world);
    return breaks(world);
  };
  return { tried, ask };
};

describe("a world that breaks a promise", () => {
  it("shrinks to what it takes, and no further", async () => {
    const { ask } = told(
      ({ faults, attacks, days, cards, terminals }) =>
        faults.includes("power") && attacks.includes("clone") && days >= 7 && cards >= 41 && terminals >= 3,
    );
    expect(await shrunk(WORLD, ask, 1_000)).toEqual({
      ...{ seed: 9, terminals: 3, cards: 41, days: 7 },
      ...{ faults: ["power"], attacks: ["clone"] },
    });
  });

  it("stays as it is where nothing smaller breaks, and ends after so many tries", async () => {
    const never = told(() => false);
    expect(await shrunk(WORLD, never.ask, 1_000)).toEqual(WORLD);
    const always = told(() => true);
    expect(await shrunk(WORLD, always.ask, 3)).toMatchObject({ attacks: [], faults: [], days: 8 });
    expect(always.tried).toHaveLength(3);
  });
});
