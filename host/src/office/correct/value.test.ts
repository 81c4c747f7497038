import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import {
  cagnotte,
  type Effect,
  percent,
  points,
  prepaid,
  programme,
  stamps,
} from "../../../../firmware/src/rules/plain.ts";
import { keeperOf, movesOf, spentBy, worthIn } from "./value.ts";

const all = programme({
  number: 5,
  version: 1,
  name: "Essai",
  scope: "shop",
  merchants: { 1: { name: "Un", role: "earn-and-spend" } },
  offlineCap: 5_000,
  rules: [
    cagnotte({ id: "tirelire", rate: percent(5), purse: 1, funder: "association" }),
    points({
      id: "points",
      purse: 2,
      earn: { per: "visit", points: 10 },
      gifts: [{ id: "mug", label: "Mug", points: 20, value: 400 }],
    }),
    stamps({ id: "grille", grid: 5, reward: { kind: "gift", label: "Café", value: 150 } }),
    prepaid({
      id: "compte",
      balanceMax: 10_000,
      bonus: {
        bands: [{ from: 100, rate: 1_000 }],
        purse: 3,
        rounding: "floor",
        validity: null,
        lots: 0,
        funder: "sponsor",
      },
    }),
  ],
});

const effect = (type: Effect["type"], rule: string, unit: Effect["unit"], value: number, more: Partial<Effect> = {}) =>
  ({ type, rule, unit, value, funder: "merchant", ...more }) satisfies Effect;
const lot = (value: number) => ({ value, expires: 9_999, issued: 9_000 });

describe("the worth of purses", () => {
  it("is one sum for what a purse keeps, whatever kind of purse it is, less what is owed", () => {
    const purses: readonly Purse[] = [
      { kind: "timed-stamps", index: 0, count: 4, last: 1 },
      { kind: "cagnotte-lots-2", index: 1, lots: [lot(300), lot(50)] },
      { kind: "owed-cents", index: 1, value: 20 },
      { kind: "carrying-points", index: 2, count: 7, remainder: 3 },
      { kind: "owed-points", index: 2, value: 9 },
      { kind: "prepaid", index: 0, cents: 500 },
      { kind: "units", index: 0, paid: 3, bonus: 1 },
      { kind: "club", index: 0, until: 9_999 },
    ];
    expect([...worthIn(purses)].sort()).toEqual([
      ["cagnotte 1", 330],
      ["points 2", -2],
      ["prepaid 0", 500],
      ["stamps 0", 4],
      ["units 0", 4],
    ]);
  });
});

describe("what a visit did to purses", () => {
  it("is what was spent, by the purse that paid, and the rest of the change", () => {
    const effects = [
      effect("redeem", "tirelire", "cents", 200),
      effect("redeem", "compte", "cents", 300),
      effect("redeem", "compte", "cents", 40, { label: "bonus" }),
      effect("redeem", "points", "points", 20, { cents: 0, label: "Mug" }),
      effect("reward", "points", "cents", 400, { times: 1 }),
      effect("reward", "grille", "cents", 150, { taken: 5, times: 1 }),
      effect("decline", "tirelire", "cents", 999, { reason: "INSUFFICIENT" }),
      effect("discount", "tirelire", "cents", 60),
    ];
    expect([...spentBy(all, effects)].sort()).toEqual([
      ["cagnotte 1", 200],
      ["cagnotte 3", 40],
      ["points 2", 20],
      ["prepaid 0", 300],
      ["stamps 0", 5],
    ]);
    const before: readonly Purse[] = [
      { kind: "cagnotte", index: 1, cents: 250 },
      { kind: "stamps", index: 0, count: 4 },
    ];
    const after: readonly Purse[] = [
      { kind: "cagnotte", index: 1, cents: 90 },
      { kind: "stamps", index: 0, count: 0 },
    ];
    const { purses, offCents } = movesOf(all, before, after, [effects[0]!, effects[5]!, effects[7]!]);
    expect(Object.fromEntries(purses)).toEqual({
      "cagnotte 1": { given: 40, spent: 200 },
      "stamps 0": { given: 1, spent: 5 },
    });
    expect(offCents).toBe(60);
  });

  it("counts what expires, and what a refund takes back, against what was given", () => {
    const before: readonly Purse[] = [{ kind: "points", index: 2, count: 50 }];
    const { purses } = movesOf(
      all,
      before,
      [{ kind: "points", index: 2, count: 15 }],
      [effect("expire", "points", "points", 30), effect("clawback", "points", "points", 5)],
    );
    expect(Object.fromEntries(purses)).toEqual({ "points 2": { given: -35, spent: 0 } });
  });
});

describe("the rule that keeps a purse", () => {
  it("is found by what it keeps, with who pays; money given on top has its own", () => {
    expect(keeperOf(all, "cagnotte 1")).toEqual({ rule: "tirelire", funder: "association" });
    expect(keeperOf(all, "cagnotte 3")).toEqual({ rule: "compte", funder: "sponsor" });
    expect(keeperOf(all, "prepaid 0")).toEqual({ rule: "compte", funder: "merchant" });
    expect(keeperOf(all, "stamps 1")).toBeNull();
  });
});
