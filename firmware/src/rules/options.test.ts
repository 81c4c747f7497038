import type { Lot, Purse } from "@cachet/card-layout";
import { packPurses, pursesSize } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDay } from "./calendar/period.ts";
import {
  ArithmeticFault,
  bonus,
  cagnotte,
  cap,
  challenge,
  club,
  discount,
  draw,
  type Effect,
  evaluate,
  type Facts,
  multiplier,
  type Programme,
  playTrial,
  points,
  prepaid,
  programmeFaults,
  pursesOf,
  type Rule,
  type Sale,
  stamps,
  tiers,
  units,
  ValueFault,
  type When,
} from "./plain.ts";
import { isAtLeast, product, ratio, rounded, total } from "./ratio.ts";

/** An instant of a winter day in Paris, by its local hour. */
const at = (day: string, hour = 12): number => parseDay(day)! * 86_400 + (hour - 1) * 3_600;
const TODAY = "2027-01-12";
const facts = (more: Partial<Facts> = {}): Facts => ({ merchant: 1, at: at(TODAY), clockSuspect: false, ...more });
const NOW = facts();

const of = (rules: readonly Rule[], more: Partial<Programme> = {}): Programme => ({
  number: 1,
  version: 1,
  name: "test",
  scope: "town",
  zone: "Europe/Paris",
  merchants: {
    1: { name: "A", role: "earn-and-spend" },
    2: { name: "B", role: "earn-and-spend" },
    3: { name: "C", role: "earn-only" },
  },
  exclude: ["tobacco"],
  nonEarning: ["prepaid", "gift-card", "voucher"],
  stacking: "best-of",
  roundingStage: "end",
  spentPolicy: "deduct-from-refund",
  rules,
  ...more,
});

type WrittenLine = number | readonly [amount: number, category: string, quantity?: number];
const basket = (...written: readonly WrittenLine[]): Sale => ({
  lines: written.map((line) => {
    if (typeof line === "number") return { amount: line, quantity: 1 };
    const [amount, category, quantity = 1] = line;
    return { amount, category, quantity };
  }),
  tip: 0,
});
const movedBy = (effects: readonly Effect[], type: Effect["type"], rule?: string) =>
  effects.reduce(
    (all, effect) => (effect.type === type && (rule ?? effect.rule) === effect.rule ? all + effect.value : all),
    0,
  );
const earned = (
  rules: readonly Rule[],
  sale: Sale,
  when: Facts = NOW,
  held: readonly Purse[] = [],
  more: Partial<Programme> = {},
) => movedBy(evaluate(of(rules, more), held, sale, when).effects, "earn");
const skips = (rules: readonly Rule[], sale: Sale, when: Facts = NOW, held: readonly Purse[] = []) =>
  evaluate(of(rules), held, sale, when).skipped.map(({ reason }) => reason);

const cents = (value: number, index = 0): Purse => ({ kind: "cagnotte", index, cents: value });
const pts = (count: number): Purse => ({ kind: "points", index: 0, count });
const rate = cagnotte({ id: "c", rate: 1_000 });

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

