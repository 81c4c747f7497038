import type { Purse } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ArithmeticFault,
  cagnotte,
  evaluate,
  type Facts,
  type Programme,
  percent,
  programme,
  programmeFaults,
  type Rule,
  type Sale,
  stamps,
} from "./plain.ts";

const FACTS: Facts = { merchant: 1, at: 800_000_000, clockSuspect: false };
const gift = { kind: "gift", label: "Bouquet", value: 800 } as const;
const sale = (amount: number, more: Partial<Sale> = {}): Sale => ({
  lines: [{ amount, quantity: 1 }],
  tip: 0,
  ...more,
});
const of = (...rules: Rule[]): Programme =>
  programme({
    number: 1,
    version: 1,
    name: "test",
    scope: "shop",
    merchants: { 1: { name: "M", role: "earn-and-spend" }, 2: { name: "G", role: "earn-only" } },
    exclude: ["tobacco"],
    rules,
  });
const cents = (amount: number): Purse => ({ kind: "cagnotte", index: 0, cents: amount });
const count = (stamped: number): Purse => ({ kind: "stamps", index: 0, count: stamped });

describe("cagnotte", () => {
  const rules = of(cagnotte({ id: "c", rate: percent(5) }));

  it("redeems at most what is left to pay, and earns on the rest", () => {
    const done = evaluate(rules, [cents(2_000)], sale(1_650, { redeem: "max" }), FACTS);
    expect(done).toMatchObject({ payable: 0, earningBase: 0, newPurses: [{ cents: 350 }] });
  });

  it("declines more than the card holds, and the sale goes on", () => {
    const done = evaluate(rules, [cents(200)], sale(1_000, { redeem: 201 }), FACTS);
    expect(done.effects).toEqual([
      { type: "decline", rule: "c", unit: "cents", value: 201, funder: "merchant", reason: "INSUFFICIENT" },
      { type: "earn", rule: "c", unit: "cents", value: 50, funder: "merchant" },
    ]);
    expect(done).toMatchObject({ payable: 1_000, newPurses: [{ cents: 250 }] });
  });

  it("says what a full card would have earned", () => {
    const capped = of(cagnotte({ id: "c", rate: percent(5), balanceMax: 1_000 }));
    const done = evaluate(capped, [cents(990)], sale(1_000), FACTS);
    expect(done.effects).toMatchObject([{ type: "earn", value: 10, wouldBe: 50, reason: "CAP_BALANCE" }]);
    expect(done.newPurses).toEqual([cents(1_000)]);
  });

  it("rounds as the programme says", () => {
    const earn = (rounding: "floor" | "half-up" | "ceil") =>
      evaluate(of(cagnotte({ id: "c", rate: percent(3), rounding })), [], sale(4_990), FACTS).effects[0]?.value;
    expect([earn("floor"), earn("half-up"), earn("ceil")]).toEqual([149, 150, 150]);
  });

  it("carries fractions so that nothing is ever lost or gained over many tickets", () => {
    const carrying = of(cagnotte({ id: "c", rate: 333, rounding: "carry" }));
    fc.assert(
      fc.property(fc.array(fc.nat(50_000), { minLength: 1, maxLength: 60 }), (amounts) => {
        let purses: readonly Purse[] = [];
        for (const amount of amounts) purses = evaluate(carrying, purses, sale(amount), FACTS).newPurses;
        const total = amounts.reduce((sum, amount) => sum + amount, 0) * 333;
        expect(purses).toEqual([
          { kind: "carrying-cagnotte", index: 0, cents: Math.floor(total / 10_000), remainder: total % 10_000 },
        ]);
      }),
    );
  });

  it("does not redeem twice when two programmes stand on one card", () => {
    const first = evaluate(rules, [cents(300)], sale(1_000, { redeem: 500 }), FACTS);
    expect(first.effects[0]).toMatchObject({ type: "decline", reason: "INSUFFICIENT" });
    const before = { discounts: [0], redeemed: [500], freed: [0] };
    const second = evaluate(rules, [cents(900)], sale(1_000, { redeem: 500 }), { ...FACTS, before });
    expect(second.effects).toMatchObject([{ type: "earn", value: 25 }]);
    expect(second.payable).toBe(500);
  });
});

