import { type Purse, STAMPS_MAX } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  discount,
  evaluate,
  type Facts,
  programme,
  programmeFaults,
  pursesOf,
  type Rule,
  type Sale,
  stamps,
} from "./plain.ts";

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

describe("money off the ticket for a full grid", () => {
  const MONEY: Draft = { reward: { kind: "money", label: "Voucher", value: 500 } };
  const bread = (...amounts: number[]): Sale => ({ lines: amounts.map((amount) => ({ amount, quantity: 1 })), tip: 0 });

  it("is a discount of the rule over all lines, and takes the stamps", () => {
    const done = evaluate(grid(MONEY), [count(9)], bread(900, 300), FACTS);
    const own = { rule: "s", funder: "merchant" };
    expect(done.effects).toEqual([
      { ...own, type: "discount", unit: "cents", value: 500, label: "Voucher", shares: [375, 125] },
      { ...own, type: "stamp", unit: "stamps", value: 1 },
      { ...own, type: "reward", unit: "cents", value: 0, label: "Voucher", taken: 10, times: 1 },
    ]);
    expect(done).toMatchObject({ payable: 700, newPurses: [count(0)], skipped: [] });
    expect(done.receipt).toEqual([
      { note: "reward", rule: "s", label: "Voucher", value: 500 },
      { note: "stamps", rule: "s", count: 0, grid: 10, added: 1, label: "Voucher" },
    ]);
    expect(evaluate(grid(MONEY), [count(8)], bread(1_200), FACTS)).toMatchObject({ payable: 1_200, skipped: [] });
  });

  it("is given before other discounts, once for each full grid", () => {
    const { rules, ...rest } = grid({ ...MONEY, count: { per: "visit", stamps: 15 } });
    const half = { ...rest, rules: [...rules, discount({ id: "half", off: { rate: 5_000 } })] };
    const done = evaluate(half, [count(6)], bread(2_000), FACTS);
    expect(done.effects).toMatchObject([
      { type: "discount", rule: "s", value: 1_000 },
      { type: "discount", rule: "half", value: 500 },
      { type: "stamp", value: 15 },
      { type: "reward", taken: 20, times: 2 },
    ]);
    expect(done).toMatchObject({ payable: 500, newPurses: [count(1)] });
  });

  it("counts items that are paid only, once it is known which ones another grid gives", () => {
    const cups = { ...FREE, id: "cups", purse: 1, grid: 2 } as const;
    const rules = grid({ ...MONEY, count: { per: "item", category: "coffee" } });
    const both = { ...rules, rules: [...rules.rules, ...grid(cups).rules] };
    const done = evaluate(both, [count(8), { kind: "stamps", index: 1, count: 1 }], coffees(2), FACTS);
    expect(done).toMatchObject({
      payable: 150,
      newPurses: [count(9), { kind: "stamps", index: 1, count: 0 }],
    });
    expect(done.effects.filter(({ rule }) => rule === "s")).toMatchObject([{ type: "stamp", value: 1 }]);
  });

  it("loses what the ticket is too small for, and says so", () => {
    const done = evaluate(grid(MONEY), [count(9)], bread(320), FACTS);
    expect(done.effects[0]).toMatchObject({ type: "discount", value: 320, wouldBe: 500, reason: "ABOVE_MAXIMUM" });
    expect(done).toMatchObject({ payable: 0, newPurses: [count(0)], skipped: [] });
    const before = { discounts: [100], redeemed: [1_000], freed: [0] };
    expect(evaluate(grid(MONEY), [count(9)], bread(1_200), { ...FACTS, before }).discounts).toEqual([100]);
  });

  it("stays on the card where nothing of it fits", () => {
    for (const excess of ["carry", "lose"] as const) {
      const rules = { ...grid({ ...MONEY, excess, count: { per: "visit", stamps: 12 } }), exclude: ["tobacco"] };
      const tobacco: Sale = { lines: [{ amount: 900, quantity: 1, category: "tobacco" }], tip: 0 };
      const later = [{ rule: "s", reason: "KEPT_FOR_LATER" }];
      for (const sale of [tobacco, bread(0)])
        expect(evaluate(rules, [count(9)], sale, FACTS)).toMatchObject({ newPurses: [count(21)], skipped: later });
      // Two of three rewards fit, the second of them in part.
      const two = evaluate(rules, [count(18)], bread(501), FACTS);
      expect(two).toMatchObject({ payable: 0, newPurses: [count(10)], skipped: later });
      expect(two.effects[0]).toMatchObject({ value: 501, wouldBe: 1_000 });
      expect(two.effects[2]).toMatchObject({ taken: 20, times: 2 });
      const full = evaluate(rules, [count(250)], tobacco, FACTS);
      expect(full.effects).toMatchObject([{ type: "stamp", value: 5, wouldBe: 12, reason: "CAP_BALANCE" }]);
      expect(full.newPurses).toEqual([count(STAMPS_MAX)]);
    }
  });

  it("waits for a visit at which it may be given", () => {
    const barred = grid({ ...MONEY, minimum: { kind: "reaches", amount: 1_000 } });
    expect(evaluate(barred, [count(9)], bread(999), FACTS)).toMatchObject({ payable: 999, newPurses: [count(9)] });
    // The reward itself brings the basket under the minimum: it counts all the same.
    expect(evaluate(barred, [count(9)], bread(1_000), FACTS)).toMatchObject({ payable: 500, newPurses: [count(0)] });
    const unpaid = grid({ ...MONEY, onZeroPayable: false });
    expect(evaluate(unpaid, [count(9)], bread(400), FACTS)).toMatchObject({ payable: 0, newPurses: [count(0)] });
    for (const [facts, wish, reason] of [
      [TORN, {}, "COUNTER_TORN"],
      [FACTS, { rewards: "later" }, "KEPT_FOR_LATER"],
    ] as const) {
      const done = evaluate(grid(MONEY), [count(9)], { ...bread(900), ...wish }, facts);
      expect(done).toMatchObject({ payable: 900, newPurses: [count(10)], skipped: [{ rule: "s", reason }] });
      expect(evaluate(grid(MONEY), done.newPurses, bread(900), FACTS)).toMatchObject({
        payable: 400,
        newPurses: [count(1)],
      });
    }
  });

  it("is given back by a refund: its stamps with the last line, and what was paid", () => {
    const rules = grid(MONEY);
    const sale = bread(900, 300);
    const { effects, newPurses } = evaluate(rules, [count(9)], sale, FACTS);
    const sold = { kind: "refund", sale, effects, soldAt: FACTS.at, merchant: 1 } as const;
    const first = evaluate(rules, newPurses, { ...sold, lines: [0], before: [] }, FACTS);
    expect(first).toMatchObject({ effects: [{ type: "payout", value: 525 }], newPurses: [count(0)] });
    const last = evaluate(rules, first.newPurses, { ...sold, lines: [1], before: [0] }, FACTS);
    expect(last.effects.map(({ type, value }) => [type, value])).toEqual([
      ["return", 10],
      ["clawback", 1],
      ["payout", 175],
    ]);
    expect(last.newPurses).toEqual([count(9)]);
  });

  it("must be worth something, and have a label", () => {
    const faulty = (reward: object) => () => grid({ reward: { ...MONEY.reward, ...reward } } as Draft);
    expect(faulty({ value: 0 })).toThrow(/rule "s": reward\.value/);
    expect(faulty({ value: 90_001 })).toThrow(/rule "s": reward\.value/);
    expect(faulty({ label: "" })).toThrow(/rule "s": reward\.label/);
    expect(faulty({ value: 90_000 })).not.toThrow();
  });
});

