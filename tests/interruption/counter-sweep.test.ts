import { loadQuickJs } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { fixtureFile, imageOf, sale, topUp } from "../fixtures/town.ts";
import { type Scenario, type Setting, sweepAll } from "./sweep.ts";

/** Visits on chips with a one-way counter (protocol P2), cut at every card command, count and journal append. */
const PURSE = 33;

const purse: Setting = {
  card: { chip: "MF0UL21" },
  terminals: { programmes: [PURSE], image: await imageOf([fixtureFile("purse")]) },
  programmes: [PURSE],
  writesAll: () => sale(1_000),
};
const twoStamps: Setting = {
  card: { chip: "MF0UL21", areas: 2 },
  terminals: { programmes: [31, 32], image: await imageOf([fixtureFile("stamps-shop"), fixtureFile("stamps-town")]) },
  programmes: [31, 32],
  writesAll: () => sale(1_000),
};
const smallest: Setting = {
  card: { chip: "MF0UL11" },
  terminals: { programmes: [31], image: await imageOf([fixtureFile("stamps-shop")]) },
  programmes: [31],
  writesAll: () => sale(1_000),
};

const CASES: readonly (readonly [Setting, Scenario])[] = [
  [purse, { name: "MF0UL21: first sale, which opens the area", before: [], visit: () => sale(1_250), opens: true }],
  [purse, { name: "MF0UL21: sale", before: [() => sale(2_000)], visit: () => sale(1_250), opens: false }],
  [
    purse,
    {
      name: "MF0UL21: redemption, paid with prepaid money",
      before: [() => sale(20_000), () => topUp(5_000)],
      visit: () => sale(1_800, 700),
      opens: false,
    },
  ],
  [purse, { name: "MF0UL21: first top-up", before: [], visit: () => topUp(5_000), opens: true }],
  [
    purse,
    { name: "MF0UL21: top-up", before: [() => topUp(2_000), () => sale(500)], visit: () => topUp(5_000), opens: false },
  ],
  [
    twoStamps,
    {
      name: "MF0UL21, two areas: reward in one, stamp in the other",
      before: [() => sale(400), () => sale(400)],
      visit: () => sale(900),
      opens: false,
    },
  ],
  [smallest, { name: "MF0UL11: stamp", before: [() => sale(400)], visit: () => sale(900), opens: false }],
];

describe("a visit on a chip with a counter, cut anywhere, loses no cent and creates none", () => {
  it.each(CASES.map(([setting, scenario]) => ({ name: scenario.name, setting, scenario })))(
    "$name",
    async ({ setting, scenario }) => {
      const { operations, cuts } = await sweepAll(setting, scenario);
      expect(operations.filter((kind) => kind === "card-write").length).toBeGreaterThanOrEqual(4);
      expect(operations.filter((kind) => kind === "card-count").length).toBeGreaterThanOrEqual(2);
      expect(cuts).toBeGreaterThan(400);
    },
  );

  it("the same in QuickJS: every 97th cut, every one in a soak", async () => {
    const every = process.env.CACHET_SOAK === "1" ? 1 : 97;
    const newSandbox = await loadQuickJs();
    for (const [setting, scenario] of CASES) await sweepAll(setting, scenario, { newSandbox }, every);
  }, 3_600_000);
});
