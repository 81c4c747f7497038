import { type Purse, STAMPS_MAX } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, type Facts, programme, type Sale, stamps } from "./plain.ts";

const FACTS: Facts = { merchant: 1, at: 800_000_000, clockSuspect: false };
const TORN: Facts = { ...FACTS, earnOnly: true };
type Draft = Partial<Parameters<typeof stamps>[0]>;
const grid = (more: Draft = {}) =>
  programme({
    number: 1,
    version: 1,
    name: "test",
    scope: "shop",
    merchants: { 1: { name: "M", role: "earn-and-spend" } },
    rules: [stamps({ id: "s", grid: 10, reward: { kind: "gift", label: "Bouquet", value: 800 }, ...more })],
  });
const coffees = (quantity: number): Sale => ({
  lines: [{ amount: quantity * 150, quantity, category: "coffee" }],
  tip: 0,
});
const count = (stamped: number): Purse => ({ kind: "stamps", index: 0, count: stamped });
const FREE: Draft = {
  count: { per: "item", category: "coffee" },
  reward: { kind: "free-item", label: "Café", category: "coffee" },
};

describe("stamps while nothing may leave the card", () => {
  it("are given, and the reward is put off to the next visit", () => {
    const torn = evaluate(grid(), [count(9)], coffees(1), TORN);
    expect(torn.effects).toEqual([{ type: "stamp", rule: "s", unit: "stamps", value: 1, funder: "merchant" }]);
    expect(torn).toMatchObject({ newPurses: [count(10)], skipped: [{ rule: "s", reason: "COUNTER_TORN" }] });
    const next = evaluate(grid(), torn.newPurses, coffees(1), FACTS);
    expect(next.effects[1]).toMatchObject({ type: "reward", times: 1, taken: 10 });
    expect(next.newPurses).toEqual([count(1)]);
  });

  it("say nothing of a reward that was not due", () => {
    expect(evaluate(grid(), [count(8)], coffees(1), TORN).skipped).toEqual([]);
    expect(evaluate(grid(FREE), [count(8)], coffees(2), TORN).skipped).toEqual([]);
  });

  it("are given for the item that would have been free", () => {
    const torn = evaluate(grid(FREE), [count(10)], coffees(1), TORN);
    expect(torn).toMatchObject({ payable: 150, newPurses: [count(11)], skipped: [{ reason: "COUNTER_TORN" }] });
    const next = evaluate(grid(FREE), torn.newPurses, coffees(1), FACTS);
    expect(next).toMatchObject({ payable: 0, newPurses: [count(1)] });
  });

  it("fill the purse to its brim, and what does not fit is said", () => {
    const torn = evaluate(grid(FREE), [count(250)], coffees(9), TORN);
    expect(torn.effects).toMatchObject([{ type: "stamp", value: 5, wouldBe: 9, reason: "CAP_BALANCE" }]);
    expect(torn.newPurses).toEqual([count(STAMPS_MAX)]);
  });

  it("lose the customer nothing, even where stamps beyond a full grid are lost", () => {
    const visits = fc.array(fc.record({ torn: fc.boolean(), quantity: fc.integer({ min: 1, max: 4 }) }), {
      maxLength: 20,
    });
    const excess = fc.constantFrom("carry" as const, "lose" as const);
    const perVisit = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(visits, excess, perVisit, fc.boolean(), (all, kind, each, free) => {
        const rules = grid({ excess: kind, ...(free ? FREE : { count: { per: "visit", stamps: each } }) });
        /** Grids paid out and stamps left at the end, a last visit settling what was put off. */
        const worth = (withTears: boolean): number => {
          let purses: readonly Purse[] = [];
          let grids = 0;
          for (const { torn, quantity } of [...all, { torn: false, quantity: 4 }, { torn: false, quantity: 4 }]) {
            const done = evaluate(rules, purses, coffees(quantity), withTears && torn ? TORN : FACTS);
            const held = (from: readonly Purse[]) =>
              from.reduce((sum, purse) => sum + ("count" in purse ? purse.count : 0), 0);
            const moved = done.effects.reduce(
              (sum, { type, value, taken = 0 }) => sum - taken + (type === "stamp" ? value : 0),
              0,
            );
            expect(held(done.newPurses)).toBe(held(purses) + moved);
            grids += done.effects.reduce((sum, { times = 0 }) => sum + times, 0);
            purses = done.newPurses;
          }
          return grids * 10 + purses.reduce((sum, purse) => sum + ("count" in purse ? purse.count : 0), 0);
        };
        // An item that was to be free was paid and stamped instead: that is worth a stamp more, never less.
        expect(worth(true)).toBeGreaterThanOrEqual(worth(false));
        if (kind === "carry" && !free) expect(worth(true)).toBe(worth(false));
      }),
    );
  });

  it("keep the rule that excess is lost for what is excess at this very visit", () => {
    const rules = grid({ excess: "lose", count: { per: "visit", stamps: 8 } });
    const put = evaluate(rules, [count(8)], coffees(1), TORN).newPurses;
    expect(put).toEqual([count(16)]);
    // 16 + 8: one grid was put off, the second is filled now, and its 4 too many are lost.
    expect(evaluate(rules, put, coffees(1), FACTS)).toMatchObject({
      effects: [{ value: 8 }, { times: 2, taken: 24 }],
      newPurses: [count(0)],
    });
    expect(evaluate(rules, [count(11)], coffees(1), FACTS)).toMatchObject({
      effects: [{ value: 8 }, { times: 1, taken: 10 }],
      newPurses: [count(9)],
    });
  });
});

describe("items of a category that is excluded", () => {
  const excluding = (exclude: readonly string[], more: Draft = FREE) => ({ ...grid(more), exclude });

  it("are neither stamped nor given", () => {
    expect(evaluate(excluding(["bags"]), [count(9)], coffees(1), FACTS).newPurses).toEqual([count(10)]);
    expect(evaluate(excluding(["coffee"]), [count(9)], coffees(1), FACTS)).toMatchObject({
      effects: [],
      newPurses: [count(9)],
    });
    expect(evaluate(excluding(["coffee"]), [count(10)], coffees(1), FACTS).payable).toBe(150);
  });
});