describe("an offer for a full grid", () => {
  const OFFER = { kind: "offer", label: "Cheese", offer: 7, days: 10 } as const;
  const DAY = 86_400;
  const cheese = discount({ id: "cheese", off: { rate: 1_000 }, when: { offer: 7 } });
  const offering = (more: Draft = {}) => ({
    ...grid({ ...more }),
    rules: [stamps({ id: "s", grid: 10, reward: OFFER, ...more }), cheese],
  });
  const today = Math.floor(FACTS.at / DAY);
  const held = (offer: number, from: number, until: number, index = 0): Purse => ({
    kind: "offer",
    index,
    offer,
    from: today + from,
    until: today + until,
  });

  it("is written on the card, for the tickets after this one", () => {
    const done = evaluate(offering(), [count(9)], coffees(2), FACTS);
    expect(done.effects.slice(1)).toEqual([
      { type: "reward", rule: "s", unit: "cents", value: 0, funder: "merchant", label: "Cheese", taken: 10, times: 1 },
    ]);
    expect(done).toMatchObject({ payable: 300, newPurses: [held(7, 0, 10), count(0)] });
    expect(done.receipt[0]).toEqual({ note: "offer", rule: "s", label: "Cheese", until: today + 10, isNew: true });
    const later = (days: number) =>
      evaluate(offering(), done.newPurses, coffees(2), { ...FACTS, at: FACTS.at + days * DAY }).payable;
    expect([0, 10, 11].map(later)).toEqual([270, 270, 300]);
  });

  it("is on a card once: the next one waits, beyond a full grid if need be, until it is over", () => {
    for (const excess of ["carry", "lose"] as const) {
      const many = offering({ excess, count: { per: "visit", stamps: 15 } });
      const two = evaluate(many, [count(9)], coffees(1), FACTS);
      expect(two.effects).toMatchObject([{ value: 15 }, { type: "reward", taken: 10, times: 1 }]);
      expect(two).toMatchObject({
        newPurses: [held(7, 0, 10), count(14)],
        skipped: [{ rule: "cheese" }, { rule: "s", reason: "KEPT_FOR_LATER" }],
      });
    }
    const open = evaluate(offering(), [held(7, -3, 0), count(9)], coffees(1), FACTS);
    expect(open.newPurses).toEqual([held(7, -3, 0), count(10)]);
    const over = evaluate(offering(), [held(7, -4, -1), count(9)], coffees(1), FACTS);
    expect(over.newPurses).toEqual([held(7, 0, 10), count(0)]);
  });

  it("leaves other offers alone, takes the place of one that is over, and waits where there is none", () => {
    const places = (purses: readonly Purse[]) =>
      evaluate(offering(), [...purses, count(9)], coffees(1), FACTS).newPurses.filter(({ kind }) => kind === "offer");
    expect(places([held(3, 0, 0)])).toEqual([held(3, 0, 0), held(7, 0, 10, 1)]);
    expect(places([held(3, 1, 5, 1), held(4, -9, -1, 2)])).toEqual([held(3, 1, 5, 1), held(7, 0, 10, 2)]);
    const full = Array.from({ length: 8 }, (_, i) => held(20 + i, 0, 3, i));
    expect(places(full)).toEqual(full);
  });

  it("needs a clock that can be trusted, and waits for it", () => {
    const done = evaluate(offering(), [count(9)], coffees(1), { ...FACTS, clockSuspect: true });
    expect(done).toMatchObject({ newPurses: [count(10)], skipped: [{}, { rule: "s", reason: "CLOCK_SUSPECT" }] });
    expect(evaluate(offering(), [count(9)], coffees(1), TORN).newPurses).toEqual([count(10)]);
  });

  it("goes with the purchase that gave it, and only with that one", () => {
    const rules = offering();
    const sale = coffees(1);
    const { effects, newPurses } = evaluate(rules, [held(3, 0, 90, 1), count(9)], sale, FACTS);
    const refund = { kind: "refund", sale, effects, soldAt: FACTS.at, merchant: 1, lines: [0], before: [] } as const;
    const back = (purses: readonly Purse[], days = 0) =>
      evaluate(rules, purses, refund, { ...FACTS, at: FACTS.at + days * DAY }).newPurses;
    expect(newPurses).toEqual([held(7, 0, 10), held(3, 0, 90, 1), count(0)]);
    expect(back(newPurses)).toEqual([held(3, 0, 90, 1), count(9)]);
    // Another one came in its place.
    expect(back([held(7, 20, 30), count(0)], 25)).toEqual([held(7, 20, 30), count(9)]);
  });

  it("has room on the card, is given by one rule, and is good for something", () => {
    const offers = (...more: Rule[]) =>
      pursesOf({ ...offering(), rules: [...offering().rules, ...more] }).filter((kind) => kind === "offer").length;
    const other = discount({ id: "other", off: { rate: 1_000 }, when: { offer: 9 } });
    expect([offers(), offers(other), offers(other, { ...other, id: "more" })]).toEqual([1, 2, 2]);
    const second = stamps({ id: "t", purse: 1, grid: 5, reward: OFFER });
    const faults = (...rules: Rule[]) => programmeFaults({ ...grid(), rules }).join();
    expect(faults(...offering().rules)).toBe("");
    expect(faults(...offering().rules, second)).toBe("rules: only one rule may give offer 7");
    expect(faults(second)).toMatch(/^rules: offer 7 is given, but no rule has it in its when/);
    expect(faults(cheese, stamps({ id: "t", grid: 5, reward: { ...OFFER, days: 0 } }))).toMatch(/reward\.days/);
    expect(faults(cheese, stamps({ id: "t", grid: 5, reward: { ...OFFER, offer: 256 } }))).toMatch(/reward\.offer/);
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