describe("stamps", () => {
  const grid = (more: Partial<Parameters<typeof stamps>[0]> = {}) =>
    of(stamps({ id: "s", grid: 10, reward: gift, ...more }));

  it("counts a basket that reaches, or exceeds, the minimum", () => {
    const added = (kind: "reaches" | "exceeds", amount: number) =>
      evaluate(grid({ minimum: { kind, amount: 5_000 } }), [], sale(amount), FACTS).effects.length;
    expect([added("reaches", 4_999), added("reaches", 5_000)]).toEqual([0, 1]);
    expect([added("exceeds", 5_000), added("exceeds", 5_001)]).toEqual([0, 1]);
  });

  it("leaves exclusions out of the minimum", () => {
    const lines = [
      { amount: 200, quantity: 1 },
      { amount: 900, quantity: 1, category: "tobacco" },
    ];
    const done = evaluate(grid({ minimum: { kind: "reaches", amount: 300 } }), [], { lines, tip: 0 }, FACTS);
    expect(done.skipped).toEqual([{ rule: "s", reason: "BELOW_MINIMUM" }]);
  });

  it("gives the reward at once, several where the grid is filled several times, and carries or loses the rest", () => {
    const perVisit = { per: "visit", stamps: 25 } as const;
    const carried = evaluate(grid({ count: perVisit }), [count(8)], sale(100), FACTS);
    expect(carried.effects.find(({ type }) => type === "reward")).toMatchObject({ times: 3, value: 2_400, taken: 30 });
    expect(carried.newPurses).toEqual([count(3)]);
    const lost = evaluate(grid({ count: perVisit, excess: "lose" }), [count(8)], sale(100), FACTS);
    expect(lost.newPurses).toEqual([count(0)]);
    expect(lost.effects.find(({ type }) => type === "reward")).toMatchObject({ times: 3, taken: 33 });
  });

  it("grants no dated advantage on a suspect clock", () => {
    const done = evaluate(grid({ cooldownMinutes: 30 }), [], sale(100), { ...FACTS, clockSuspect: true });
    expect(done.skipped).toEqual([{ rule: "s", reason: "CLOCK_SUSPECT" }]);
  });

  it("keeps the cooldown to the second", () => {
    const at = FACTS.at - 30 * 60;
    const since = (last: number) =>
      evaluate(grid({ cooldownMinutes: 30 }), [{ kind: "timed-stamps", index: 0, count: 1, last }], sale(100), FACTS)
        .skipped;
    expect(since(at)).toEqual([]);
    expect(since(at + 1)).toEqual([{ rule: "s", reason: "COOLDOWN" }]);
  });

  it("keeps less than a grid, whatever the card held under an older programme", () => {
    const rules = grid({ grid: 200, count: { per: "visit", stamps: 50 } });
    expect(evaluate(rules, [count(180)], sale(1), FACTS).newPurses).toEqual([count(30)]);
    expect(evaluate(rules, [count(255)], sale(1), FACTS).newPurses).toEqual([count(105)]);
  });

  it("frees the cheapest units, as many as the paid ones earn, and stamps only the paid ones", () => {
    const coffee = of(
      stamps({
        id: "s",
        grid: 10,
        count: { per: "item", category: "coffee" },
        reward: { kind: "free-item", label: "Café", category: "coffee" },
      }),
    );
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 60 }), (before, quantity) => {
        const lines = [{ amount: quantity * 150, quantity, category: "coffee" }];
        const done = evaluate(coffee, [count(before)], { lines, tip: 0 }, FACTS);
        const free = done.effects.reduce((sum, { type, value }) => (type === "discount" ? sum + value / 150 : sum), 0);
        const after = (done.newPurses[0] as { readonly count: number } | undefined)?.count ?? before;
        expect(after).toBe(before + (quantity - free) - 10 * free);
        expect(after).toBeGreaterThanOrEqual(0);
        // One more free item would not have been earned by the others.
        const more = free + 1;
        expect(more <= quantity && before + (quantity - more) >= 10 * more).toBe(false);
      }),
    );
  });
});