describe("when a rule has its say", () => {
  const reason = (when: When, more: Partial<Facts> = {}, held: readonly Purse[] = [], sale = basket(1_000)) => {
    const done = evaluate(of([{ ...rate, when }, club({ id: "k", fee: 1 })]), held, sale, facts(more));
    return done.skipped[0]?.reason ?? null;
  };
  const on = (day: string, hour = 12) => ({ at: at(day, hour) });

  it("weekdays", () => {
    expect(["2027-01-14", "2027-01-15"].map((day) => reason({ weekdays: [4] }, on(day)))).toEqual([
      null,
      "NOT_THE_DATE",
    ]);
  });

  it("hours, the second not included, and over midnight", () => {
    const happy = { hours: { from: 17 * 60, to: 19 * 60 } };
    expect([16, 17, 18, 19].map((hour) => reason(happy, on(TODAY, hour)))).toEqual([
      "NOT_THE_HOUR",
      null,
      null,
      "NOT_THE_HOUR",
    ]);
    const late = { hours: { from: 22 * 60, to: 2 * 60 } };
    expect([1, 2, 21, 22].map((hour) => reason(late, on(TODAY, hour)))).toEqual([
      null,
      "NOT_THE_HOUR",
      "NOT_THE_HOUR",
      null,
    ]);
  });

  it("dates, the second not included", () => {
    const dated = { from: "2027-02-01", until: "2027-03-01" };
    expect(["2027-01-31", "2027-02-01", "2027-02-28", "2027-03-01"].map((day) => reason(dated, on(day)))).toEqual([
      "NOT_THE_DATE",
      null,
      null,
      "NOT_THE_DATE",
    ]);
  });

  it("a birthday, days before and after it, over the new year and on 29 February", () => {
    const born = (month: number, dayOfMonth: number, leap: "28-february" | "1-march", day: string) =>
      reason({ birthday: { before: 2, after: 1, leap } }, { ...on(day), birthday: { month, dayOfMonth } });
    expect(["2026-12-29", "2026-12-30", "2027-01-02", "2027-01-03"].map((day) => born(1, 1, "1-march", day))).toEqual([
      "NO_BIRTHDAY",
      null,
      null,
      "NO_BIRTHDAY",
    ]);
    expect(born(12, 31, "1-march", "2027-01-01")).toBe(null);
    expect(["2027-02-26", "2027-03-02"].map((day) => born(2, 29, "28-february", day))).toEqual([null, "NO_BIRTHDAY"]);
    expect(["2027-02-26", "2027-03-02"].map((day) => born(2, 29, "1-march", day))).toEqual(["NO_BIRTHDAY", null]);
    expect(reason({ birthday: { before: 2, after: 2, leap: "1-march" } })).toBe("NO_BIRTHDAY");
  });

  it("the first visit: an offer on the card is none", () => {
    const offer: Purse = { kind: "offer", index: 0, offer: 7, from: 0, until: 65_535 };
    expect([[], [offer], [cents(0)]].map((held) => reason({ first: true }, {}, held))).toEqual([
      null,
      null,
      "SEEN_BEFORE",
    ]);
  });

  it("days since the last visit, where they are known", () => {
    const today = parseDay(TODAY)!;
    const seen = [undefined, today - 29, today - 30].map((lastDay) =>
      reason({ awayDays: 30 }, lastDay === undefined ? {} : { lastDay }),
    );
    expect(seen).toEqual(["SEEN_LATELY", "SEEN_LATELY", null]);
  });

  it("members to the end of their last day, offers on their days, merchants, tenders, levels", () => {
    const today = parseDay(TODAY)!;
    const member = (until: number): Purse => ({ kind: "club", index: 0, until });
    expect([member(today), member(today - 1)].map((one) => reason({ memberOf: "k" }, {}, [one]))).toEqual([
      null,
      "NOT_MEMBER",
    ]);
    const offer = (number: number, from: number, until: number): Purse => ({
      kind: "offer",
      index: 1,
      offer: number,
      from,
      until,
    });
    const offers = [
      offer(7, today, today),
      offer(8, today, today),
      offer(7, today + 1, today + 2),
      offer(7, today - 2, today - 1),
    ];
    expect(offers.map((one) => reason({ offer: 7 }, {}, [one]))).toEqual([null, "NO_OFFER", "NO_OFFER", "NO_OFFER"]);
    expect([1, 2].map((merchant) => reason({ merchants: [2] }, { merchant }))).toEqual(["NOT_THE_MERCHANT", null]);
    const paid = (kind: string) =>
      reason({ tender: "card" }, {}, [], { ...basket(1_000), tenders: [{ kind, amount: 1_000 }] });
    expect(["card", "cash"].map(paid)).toEqual([null, "NOT_THE_TENDER"]);
    expect(reason({ tiers: ["or"] })).toBe("NOT_THE_TIER");
  });

  it("a basket that reaches or exceeds an amount, before or after discounts, exclusions left out", () => {
    const off = discount({ id: "d", off: { cents: 100 } });
    const basketOf = (kind: "reaches" | "exceeds", amount: number, more: object = {}) =>
      skips([off, { ...rate, when: { basket: { kind, amount, ...more } } }], basket(1_000, [500, "tobacco"])).length;
    expect([
      basketOf("reaches", 900),
      basketOf("reaches", 901),
      basketOf("exceeds", 899),
      basketOf("exceeds", 900),
    ]).toEqual([0, 1, 0, 1]);
    expect([basketOf("reaches", 1_000, { of: "initial" }), basketOf("reaches", 1_000, { of: "running" })]).toEqual([
      0, 1,
    ]);
  });

  it("a reset clock answers nothing that depends on the day", () => {
    const dated: When[] = [
      { weekdays: [1, 2, 3, 4, 5, 6, 7] },
      { hours: { from: 0, to: 1_440 } },
      { from: "2000-01-01" },
      { until: "2100-01-01" },
      { birthday: { before: 60, after: 60, leap: "1-march" } },
      { awayDays: 1 },
      { memberOf: "k" },
      { offer: 7 },
    ];
    expect(dated.map((when) => reason(when, { clockSuspect: true }))).toEqual(dated.map(() => "CLOCK_SUSPECT"));
    expect(reason({ merchants: [1] }, { clockSuspect: true })).toBe(null);
  });
});

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

