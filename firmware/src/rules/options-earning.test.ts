import { type Purse, packPurses, pursesSize } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  at,
  basket,
  earned,
  facts,
  movedBy,
  NOW,
  of,
  rate,
  skips,
  TODAY,
} from "../../../tests/fixtures/rules-tried.ts";
import { parseDay } from "./calendar/period.ts";
import {
  ArithmeticFault,
  bonus,
  cagnotte,
  cap,
  discount,
  evaluate,
  type Facts,
  multiplier,
  points,
  prepaid,
  pursesOf,
  type Rule,
  type Sale,
  tiers,
} from "./plain.ts";
import { isAtLeast, product, ratio, rounded, total } from "./ratio.ts";

describe("exact fractions", () => {
  const natural = fc.oneof(fc.nat(1_000), fc.nat(2 ** 52));
  const positive = natural.map((value) => value + 1);
  const big = ([above, by]: readonly [number, number]) => [BigInt(above), BigInt(by)] as const;

  it("multiply, add and round as big integers do", () => {
    const any = fc.tuple(natural, positive);
    fc.assert(
      fc.property(any, any, any, fc.constantFrom("floor", "half-up", "ceil"), (a, b, c, rounding) => {
        const exact = total(product(ratio(...a), ratio(...b)), ratio(...c));
        const [[n1, d1], [n2, d2], [n3, d3]] = [big(a), big(b), big(c)];
        const [above, below] = [n1 * n2 * d3 + n3 * d1 * d2, d1 * d2 * d3];
        const up = { floor: 0n, "half-up": below / 2n + (below % 2n), ceil: below - 1n }[rounding as "floor"];
        const wanted = rounding === "half-up" ? (2n * above + below) / (2n * below) : (above + up) / below;
        if (wanted > BigInt(Number.MAX_SAFE_INTEGER))
          expect(() => rounded(exact, rounding as "floor")).toThrow(ArithmeticFault);
        else expect(BigInt(rounded(exact, rounding as "floor"))).toBe(wanted);
        expect(isAtLeast(exact, 1_000)).toBe(above >= 1_000n * below);
      }),
      { numRuns: 10_000 },
    );
  });

  it("are of whole numbers, not less than nothing, over something", () => {
    for (const [above, by] of [
      [-1, 1],
      [1, 0],
      [1, -1],
      [0.5, 1],
      [1, 0.5],
    ] as const)
      expect(() => ratio(above, by)).toThrow(ArithmeticFault);
  });
});

