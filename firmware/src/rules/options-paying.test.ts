import type { Lot, Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { basket, cents, facts, movedBy, NOW, of, pts, rate } from "../../../tests/fixtures/rules-tried.ts";
import {
  ArithmeticFault,
  cagnotte,
  discount,
  evaluate,
  type Facts,
  points,
  prepaid,
  type Rule,
  type Sale,
  stamps,
} from "./plain.ts";

describe("discounts", () => {
  const off = (id: string, more: Partial<Parameters<typeof discount>[0]>) =>
    discount({ id, off: { rate: 1_000 }, ...more });
  const shares = (rules: readonly Rule[], sale: Sale, when: Facts = NOW) =>
    evaluate(of(rules), [], sale, when).effects.map(({ rule, shares: own }) => [rule, own]);

  it("one after the other, by their order, on what is left or on what was rung up", () => {
    expect(shares([off("a", { order: 2 }), off("b", { order: 1 })], basket(1_000))).toEqual([
      ["b", [100]],
      ["a", [90]],
    ]);
    expect(shares([off("a", { order: 2, basis: "initial" }), off("b", { order: 1 })], basket(1_000))).toEqual([
      ["b", [100]],
      ["a", [100]],
    ]);
  });

  it("of a group the one that takes off most, the first of equals", () => {
    const group = (...rules: Rule[]) => evaluate(of(rules), [], basket(1_000), NOW);
    const done = group(off("a", { group: "g" }), off("b", { group: "g", off: { cents: 150 } }), off("c", {}));
    expect(done.effects.map(({ rule, value }) => [rule, value])).toEqual([
      ["b", 150],
      ["c", 85],
    ]);
    expect(done.skipped).toEqual([{ rule: "a", reason: "OTHER_IS_BETTER" }]);
    expect(group(off("a", { group: "g" }), off("b", { group: "g" })).effects).toMatchObject([{ rule: "a" }]);
    expect(group(off("a", { group: "g" }), off("b", { group: "h" })).effects).toHaveLength(2);
  });

  it("of some categories, or of all that are not excluded; cents are never more than the lines", () => {
    const sale = basket([1_000, "bread"], [500, "tobacco"], 300);
    expect(shares([off("a", { categories: ["bread"] })], sale)).toEqual([["a", [100, 0, 0]]]);
    expect(shares([off("a", {})], sale)).toEqual([["a", [100, 0, 30]]]);
    expect(shares([off("a", { off: { cents: 9_000 } })], sale)).toEqual([["a", [1_000, 0, 300]]]);
  });

  it("round as they say", () => {
    const round = (["floor", "half-up", "ceil"] as const).map(
      (rounding) => shares([off("a", { rounding, off: { rate: 333 } })], basket(105))[0]![1],
    );
    expect(round).toEqual([[3], [3], [4]]);
    expect(shares([off("a", { off: { rate: 500 } })], basket(10))).toEqual([["a", [1]]]);
  });

  it("take no more off a line than a programme before this one left to pay", () => {
    const before = { discounts: [0, 0], redeemed: [950, 0], freed: [0, 0] };
    expect(shares([off("a", { off: { cents: 300 } })], basket(1_000, 200), facts({ before }))).toEqual([
      ["a", [50, 200]],
    ]);
    const grid = stamps({
      id: "s",
      count: { per: "item", category: "coffee" },
      grid: 1,
      reward: { kind: "free-item", label: "Coffee", category: "coffee" },
    });
    const held: Purse[] = [{ kind: "stamps", index: 0, count: 1 }];
    const paid = { discounts: [0], redeemed: [150], freed: [0] };
    const done = evaluate(of([grid]), held, basket([200, "coffee"]), facts({ before: paid }));
    expect(done).toMatchObject({ payable: 0, discounts: [50] });
  });
});

describe("value that pays", () => {
  it("a step, a least amount and a share of the basket", () => {
    const rule = points({
      id: "p",
      earn: { per: "visit", points: 1 },
      redeem: { points: 10, cents: 50 },
      redeemMin: 100,
      redeemShareMax: 5_000,
    });
    const redeemed = (count: number, amount: number, redeem: number | "max") => {
      const { effects } = evaluate(of([rule]), [pts(count)], { ...basket(amount), redeem }, NOW);
      const [first] = effects;
      return first?.type === "decline" ? first.reason : first?.type === "redeem" ? [first.value, first.cents] : null;
    };
    expect(redeemed(100, 1_000, "max")).toEqual([100, 500]);
    expect(redeemed(100, 600, "max")).toEqual([60, 300]);
    expect(redeemed(100, 199, "max")).toBe(null);
    expect(redeemed(0, 1_000, "max")).toBe(null);
    expect([99, 100, 130, 501].map((asked) => redeemed(100, 2_000, asked))).toEqual([
      "BELOW_MINIMUM",
      [20, 100],
      [20, 100],
      "INSUFFICIENT",
    ]);
    expect(redeemed(100, 600, 301)).toBe("ABOVE_MAXIMUM");
    expect(redeemed(100, 600, 300)).toEqual([60, 300]);
  });

  it("is cut by what may leave a card in a day, in its own unit", () => {
    const rule = points({ id: "p", earn: { per: "visit", points: 1 }, redeem: { points: 10, cents: 50 } });
    const done = evaluate(of([rule], { offlineCap: 120 }), [pts(100)], { ...basket(1_000), redeem: "max" }, NOW);
    expect(done.effects[0]).toMatchObject({ type: "redeem", value: 20, cents: 100, wouldBe: 100, reason: "CAP_DAY" });
    const asked = evaluate(of([rule], { offlineCap: 120 }), [pts(100)], { ...basket(1_000), redeem: 150 }, NOW);
    expect(asked.effects[0]).toMatchObject({ type: "decline", reason: "CAP_DAY" });
  });

  it("lowers taxes where it is a discount", () => {
    for (const pays of ["tender", "discount"] as const) {
      const done = evaluate(
        of([cagnotte({ id: "c", rate: 1, pays })]),
        [cents(90)],
        { ...basket(100), redeem: 90 },
        NOW,
      );
      expect(done.untaxed).toEqual([pays === "discount" ? 90 : 0]);
    }
  });

  it("stays where a merchant may not redeem, or an old record could pass for this one", () => {
    for (const [more, reason] of [
      [{ merchant: 3 }, "MERCHANT_CANNOT_REDEEM"],
      [{ earnOnly: true }, "COUNTER_TORN"],
    ] as const) {
      const done = evaluate(of([rate]), [cents(500)], { ...basket(100), redeem: 50 }, facts(more));
      expect(done.effects[0]).toMatchObject({ type: "decline", value: 50, reason });
      const nothing = evaluate(of([rate]), [], { ...basket(100), redeem: "max" }, facts(more));
      expect(movedBy(nothing.effects, "decline")).toBe(0);
      expect(nothing.effects.map(({ type }) => type)).toEqual(["earn"]);
    }
  });

  it("prepaid money that a day's cap leaves nothing of pays nothing, from whichever part", () => {
    for (const spendFirst of ["paid", "bonus"] as const) {
      const done = evaluate(
        of([prepaid({ id: "m", spendFirst })], { offlineCap: 100 }),
        [{ kind: "prepaid", index: 0, cents: 500 }],
        basket(300),
        facts({ spentToday: 100 }),
      );
      expect(done.effects).toEqual([
        {
          type: "redeem",
          rule: "m",
          unit: "cents",
          value: 0,
          funder: "merchant",
          wouldBe: 300,
          reason: "CAP_DAY",
          shares: [0],
        },
      ]);
    }
  });

  it("prepaid money that the till asks for pays so much, or is declined", () => {
    const asked = (value: number, offlineCap?: number) => {
      const programme = of([prepaid({ id: "m" })], offlineCap === undefined ? {} : { offlineCap });
      const sale = { ...basket(300), prepaid: value };
      const [first] = evaluate(programme, [{ kind: "prepaid", index: 0, cents: 200 }], sale, NOW).effects;
      return first === undefined ? null : [first.type, first.value, first.reason];
    };
    expect([0, 150, 200, 201].map((value) => asked(value))).toEqual([
      null,
      ["redeem", 150, undefined],
      ["redeem", 200, undefined],
      ["decline", 201, "INSUFFICIENT"],
    ]);
    expect(asked(150, 149)).toEqual(["decline", 150, "CAP_DAY"]);
    const cent = evaluate(of([prepaid({ id: "m" })]), [{ kind: "prepaid", index: 0, cents: 200 }], basket(1), NOW);
    expect(cent.effects).toMatchObject([{ type: "redeem", value: 1 }]);
    const free = { ...basket(0), prepaid: 50 };
    expect(
      evaluate(of([prepaid({ id: "m" })]), [{ kind: "prepaid", index: 0, cents: 200 }], free, NOW).effects,
    ).toEqual([]);
  });

  it("prepaid: the part that pays first, and which of them a cap cuts", () => {
    const bonusOf = {
      bands: [{ from: 1, rate: 1 }],
      purse: 5,
      rounding: "floor",
      validity: null,
      lots: 0,
      funder: "sponsor",
    } as const;
    const paid = (spendFirst: "paid" | "bonus", amount: number, offlineCap?: number) =>
      evaluate(
        of([prepaid({ id: "m", spendFirst, bonus: bonusOf })], offlineCap === undefined ? {} : { offlineCap }),
        [{ kind: "prepaid", index: 0, cents: 300 }, cents(200, 5)],
        basket(amount),
        NOW,
      ).effects.map(({ value, label = "paid", wouldBe, funder }) => [label, value, wouldBe, funder]);
    expect(paid("bonus", 400)).toEqual([
      ["bonus", 200, undefined, "sponsor"],
      ["paid", 200, undefined, "merchant"],
    ]);
    expect(paid("paid", 400)).toEqual([
      ["paid", 300, undefined, "merchant"],
      ["bonus", 100, undefined, "sponsor"],
    ]);
    expect(paid("bonus", 400, 250)).toEqual([
      ["bonus", 200, undefined, "sponsor"],
      ["paid", 50, 200, "merchant"],
    ]);
    expect(paid("bonus", 400, 200)).toEqual([["bonus", 200, 400, "sponsor"]]);
  });

  it("a gift of the catalogue, and one that is in none", () => {
    const rule = points({
      id: "p",
      earn: { per: "visit", points: 1 },
      gifts: [{ id: "mug", label: "Mug", points: 50, value: 400 }],
    });
    const first = (count: number, gift: string, more: Partial<Facts> = {}) =>
      evaluate(of([rule]), [pts(count)], { ...basket(100), gift }, facts(more)).effects[0];
    expect(evaluate(of([rule]), [pts(50)], { ...basket(100), gift: "mug" }, NOW).effects).toMatchObject([
      { type: "redeem", unit: "points", value: 50, cents: 0, label: "Mug" },
      { type: "reward", unit: "cents", value: 400, times: 1 },
      { type: "earn", value: 1 },
    ]);
    expect(first(49, "mug")).toMatchObject({ type: "decline", value: 50, reason: "INSUFFICIENT" });
    expect(first(50, "boat")).toMatchObject({ type: "decline", reason: "NO_SUCH_GIFT" });
    expect(first(50, "mug", { merchant: 3 })).toMatchObject({ reason: "MERCHANT_CANNOT_REDEEM" });
    expect(evaluate(of([rate]), [], { ...basket(100), gift: "mug" }, NOW).effects).toHaveLength(1);
  });
});

describe("value between cards", () => {
  const programme = of([cagnotte({ id: "c", rate: 500, lots: 4, balanceMax: 1_000 })]);
  const lot = (value: number, expires: number, issued = 100): Lot => ({ value, expires, issued });
  const held: Purse = { kind: "cagnotte-lots-4", index: 0, lots: [lot(100, 20_000), lot(300, 30_000)] };

  it("keeps its days", () => {
    const given = evaluate(programme, [held], { kind: "give", rule: "c", value: 150 }, NOW);
    const lots = given.effects[0]!.lots!;
    expect(lots).toEqual([lot(100, 20_000), lot(50, 30_000)]);
    expect(evaluate(programme, [], { kind: "receive", rule: "c", lots }, NOW).newPurses).toMatchObject([{ lots }]);
  });

  it("is not given where there is too little, nor taken where there would be too much", () => {
    expect(evaluate(programme, [held], { kind: "give", rule: "c", value: 401 }, NOW).effects).toMatchObject([
      { reason: "INSUFFICIENT" },
    ]);
    const much = (value: number) =>
      evaluate(programme, [held], { kind: "receive", rule: "c", lots: [lot(value, 9)] }, NOW).effects[0];
    expect([much(600)!.type, much(601)!.reason]).toEqual(["receive", "CAP_BALANCE"]);
  });

  it("is more than nothing, and of a rule that there is", () => {
    for (const value of [0, -5, 0.5])
      expect(() => evaluate(programme, [held], { kind: "give", rule: "c", value }, NOW)).toThrow(ArithmeticFault);
    expect(() => evaluate(programme, [held], { kind: "receive", rule: "c", lots: [lot(-5, 9)] }, NOW)).toThrow(
      ArithmeticFault,
    );
    expect(() => evaluate(programme, [], { kind: "give", rule: "x", value: 1 }, NOW)).toThrow(/no rule "x"/);
    expect(() => evaluate(programme, [], { kind: "receive", rule: "x", lots: [] }, NOW)).toThrow(/no rule "x"/);
  });

  it("pays off what is owed first", () => {
    const owing: Purse[] = [{ kind: "owed-cents", index: 0, value: 60 }];
    const allowed = of(programme.rules, { spentPolicy: "allow-negative" });
    const done = evaluate(allowed, owing, { kind: "receive", rule: "c", lots: [lot(100, 30_000)] }, NOW);
    expect(done.newPurses).toEqual([{ kind: "cagnotte-lots-4", index: 0, lots: [lot(40, 30_000)] }]);
  });
});