describe("a card that another version of the programme wrote", () => {
  it("keeps one purse of those that a rule may have kept its value in", () => {
    const held: Purse[] = [
      { kind: "carrying-cagnotte", index: 0, cents: 40, remainder: 0 },
      { kind: "cagnotte-lots-2", index: 0, lots: [{ value: 30, expires: 20_000, issued: 1 }] },
      cents(7, 1),
    ];
    expect(evaluate(of([rate]), held, basket(100), NOW).newPurses).toEqual([cents(40), cents(7, 1)]);
  });

  it("names the line that is wrong", () => {
    expect(() => evaluate(of([rate]), [], basket(100, -1), NOW)).toThrow(/line 2 amount is -1/);
  });
});

describe("clubs, draws and units", () => {
  it("a membership lasts whole months, and goes on from its last day", () => {
    const join = (day: string, months: number, until = 0) => {
      const held: Purse[] = until === 0 ? [] : [{ kind: "club", index: 0, until }];
      return evaluate(
        of([club({ id: "k", fee: 3_000, months })]),
        held,
        { kind: "join", rule: "k" },
        facts({ at: at(day) }),
      );
    };
    expect(join("2027-01-12", 12).effects).toMatchObject([{ type: "join", value: 3_000, label: "2028-01-11" }]);
    expect(join("2027-03-01", 1).effects[0]!.label).toBe("2027-03-31");
    expect(join("2027-01-31", 1).effects[0]!.label).toBe("2027-02-28");
    expect(join("2027-01-12", 12, parseDay("2027-06-30")!).effects[0]!.label).toBe("2028-06-30");
    expect(join("2027-01-12", 12).payable).toBe(3_000);
    const reset = evaluate(
      of([club({ id: "k", fee: 3_000 })]),
      [],
      { kind: "join", rule: "k" },
      facts({ clockSuspect: true }),
    );
    expect(reset).toMatchObject({ effects: [{ type: "decline", reason: "CLOCK_SUSPECT" }], newPurses: [], payable: 0 });
  });

  it("entries for whole amounts of what is paid, so many at most", () => {
    const rule = draw({ id: "d", cents: 3_000, entriesMax: 3 });
    const entries = (amount: number) => evaluate(of([rule]), [], basket(amount, [9_000, "tobacco"]), NOW).effects;
    expect(entries(2_999)).toEqual([]);
    expect(entries(9_100)).toMatchObject([{ type: "entries", value: 3 }]);
    expect(entries(12_000)).toMatchObject([{ value: 3, wouldBe: 4, reason: "CAP_VISIT" }]);
  });

  it("units go back at the price of the cheapest pack, never more than was paid, a started cent for the customer", () => {
    const rule = (...packs: readonly { readonly units: number; readonly price: number }[]) =>
      units({
        id: "u",
        unitName: "copies",
        packs,
      });
    const [three, ten] = [
      { units: 3, price: 1_000 },
      { units: 10, price: 3_000 },
    ];
    const close = (paid: number, ...packs: (typeof three)[]) =>
      evaluate(of([rule(...packs)]), [{ kind: "units", index: 0, paid, bonus: 2 }], { kind: "close" }, NOW).effects;
    expect([1, 3].map((paid) => close(paid, three)[0])).toMatchObject([
      { type: "payout", unit: "units", value: 1, cents: 334 },
      { type: "payout", unit: "units", value: 3, cents: 1_000 },
    ]);
    expect([1, 10].map((paid) => close(paid, three, ten)[0])).toMatchObject([{ cents: 300 }, { cents: 3_000 }]);
    expect(close(1, three)[1]).toMatchObject({ type: "forfeit", value: 2, unit: "units" });
  });
});