describe("what a purchase earns", () => {
  const per = (cost: number, count: number, more: object = {}) =>
    points({ id: "p", earn: { per: "amount", cents: cost, points: count, groups: "exact", ...more } });

  it("beyond an amount: all of it, or what is above", () => {
    const beyond = (counts: "all" | "above") => per(100, 2, { groups: "whole", beyond: { amount: 500, counts } });
    expect([beyond("all"), beyond("above")].map((rule) => earned([rule], basket(1_250)))).toEqual([24, 14]);
    expect([beyond("all"), beyond("above")].map((rule) => earned([rule], basket(500)))).toEqual([0, 0]);
    expect([beyond("all"), beyond("above")].map((rule) => earned([rule], basket(400, 200)))).toEqual([12, 2]);
  });

  it("beyond an amount, what is above is spread over the lines", () => {
    const rule = per(10, 1, { beyond: { amount: 500, counts: "above" } });
    const { effects } = evaluate(of([rule]), [], basket(500, 500), NOW);
    expect(effects).toMatchObject([{ value: 50, shares: [25, 25] }]);
  });

  it("whole groups of the whole basket, whatever multiplies a part of it", () => {
    const rule = per(100, 1, { groups: "whole" });
    const more = multiplier({ id: "m", of: "p", permille: 2_000, categories: ["new"] });
    expect(earned([rule], basket([50, "new"], 50))).toBe(1);
    expect(earned([rule, more], basket([50, "new"], 50))).toBe(1);
    expect(earned([rule, more], basket([150, "new"], 150))).toBe(4);
  });

  it("once a visit: not where nothing was paid, but where units were used", () => {
    const rule = points({ id: "p", earn: { per: "visit", points: 3 } });
    expect([basket(100), basket(0), { lines: [], tip: 0, use: 1 }].map((sale) => earned([rule], sale))).toEqual([
      3, 0, 3,
    ]);
  });

  it("are not given for items of an excluded category", () => {
    const item = points({ id: "p", earn: { per: "item", category: "tobacco", points: 10 } });
    expect(earned([item], basket([500, "tobacco", 2]))).toBe(0);
    expect(earned([item], basket([500, "tobacco", 2]), NOW, [], { exclude: [] })).toBe(20);
  });

  it("multiplies visits and items too: by level, and by what is for their category", () => {
    const visit = points({ id: "p", earn: { per: "visit", points: 10 } });
    const item = points({ id: "p", earn: { per: "item", category: "coffee", points: 10 } });
    const level = tiers({
      id: "t",
      levels: [
        { name: "a", from: 0, permille: 1_500 },
        { name: "b", from: 10, permille: 2_000 },
      ],
      of: ["p"],
    });
    const more = multiplier({ id: "m", of: "p", permille: 3_000, categories: ["coffee"] });
    const any = multiplier({ id: "n", of: "p", permille: 2_000 });
    const sale = basket([400, "coffee", 2], 100);
    expect([[visit], [visit, level], [visit, more], [visit, any]].map((rules) => earned(rules, sale))).toEqual([
      10, 15, 10, 20,
    ]);
    expect([[item], [item, level], [item, more], [item, any]].map((rules) => earned(rules, sale))).toEqual([
      20, 30, 60, 40,
    ]);
  });

  it("stacks multipliers as the programme says, and names those that counted", () => {
    const rules = [
      rate,
      multiplier({ id: "a", of: "c", permille: 2_000 }),
      multiplier({ id: "b", of: "c", permille: 1_500, categories: ["new"] }),
    ];
    const results = (["best-of", "additive", "multiplicative"] as const).map((stacking) => {
      const [effect] = evaluate(of(rules, { stacking }), [], basket([1_000, "new"], 1_000), NOW).effects;
      return [effect!.value, effect!.by, effect!.shares];
    });
    expect(results).toEqual([
      [400, ["a"], [200, 200]],
      [450, ["a", "b"], [250, 200]],
      [500, ["a", "b"], [300, 200]],
    ]);
  });

  it("is said where it is something, and so is a multiplier that has no say", () => {
    const never = multiplier({ id: "m", of: "c", permille: 2_000, when: { merchants: [2] } });
    expect(evaluate(of([rate, never]), [], basket(0), NOW)).toMatchObject({
      effects: [],
      skipped: [{ rule: "m", reason: "NOT_THE_MERCHANT" }],
    });
    const carrying = cagnotte({ id: "c", rate: 1, rounding: "carry" });
    expect(evaluate(of([carrying]), [], basket(1), NOW).effects).toMatchObject([{ value: 0, fraction: 1 }]);
  });

  it("is made whole before it is multiplied, or at the end", () => {
    const rules = [cagnotte({ id: "c", rate: 333 }), multiplier({ id: "a", of: "c", permille: 2_000 })];
    expect(
      (["end", "each"] as const).map((roundingStage) => earned(rules, basket(50), NOW, [], { roundingStage })),
    ).toEqual([3, 2]);
  });

  it("is as exact as it is long, and no basket breaks it", () => {
    const rules = [
      per(7, 10_000),
      ...[1_001, 1_333, 99_991, 100_000].map((permille, i) => multiplier({ id: `m${i}`, of: "p", permille })),
    ];
    const done = evaluate(of(rules, { stacking: "multiplicative" }), [], basket(89_999_999, 1), NOW);
    expect(done.effects).toMatchObject([{ value: 16_777_215, wouldBe: 1_000_000_000, reason: "CAP_BALANCE" }]);
    const fine = [cagnotte({ id: "c", rate: 333 }), ...rules.slice(1, 3).map((rule) => ({ ...rule, of: "c" }) as Rule)];
    // 8 999 999 x 333 x 1001 x 1333 / 10^10.
    expect(earned(fine, basket(8_999_999), NOW, [], { stacking: "multiplicative" })).toBe(399_899);
  });

  it("marginal: each part of a purchase at its own level", () => {
    const level = (crossing: "before" | "marginal") =>
      tiers({
        id: "t",
        levels: [
          { name: "a", from: 0, permille: 1_000 },
          { name: "b", from: 1_000, permille: 2_000 },
          { name: "c", from: 3_000, permille: 5_000 },
        ],
        of: ["c"],
        crossing,
      });
    expect((["before", "marginal"] as const).map((one) => earned([rate, level(one)], basket(4_000)))).toEqual([
      400, 1_000,
    ]);
    const or: Purse = {
      kind: "rolling-tier",
      index: 0,
      level: 2,
      reviewed: 0,
      month: 324,
      cents: 0,
      euros: Array(12).fill(0),
    };
    expect(earned([rate, level("marginal")], basket(4_000), NOW, [or])).toBe(2_000);
  });
});