describe("a programme that changed", () => {
  it("keeps what a card holds when a grid gains a cooldown or a cagnotte begins to carry, and leaves no old purse behind", () => {
    const timed = of(stamps({ id: "s", grid: 10, reward: gift, cooldownMinutes: 30 }));
    expect(evaluate(timed, [count(8)], sale(100), FACTS).newPurses).toEqual([
      { kind: "timed-stamps", index: 0, count: 9, last: FACTS.at },
    ]);
    const carrying = of(cagnotte({ id: "c", rate: percent(5), rounding: "carry" }));
    const done = evaluate(carrying, [cents(4_000)], sale(1_000, { redeem: 500 }), FACTS);
    expect(done.newPurses).toEqual([{ kind: "carrying-cagnotte", index: 0, cents: 3_525, remainder: 0 }]);
  });

  it("does not bar a card whose last stamp was given by a clock that was ahead", () => {
    const timed = of(stamps({ id: "s", grid: 10, reward: gift, cooldownMinutes: 30 }));
    const ahead: Purse = { kind: "timed-stamps", index: 0, count: 1, last: FACTS.at + 1_000 };
    expect(evaluate(timed, [ahead], sale(100), FACTS).skipped).toEqual([]);
  });
});

describe("an item", () => {
  const coffee = { per: "item", category: "coffee" } as const;
  const reward = { kind: "free-item", label: "Café", category: "coffee" } as const;

  it("that the shop gave free is not given free again by the town, nor stamped there", () => {
    const lines = [{ amount: 200, quantity: 1, category: "coffee" }];
    const rules = of(stamps({ id: "s", grid: 10, count: coffee, reward }));
    const shop = evaluate(rules, [count(10)], { lines, tip: 0 }, FACTS);
    expect(shop).toMatchObject({ payable: 0, freed: [1], newPurses: [count(0)] });
    const { discounts, redeemed, freed } = shop;
    const town = evaluate(rules, [count(10)], { lines, tip: 0 }, { ...FACTS, before: { discounts, redeemed, freed } });
    expect(town).toMatchObject({ payable: 0, discounts: [0], effects: [] });
  });

  it("is given by one rule of a programme only", () => {
    const twice = ["a", "b"].map((id, purse) => stamps({ id, purse, grid: 5, count: coffee, reward }));
    expect(() => of(...twice)).toThrow(/only one rule may give free items/);
  });
});