describe("programmes that no card could keep", () => {
  const faults = (rules: readonly Rule[], more: Partial<Programme> = {}) => programmeFaults(of(rules, more)).join("\n");
  const many = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [i + 1, { name: "M", role: "earn-and-spend" as const }]),
    );

  it("challenges of more merchants than a card can mark, or than there are", () => {
    const rules = [rate, challenge({ id: "tour", of: "c", gives: 10, distinct: 3 })];
    expect(faults(rules, { merchants: many(33) })).toMatch(/a card can mark 32 merchants, the programme has 33/);
    expect(faults(rules, { merchants: many(32) })).toBe("");
    expect(faults(rules, { merchants: many(2) })).toMatch(/distinct is 3, the programme has 2 merchants/);
  });

  it("challenges that give nothing, or to nobody", () => {
    const tour = (more: object) => faults([rate, challenge({ id: "tour", distinct: 2, ...more })]);
    expect(tour({})).toMatch(/rule "tour": it gives nothing; write gives and of, or a label for a badge/);
    expect(tour({ of: "c" })).toMatch(/it gives nothing/);
    expect(tour({ gives: 5 })).toMatch(/rule "tour": of must name the rule whose purse gets what it gives/);
    expect(tour({ gives: 5, of: "x" })).toMatch(/of names "x", which is no rule that saves/);
    expect(tour({ label: "" })).toMatch(/rule "tour": label/);
    for (const right of [{ label: "Tour" }, { label: "Tour", of: "c", gives: 0 }, { label: "Tour", of: "c", gives: 5 }])
      expect(tour(right)).toBe("");
  });

  it("two rules of units, gifts or levels of one name, too many multipliers", () => {
    const packs = [{ units: 1, price: 1 }];
    const two = ["a", "b"].map((id, purse) => units({ id, purse, unitName: "x", packs }));
    expect(faults(two)).toMatch(/only one rule may be units/);
    const gift = { id: "mug", label: "Mug", points: 1, value: 1 };
    expect(faults([points({ id: "p", earn: { per: "visit", points: 1 }, gifts: [gift, gift] })])).toMatch(
      /gift "mug" stands twice/,
    );
    const level = (from: number) => ({ name: "or", from, permille: 1_000 });
    expect(faults([rate, tiers({ id: "t", levels: [level(0), level(1)] })])).toMatch(/level "or" stands twice/);
    const multipliers = (count: number) =>
      Array.from({ length: count }, (_, i) => multiplier({ id: `m${i}`, of: "c", permille: 2_000 }));
    expect(faults([rate, ...multipliers(21)])).toMatch(/21 multipliers of it, at most 20/);
    expect(faults([rate, ...multipliers(20)])).toBe("");
  });

  it("counts a purse for what caps and limits count, none for a cap of one visit", () => {
    const limit = { times: 1, per: "day", purse: 1 } as const;
    const rules = [
      rate,
      cap({ id: "v", of: "c", per: "visit", most: 5 }),
      cap({ id: "k", of: "c", per: "day", most: 5 }),
      cap({ id: "w", of: "c", per: "week", most: 5, purse: 2 }),
      bonus({ id: "a", of: "c", gives: 1 }),
      bonus({ id: "b", of: "c", gives: 1, limit }),
    ];
    expect(pursesOf(of(rules))).toEqual(["cagnotte", "used", "used", "used"]);
  });

  it("rules of a kind that nobody knows, in one sentence", () => {
    expect(faults([{ ...rate, when: 5 } as unknown as Rule])).toMatch(/when must be an object/);
    expect(faults([{ ...rate, kind: "cashback" } as unknown as Rule])).toMatch(
      /^rule "c": kind is "cashback", it must be one of [^\n]*$/,
    );
  });

  it("counts a purse of what is owed for every rule that may owe", () => {
    const rules = [rate, cagnotte({ id: "d", purse: 1, rate: 100 })];
    const owed = (spentPolicy: Programme["spentPolicy"]) =>
      pursesOf(of(rules, { spentPolicy })).filter((kind) => kind.startsWith("owed")).length;
    expect([owed("allow-negative"), owed("clamp-to-zero")]).toEqual([2, 0]);
  });
});