describe("limits of what is earned", () => {
  it("caps cut the last grant first, and say which one it was", () => {
    const rules = [rate, bonus({ id: "b", of: "c", gives: 40 }), cap({ id: "v", of: "c", per: "visit", most: 70 })];
    expect(evaluate(of(rules), [], basket(500), NOW).effects).toMatchObject([
      { rule: "c", value: 50 },
      { rule: "b", value: 20, wouldBe: 40, reason: "CAP_VISIT" },
    ]);
    expect(evaluate(of(rules), [], basket(900), NOW).effects).toMatchObject([
      { rule: "c", value: 70, wouldBe: 90, reason: "CAP_VISIT" },
      { rule: "b", value: 0, wouldBe: 40, reason: "CAP_VISIT" },
    ]);
  });

  it("count in their own period", () => {
    const spans = ["day", "week", "month", "year"] as const;
    const reasons = spans.map((per) => {
      const programme = of([rate, cap({ id: "k", of: "c", per, most: 60, purse: 0 })]);
      const first = evaluate(programme, [], basket(500), facts({ at: at("2027-01-13") }));
      return ["2027-01-13", "2027-01-15", "2027-01-20", "2027-02-01", "2028-01-01"].map((day) =>
        movedBy(evaluate(programme, first.newPurses, basket(500), facts({ at: at(day) })).effects, "earn"),
      );
    });
    expect(reasons).toEqual([
      [10, 50, 50, 50, 50],
      [10, 10, 50, 50, 50],
      [10, 10, 10, 50, 50],
      [10, 10, 10, 10, 50],
    ]);
  });

  it("a reset clock counts in the period of the card's own last day", () => {
    const programme = of([rate, cap({ id: "k", of: "c", per: "day", most: 60, purse: 0 })]);
    const first = evaluate(programme, [], basket(500), NOW);
    const reset = facts({ at: 5, clockSuspect: true, lastDay: parseDay(TODAY)! });
    expect(movedBy(evaluate(programme, first.newPurses, basket(500), reset).effects, "earn")).toBe(10);
  });

  it("a clock that fell back before 2000 writes days that a card has", () => {
    const rules = [
      cagnotte({ id: "c", rate: 1_000, validity: { days: 30 }, lots: 2 }),
      cap({ id: "k", of: "c", per: "week", most: 60 }),
      tiers({
        id: "t",
        levels: [
          { name: "a", from: 0, permille: 1_000 },
          { name: "b", from: 9, permille: 2_000 },
        ],
      }),
    ];
    for (const zone of ["America/Martinique", "Europe/Paris"]) {
      const { newPurses } = evaluate(of(rules, { zone }), [], basket(500), facts({ at: 0, clockSuspect: true }));
      expect(() => packPurses(newPurses, pursesSize(newPurses.map(({ kind }) => kind)))).not.toThrow();
    }
  });

  it("a bonus so often in a period, never by a reset clock", () => {
    const rules = [rate, bonus({ id: "b", of: "c", gives: 5, limit: { times: 2, per: "week", purse: 3 } })];
    let purses: readonly Purse[] = [];
    const gains = [1, 2, 3].map(() => {
      const done = evaluate(of(rules), purses, basket(100), NOW);
      purses = done.newPurses;
      return movedBy(done.effects, "earn");
    });
    expect(gains).toEqual([15, 15, 10]);
    expect(skips(rules, basket(100), NOW, purses)).toEqual(["CAP_TIMES"]);
    expect(skips(rules, basket(100), facts({ clockSuspect: true }))).toEqual(["CLOCK_SUSPECT"]);
  });

  it("a discount so often in a period, the best of a group that has a turn left; a refund gives the turn back", () => {
    const rules = [
      discount({
        id: "coffee",
        off: { cents: 150 },
        categories: ["coffee"],
        group: "one",
        limit: { times: 1, per: "month", purse: 5 },
      }),
      discount({ id: "other", off: { cents: 50 }, group: "one" }),
    ];
    const coffee: Sale = { lines: [{ amount: 200, quantity: 1, category: "coffee" }], tip: 0 };
    const at = (day: number) => facts({ at: NOW.at + day * 86_400 });
    const first = evaluate(of(rules), [], coffee, NOW);
    expect(first.discounts).toEqual([150]);
    const second = evaluate(of(rules), first.newPurses, coffee, at(1));
    expect([second.discounts, second.skipped]).toEqual([[50], [{ rule: "coffee", reason: "CAP_TIMES" }]]);
    expect(evaluate(of(rules), first.newPurses, coffee, at(40)).discounts).toEqual([150]);
    const { effects, newPurses } = first;
    const back = {
      kind: "refund",
      sale: coffee,
      effects,
      soldAt: NOW.at,
      merchant: 1,
      lines: [0],
      before: [],
    } as const;
    const undone = evaluate(of(rules), newPurses, back, NOW);
    expect(evaluate(of(rules), undone.newPurses, coffee, at(1)).discounts).toEqual([150]);
    expect(evaluate(of(rules), [], coffee, facts({ clockSuspect: true })).discounts).toEqual([50]);
    expect(pursesOf(of(rules))).toEqual(["used"]);
  });

  it("value that came by a reset clock lasts from the card's last day; where that is not known, it does not end", () => {
    const programme = of([
      cagnotte({ id: "c", rate: 1_000, validity: { days: 30 }, lots: 2 }),
      prepaid({
        id: "m",
        bonus: {
          bands: [{ from: 1, rate: 1_000 }],
          purse: 5,
          rounding: "floor",
          validity: { days: 30 },
          lots: 2,
          funder: "merchant",
        },
      }),
    ]);
    const lastDay = parseDay(TODAY)!;
    const lots = (when: Facts, visit: Parameters<typeof evaluate>[2]) =>
      evaluate(programme, [], visit, when).newPurses.flatMap((purse) => ("lots" in purse ? purse.lots : []));
    for (const visit of [basket(1_000), { kind: "top-up", amount: 1_000 } as const]) {
      expect(lots(facts({ at: 5, clockSuspect: true, lastDay }), visit)).toEqual([
        { value: 100, expires: lastDay + 30, issued: lastDay },
      ]);
      expect(lots(facts({ at: 5, clockSuspect: true }), visit)).toEqual([{ value: 100, expires: 65_535, issued: 0 }]);
    }
  });
});