describe("an evaluation", () => {
  const both = [cagnotte({ id: "c", rate: percent(5) }), stamps({ id: "s", grid: 3, reward: gift })];
  const sales = fc.record({
    lines: fc.array(
      fc.record({
        amount: fc.nat(20_000),
        quantity: fc.integer({ min: 1, max: 9 }),
        category: fc.constantFrom("food", "tobacco"),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    tip: fc.nat(500),
    redeem: fc.oneof(fc.constant<"max">("max"), fc.nat(3_000)),
  });

  it("does not depend on the order of the rules in the file", () => {
    fc.assert(
      fc.property(sales, fc.nat(5_000), fc.nat(2), (given, held, stamped) => {
        const purses = [cents(held), count(stamped)];
        expect(evaluate(of(...both), purses, given, FACTS)).toEqual(
          evaluate(of(...both.toReversed()), purses, given, FACTS),
        );
      }),
    );
  });

  it("balances: what is paid, taken off and redeemed is the sale; the purse moves by its effects", () => {
    fc.assert(
      fc.property(sales, fc.nat(5_000), fc.constantFrom(1, 2), (given, held, merchant) => {
        const done = evaluate(of(...both), [cents(held)], given, { ...FACTS, merchant });
        const total = (type: string) =>
          done.effects.reduce((sum, effect) => (effect.type === type ? sum + effect.value : sum), 0);
        const gross = given.lines.reduce((sum, { amount }) => sum + amount, 0);
        expect(done.payable + total("redeem") + total("discount")).toBe(gross + given.tip);
        expect(done.newPurses.find(({ kind }) => kind === "cagnotte")).toMatchObject({
          cents: held + total("earn") - total("redeem"),
        });
        if (merchant === 2) expect(total("redeem")).toBe(0);
        for (const effect of done.effects) expect(effect.funder).toBe("merchant");
      }),
    );
  });

  it("changes nothing that it was given", () => {
    const purses = Object.freeze([Object.freeze(cents(700)), Object.freeze(count(2))]);
    const given = Object.freeze({ ...sale(1_000, { redeem: "max" }) });
    expect(evaluate(of(...both), purses, given, FACTS)).toEqual(evaluate(of(...both), purses, given, FACTS));
  });

  it("refuses amounts that are no whole, sensible numbers, and merchants it does not know", () => {
    for (const bad of [-1, 0.5, Number.NaN, 90_000_001]) {
      expect(() => evaluate(of(...both), [], sale(bad), FACTS)).toThrow(ArithmeticFault);
    }
    expect(() => evaluate(of(...both), [], { lines: [], tip: 0 }, FACTS)).toThrow(ArithmeticFault);
    expect(() => evaluate(of(...both), [], sale(1), { ...FACTS, merchant: 9 })).toThrow(ArithmeticFault);
  });
});

describe("programme", () => {
  it("names every fault of a draft at once", () => {
    const rules = [cagnotte({ id: "Bad Id", rate: 0 }), stamps({ id: "s", grid: 0, reward: gift })];
    expect(() => programme({ number: 0, version: 1, name: "", scope: "shop", merchants: {}, rules })).toThrow(
      /number must be.*name must.*name at least one.*id must be.*basis points.*grid must be/,
    );
  });

  it("refuses words that are not in its lists, and fields that do not exist: they would quietly mean something else", () => {
    const good = {
      number: 1,
      version: 1,
      name: "P",
      scope: "shop",
      merchants: { 1: { name: "M", role: "earn-and-spend" } },
    };
    const grid = stamps({ id: "s", grid: 5, reward: gift });
    const rate = cagnotte({ id: "c", rate: percent(5) });
    const wrong: [object, RegExp][] = [
      [{ ...good, rules: [rate], scope: "shopp" }, /scope is "shopp"/],
      [{ ...good, rules: [rate], merchants: { 1: { name: "M", role: "earn_only" } } }, /role is "earn_only"/],
      [{ ...good, rules: [{ ...rate, rounding: "up" }] }, /rounding is "up"/],
      [{ ...good, rules: [{ ...rate, funder: "nobody" }] }, /funder is "nobody"/],
      [{ ...good, rules: [{ ...grid, minimum: { kind: "at-least", amount: 1 } }] }, /minimum.kind is "at-least"/],
      [{ ...good, rules: [{ ...grid, excess: "keep" }] }, /excess is "keep"/],
      [{ ...good, rules: [{ ...grid, cooldown: 5 }] }, /no field "cooldown"/],
      [{ ...good, rules: [{ ...grid, reward: undefined }] }, /reward is missing/],
      [{ ...good, rules: [{ ...grid, kind: "dots" }] }, /kind is "dots"/],
      [{ ...good, rules: [rate], excludes: [] }, /no field "excludes"/],
      [{ ...good, rules: "none" }, /name at least one/],
      [{ ...good, name: 7, rules: [rate] }, /name must have/],
    ];
    for (const [given, fault] of wrong) {
      expect(programmeFaults({ zone: "Europe/Paris", exclude: [], ...given }).join("; "), String(fault)).toMatch(fault);
    }
    expect(programmeFaults({ zone: "Europe/Paris", exclude: [], ...good, rules: [rate, grid] })).toEqual([]);
  });

  it("refuses two rules on one purse, and fractions of a per cent written as per cent", () => {
    expect(() => of(cagnotte({ id: "a", rate: 1 }), cagnotte({ id: "b", rate: 1 }))).toThrow(
      /purse 0 of kind cagnotte is taken/,
    );
    expect(() => percent(Number("2.5"))).toThrow(/basisPoints\(250\)/);
  });
});
