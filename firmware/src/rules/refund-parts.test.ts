import type { Lot, Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { cents, lines, movedBy, NOW, of, refunds } from "../../../tests/fixtures/refunding.ts";
import { parseDay } from "./calendar/period.ts";
import { bonus, cagnotte, evaluate, multiplier, points, type Sale, stamps } from "./plain.ts";

describe("an unearned fraction", () => {
  const carrying = of([cagnotte({ id: "c", rate: 333, rounding: "carry" })]);
  const purse = (value: number, remainder: number): Purse => ({
    kind: "carrying-cagnotte",
    index: 0,
    cents: value,
    remainder,
  });

  it("goes back with the last line, and borrows a unit where it is not there any more", () => {
    // 100 at 333: 3 and 3300. 200: 6 and 6600; both 9 and 9900. 50: 1 and 6650 make 11 and 6550.
    const { purses, steps } = refunds(carrying, [], lines(200), [[0]], { between: [[lines(150), NOW]] });
    // 150 alone: 4 and 9950.
    expect(purses).toEqual([purse(4, 9_950)]);
    expect(steps[0]!.effects).toContainEqual({
      type: "clawback",
      rule: "c",
      unit: "cents",
      value: 7,
      funder: "merchant",
      fraction: 3_400,
    });
  });

  it("leaves a unit where it comes to a whole one", () => {
    const { purses, first } = refunds(carrying, [purse(0, 9_000)], lines(100), [[0]], { between: [[lines(50), NOW]] });
    expect(first.effects).toMatchObject([{ value: 4, fraction: 2_300 - 9_000 }]);
    // 9000 and 50 at 333: 2 and 5650.
    expect(purses).toEqual([purse(2, 5_650)]);
  });

  it("of parts that are finer or coarser than another version's never makes more than one unit", () => {
    const byTen = of([
      points({ id: "p", earn: { per: "amount", cents: 10, points: 1, groups: "exact" }, rounding: "carry" }),
    ]);
    const held: Purse = { kind: "carrying-points", index: 0, count: 5, remainder: 900 };
    expect(evaluate(byTen, [held], lines(1), NOW).newPurses).toEqual([
      { kind: "carrying-points", index: 0, count: 6, remainder: 0 },
    ]);
  });
});

describe("lots", () => {
  const day = (text: string) => parseDay(text)!;
  const programme = of([cagnotte({ id: "c", rate: 500, lots: 2 })]);
  const lot = (value: number, expires: string, issued = "2027-01-01"): Lot => ({
    value,
    expires: day(expires),
    issued: day(issued),
  });
  const held = (...lots: Lot[]): Purse => ({ kind: "cagnotte-lots-2", index: 0, lots });

  it("come back line by line: what was spent last comes first", () => {
    const start = held(lot(150, "2027-06-30"), lot(100, "2027-12-31"));
    const { steps, purses } = refunds(programme, [start], { ...lines(120, 80), redeem: 200 }, [[0], [1]]);
    expect(steps.map(({ effects }) => effects.find(({ type }) => type === "return")!.lots)).toEqual([
      [lot(50, "2027-12-31"), lot(70, "2027-06-30")],
      [lot(80, "2027-06-30")],
    ]);
    expect(purses).toEqual([start]);
  });

  it("that a smaller version of the purse has no place for become fewer, and lose nothing", () => {
    const many: Purse = {
      kind: "cagnotte-lots-4",
      index: 0,
      lots: [lot(10, "2027-04-01"), lot(20, "2027-04-02"), lot(30, "2027-09-01"), lot(40, "2028-01-01")],
    };
    const done = evaluate(programme, [many], { ...lines(500), redeem: 5 }, NOW);
    expect(done.newPurses).toMatchObject([{ kind: "cagnotte-lots-2" }]);
    const [purse] = done.newPurses;
    expect(purse !== undefined && "lots" in purse && purse.lots.reduce((all, { value }) => all + value, 0)).toBe(
      100 - 5 + 24,
    );
  });

  it("are over where a version keeps them in one sum", () => {
    const one = of([cagnotte({ id: "c", rate: 500 })]);
    const done = evaluate(one, [held(lot(150, "2027-03-09"), lot(100, "2027-12-31"))], { kind: "look" }, NOW);
    expect(done.effects).toMatchObject([{ type: "expire", value: 150 }]);
    expect(done.newPurses).toEqual([cents(100)]);
  });
});

describe("stamps of items", () => {
  const cups = of([
    stamps({
      id: "s",
      count: { per: "item", category: "coffee" },
      grid: 1,
      reward: { kind: "free-item", label: "Coffee", category: "coffee" },
    }),
  ]);
  const coffees = (...quantities: number[]): Sale => ({
    lines: quantities.map((quantity) => ({ amount: 200 * quantity, quantity, category: "coffee" })),
    tip: 0,
  });

  it("are taken back once, in whatever order the lines come", () => {
    for (const parts of [
      [[0], [1], [2]],
      [[2], [0], [1]],
      [[1, 2], [0]],
    ]) {
      const { purses, first } = refunds(cups, [{ kind: "stamps", index: 0, count: 1 }], coffees(3, 3, 3), parts);
      expect(movedBy(first.effects, "stamp")).toBe(4);
      expect(purses).toEqual([{ kind: "stamps", index: 0, count: 1 }]);
    }
  });

  it("of lines of other things are not touched", () => {
    const sale: Sale = { lines: [{ amount: 500, quantity: 4 }, ...coffees(1).lines, ...coffees(1).lines], tip: 0 };
    const grid = of([
      stamps({
        id: "s",
        count: { per: "item", category: "coffee" },
        grid: 9,
        reward: { kind: "gift", label: "x", value: 1 },
      }),
    ]);
    const { steps } = refunds(grid, [], sale, [[0], [2], [1]]);
    expect(steps.map(({ effects }) => movedBy(effects, "clawback"))).toEqual([0, 1, 1]);
  });
});

describe("shares of what was earned", () => {
  it("follow what each line earned, not what it cost", () => {
    const programme = of([
      cagnotte({ id: "c", rate: 500 }),
      multiplier({ id: "m", of: "c", permille: 3_000, categories: ["new"] }),
    ]);
    const sale: Sale = {
      lines: [
        { amount: 1_000, quantity: 1, category: "new" },
        { amount: 1_000, quantity: 1 },
      ],
      tip: 0,
    };
    const { first, steps } = refunds(programme, [], sale, [[0], [1]]);
    expect(movedBy(first.effects, "earn")).toBe(200);
    expect(steps.map(({ effects }) => movedBy(effects, "clawback"))).toEqual([150, 50]);
  });

  it("of items lie on the lines that have them", () => {
    const programme = of([points({ id: "p", earn: { per: "item", category: "coffee", points: 7 } })]);
    const sale: Sale = {
      lines: [
        { amount: 9_000, quantity: 1 },
        { amount: 200, quantity: 2, category: "coffee" },
      ],
      tip: 0,
    };
    const { steps } = refunds(programme, [], sale, [[0], [1]]);
    expect(steps.map(({ effects }) => movedBy(effects, "clawback"))).toEqual([0, 14]);
  });

  it("three of a bonus and a rate drift by nothing", () => {
    const programme = of([cagnotte({ id: "c", rate: 333 }), bonus({ id: "b", of: "c", gives: 100 })]);
    const { first, steps, purses } = refunds(programme, [], lines(333, 333, 334), [[1], [2], [0]]);
    expect(movedBy(first.effects, "earn")).toBe(133);
    expect(steps.map(({ effects }) => movedBy(effects, "clawback"))).toEqual([44, 45, 44]);
    expect(purses).toEqual([cents(0)]);
  });
});