describe("written cards and events", () => {
  const rules = [
    cagnotte({ id: "c", rate: 500 }),
    challenge({ id: "tour", of: "c", gives: 10, distinct: 2 }),
    stamps({ id: "s", grid: 5, reward: { kind: "gift", label: "x", value: 1 } }),
    prepaid({ id: "m" }),
    units({ id: "u", unitName: "x", packs: [{ units: 10, price: 1_000 }] }),
  ];
  const play = (card: object, events: readonly object[]) => playTrial(of(rules), { card, events });

  it("refuse what no card could hold", () => {
    for (const card of [
      { tour: { visited: [9] } },
      { s: 256 },
      { s: { count: 256 } },
      { u: 65_536 },
      { u: { paid: 65_536 } },
      { tour: { visited: [], won: 256 } },
    ])
      expect(() => play(card, []), JSON.stringify(card)).toThrow(ValueFault);
  });

  it("undo a top-up or a pack once", () => {
    const events = [
      { type: "top-up", id: "T", amount: 500 },
      { type: "pack", id: "P", rule: "u", pack: 1 },
      { type: "cancel", of: "T" },
      { type: "cancel", of: "P" },
    ];
    expect(play({ m: 100 }, events).cards.card).toMatchObject({ m: 100, u: { paid: 0, bonus: 0 } });
    expect(() => play({ m: 900 }, [...events, { type: "cancel", of: "T" }])).toThrow(/undone before/);
  });

  it("take a sale back once", () => {
    const sale = { type: "sale", id: "S", lines: [{ amount: 1_000 }] };
    const back = { type: "refund", of: "S", lines: "all" };
    const { steps, cards } = play({ c: 70 }, [sale, back, back]);
    expect(steps.map(({ declined }) => declined.map(({ reason }) => reason))).toEqual([[], [], ["ALREADY_USED"]]);
    expect(cards.card).toMatchObject({ c: 70, s: 0 });
    const use = { type: "sale", id: "V", use: 2 };
    const again = { type: "refund", of: "V", lines: "all" };
    expect(play({ u: 5 }, [use, again, again]).cards.card).toMatchObject({ u: { paid: 5 } });
  });
});
