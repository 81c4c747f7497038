import type { Lot, Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { parseDay } from "./calendar/period.ts";
import {
  ArithmeticFault,
  bonus,
  cagnotte,
  cap,
  challenge,
  discount,
  type Effect,
  evaluate,
  type Facts,
  multiplier,
  type Programme,
  points,
  prepaid,
  type Rule,
  type Sale,
  stamps,
  tiers,
  units,
  type Visit,
} from "./plain.ts";

const at = (text: string): number => parseDay(text)! * 86_400 + 11 * 3_600;
const facts = (day: string, more: Partial<Facts> = {}): Facts => ({
  merchant: 1,
  at: at(day),
  clockSuspect: false,
  ...more,
});
const TODAY = "2027-03-10";
const NOW = facts(TODAY);

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

const lines = (...amounts: number[]): Sale => ({
  lines: amounts.map((amount) => ({ amount, quantity: 1 })),
  tip: 0,
});
const movedBy = (effects: readonly Effect[], type: Effect["type"]) =>
  effects.reduce((all, effect) => (effect.type === type ? all + effect.value : all), 0);

/** A sale, and refunds of it one after the other; `between` happens after the sale. */
function refunds(
  programme: Programme,
  held: readonly Purse[],
  sale: Sale,
  parts: readonly (readonly number[])[],
  { sold = NOW, back = NOW, between = [] as readonly (readonly [Visit, Facts])[] } = {},
) {
  const first = evaluate(programme, held, sale, sold);
  let purses = first.newPurses;
  for (const [visit, when] of between) purses = evaluate(programme, purses, visit, when).newPurses;
  const before: number[] = [];
  const steps = parts.map((part) => {
    const visit: Visit = {
      kind: "refund",
      sale,
      effects: first.effects,
      soldAt: sold.at,
      merchant: sold.merchant,
      lines: part,
      before: [...before],
    };
    const done = evaluate(programme, purses, visit, back);
    before.push(...part);
    purses = done.newPurses;
    return done;
  });
  return { first, steps, purses };
}

const cents = (value: number): Purse => ({ kind: "cagnotte", index: 0, cents: value });
const used = (since: string, value: number, index = 0): Purse => ({
  kind: "used",
  index,
  since: parseDay(since)!,
  value,
});
const find = (purses: readonly Purse[], kind: Purse["kind"]) => purses.find((purse) => purse.kind === kind);

describe("a refund names lines of the sale, each once", () => {
  const programme = of([cagnotte({ id: "c", rate: 500 })]);

  it("refuses a line that is named twice, or that the sale has not", () => {
    for (const wrong of [[0, 0], [2], [-1], [0.5]])
      expect(() => refunds(programme, [], lines(1_000, 500), [wrong]), `${wrong}`).toThrow(ArithmeticFault);
  });

  it("declines lines that are back already, and none at all, and leaves the card as it is", () => {
    for (const again of [[0], [0, 1], []]) {
      const { steps, purses } = refunds(programme, [], lines(1_000, 500), [[0, 1], again]);
      expect(steps[1]!.effects).toEqual([
        { type: "decline", rule: "", unit: "cents", value: 0, funder: "merchant", reason: "ALREADY_USED" },
      ]);
      expect(purses).toEqual([cents(0)]);
    }
  });

  it("is done by the merchant who sold", () => {
    const { steps } = refunds(programme, [], lines(1_000), [[0]], { back: facts(TODAY, { merchant: 2 }) });
    expect(steps[0]!.effects).toMatchObject([{ type: "decline", reason: "WRONG_MERCHANT" }]);
  });

  it("of a sale without lines is done once", () => {
    const sessions = of([units({ id: "u", unitName: "séances", packs: [{ units: 10, price: 25_000 }] })]);
    const held: Purse[] = [{ kind: "units", index: 0, paid: 5, bonus: 1 }];
    const { purses, steps } = refunds(sessions, held, { lines: [], tip: 0, use: 2 }, [[0], [0]]);
    expect(purses).toEqual(held);
    expect(steps[1]!.effects).toMatchObject([{ reason: "ALREADY_USED" }]);
  });
});

describe("counters of caps and limits", () => {
  const limited = (per: "day" | "week" | "month" | "year") =>
    of([
      cagnotte({ id: "c", rate: 1_000 }),
      cap({ id: "cap", of: "c", per, most: 150, purse: 0 }),
      bonus({ id: "b", of: "c", gives: 20, limit: { times: 2, per, purse: 1 } }),
    ]);

  it("go back in the period of the sale, whatever it is", () => {
    for (const per of ["day", "week", "month", "year"] as const) {
      const { first, purses } = refunds(limited(per), [], lines(1_000, 200), [[1], [0]]);
      expect(first.newPurses).toContainEqual(expect.objectContaining({ kind: "used", index: 0, value: 140 }));
      expect(
        purses.filter(({ kind }) => kind === "used").map((purse) => "value" in purse && purse.value),
        per,
      ).toEqual([0, 0]);
    }
  });

  it("go back the next day too where the period still runs, and stay where another began", () => {
    const next = { back: facts("2027-03-11") };
    const value = (per: "day" | "week" | "month" | "year", after: Parameters<typeof refunds>[4]) =>
      refunds(limited(per), [], lines(1_000), [[0]], after).purses.flatMap((purse) =>
        purse.kind === "used" ? purse.value : [],
      );
    for (const per of ["day", "week", "month", "year"] as const) expect(value(per, next)).toEqual([0, 0]);
    const another: readonly (readonly [Visit, Facts])[] = [[lines(500), facts("2027-03-11")]];
    expect(value("day", { ...next, between: another })).toEqual([70, 1]);
    // The most of a week is 150, of which 30 were left.
    expect(value("week", { ...next, between: another })).toEqual([30, 1]);
    expect(refunds(limited("day"), [], lines(1_000), [[0]], { ...next, between: another }).purses).toContainEqual(
      used("2027-03-11", 70),
    );
  });

  it("a limit counts the visit, which is over with its last line", () => {
    const { steps } = refunds(limited("day"), [], lines(1_000, 200), [[0], [1]]);
    expect(steps.map(({ newPurses }) => newPurses.find(({ kind, index }) => kind === "used" && index === 1))).toEqual([
      used(TODAY, 1, 1),
      used(TODAY, 0, 1),
    ]);
  });

  it("know nothing of what a challenge gave", () => {
    const tour = of([
      cagnotte({ id: "c", rate: 1_000 }),
      cap({ id: "cap", of: "c", per: "day", most: 150, purse: 0 }),
      challenge({ id: "tour", of: "c", gives: 90, distinct: 2 }),
    ]);
    const held: Purse[] = [{ kind: "visited", index: 0, challenge: 1, places: 2, won: 0 }, used(TODAY, 30)];
    const { first, purses } = refunds(tour, held, lines(400), [[0]]);
    expect(first.newPurses).toContainEqual(used(TODAY, 70));
    expect(purses).toContainEqual(used(TODAY, 30));
    expect(purses).toContainEqual(held[0]);
  });
});

describe("a challenge", () => {
  const rule = (timesMax: number) =>
    of([cagnotte({ id: "c", rate: 100 }), challenge({ id: "tour", of: "c", gives: 500, distinct: 2, timesMax })]);
  const visited = (places: number, won: number): Purse => ({ kind: "visited", index: 0, challenge: 1, places, won });
  const other = facts(TODAY, { merchant: 2 });

  it("cannot be won twice by giving back a purchase that did not win it", () => {
    for (const timesMax of [1, 2]) {
      const programme = rule(timesMax);
      const { purses, steps } = refunds(programme, [], lines(1_000), [[0]], { between: [[lines(1_000), other]] });
      expect(find(purses, "visited")).toEqual(visited(3, 1));
      expect(movedBy(steps[0]!.effects, "clawback")).toBe(10);
      const again = evaluate(programme, purses, lines(1_000), NOW);
      expect(movedBy(again.effects, "earn")).toBe(10);
    }
  });

  it("is open again when the winning purchase is given back, with its bonus", () => {
    const { purses, steps } = refunds(rule(2), [visited(1, 0)], lines(1_000), [[0]], { sold: other, back: other });
    expect(find(purses, "visited")).toEqual(visited(1, 0));
    expect(find(purses, "cagnotte")).toEqual(cents(0));
    expect(movedBy(steps[0]!.effects, "clawback")).toBe(511);
  });

  it("takes a badge back with the purchase that won it, and gives it once for each win", () => {
    const badge = (more: object) =>
      of([cagnotte({ id: "c", rate: 100 }), challenge({ id: "tour", distinct: 2, label: "Tour", ...more })]);
    for (const more of [{}, { of: "c", gives: 500 }]) {
      const programme = badge(more);
      const { first, purses } = refunds(programme, [visited(1, 0)], lines(1_000), [[0]], { sold: other, back: other });
      const won = { type: "reward", rule: "tour", unit: "cents", value: 0, funder: "association", label: "Tour" };
      expect(first.effects.filter(({ type }) => type === "reward")).toEqual([won]);
      expect(first.receipt).toContainEqual({ note: "badge", rule: "tour", label: "Tour" });
      expect(find(first.newPurses, "visited")).toEqual(visited(3, 1));
      expect(find(first.newPurses, "cagnotte")).toEqual(cents("gives" in more ? 510 : 10));
      expect(find(purses, "visited")).toEqual(visited(1, 0));
      expect(find(purses, "cagnotte")).toEqual(cents(0));
      // It was won, and no second time is allowed.
      const again = evaluate(programme, first.newPurses, lines(1_000), NOW);
      expect(again).toMatchObject({ skipped: [{ rule: "tour", reason: "CAP_TIMES" }] });
      expect(again.effects.some(({ type }) => type === "reward")).toBe(false);
      expect(again.receipt.some(({ note }) => note === "badge")).toBe(false);
    }
    const twice = evaluate(badge({ timesMax: 2 }), [visited(3, 1)], lines(1_000), NOW);
    expect(twice.effects.some(({ type }) => type === "reward")).toBe(false);
    const second = evaluate(badge({ timesMax: 2 }), twice.newPurses, lines(1_000), other);
    expect(second.effects.some(({ type }) => type === "reward")).toBe(true);
    expect(find(second.newPurses, "visited")).toEqual(visited(3, 2));
  });

  it("keeps the marks of a round until the next begins, and begins it at any merchant", () => {
    const programme = rule(2);
    const won = evaluate(programme, [visited(1, 0)], lines(1_000), other);
    expect(find(won.newPurses, "visited")).toEqual(visited(3, 1));
    expect(find(evaluate(programme, won.newPurses, lines(1_000), other).newPurses, "visited")).toEqual(visited(2, 1));
    const over = evaluate(rule(1), [visited(3, 1)], lines(1_000), NOW);
    expect(over.skipped).toEqual([{ rule: "tour", reason: "CAP_TIMES" }]);
  });

  it("of another year in the same purse is left alone", () => {
    const programme = rule(1);
    const { first } = refunds(programme, [], lines(1_000), []);
    const newer: Purse = { kind: "visited", index: 0, challenge: 2, places: 3, won: 1 };
    const held = [...first.newPurses.filter(({ kind }) => kind !== "visited"), newer];
    const back = evaluate(
      programme,
      held,
      {
        kind: "refund",
        sale: lines(1_000),
        effects: first.effects,
        soldAt: NOW.at,
        merchant: 1,
        lines: [0],
        before: [],
      },
      NOW,
    );
    expect(find(back.newPurses, "visited")).toEqual(newer);
  });
});

describe("what was spent already", () => {
  const rules = [
    points({
      id: "p",
      earn: { per: "amount", cents: 100, points: 1, groups: "exact" },
      redeem: { points: 10, cents: 50 },
    }),
  ];
  const spend: readonly (readonly [Visit, Facts])[] = [[{ ...lines(400), redeem: 400 }, NOW]];
  const after = (spentPolicy: Programme["spentPolicy"]) => {
    const { steps, purses } = refunds(of(rules, { spentPolicy }), [], lines(10_000), [[0]], { between: spend });
    const { effects } = steps[0]!;
    const payout = effects.find(({ type }) => type === "payout")!;
    return { payout, clawed: movedBy(effects, "clawback"), purses };
  };

  it("comes off the money that goes back", () => {
    // 100 earned, 80 spent for 4 euros, none earned on a basket that was paid with them: 20 are there, 80 are missing.
    expect(after("deduct-from-refund")).toMatchObject({
      payout: { value: 9_600, wouldBe: 10_000, reason: "INSUFFICIENT" },
      clawed: 20,
      purses: [{ kind: "points", count: 0 }],
    });
  });

  it("is owed, and the next earnings pay it off", () => {
    const { payout, clawed, purses } = after("allow-negative");
    expect([payout.value, payout.wouldBe, clawed]).toEqual([10_000, undefined, 100]);
    expect(find(purses, "owed-points")).toEqual({ kind: "owed-points", index: 0, value: 80 });
    const programme = of(rules, { spentPolicy: "allow-negative" });
    const next = evaluate(programme, purses, lines(3_000), NOW).newPurses;
    expect(next).toEqual([
      { kind: "owed-points", index: 0, value: 50 },
      { kind: "points", index: 0, count: 0 },
    ]);
    expect(evaluate(programme, next, lines(6_000), NOW).newPurses).toEqual([{ kind: "points", index: 0, count: 10 }]);
  });

  it("is written off, and said", () => {
    const { payout, clawed, purses } = after("clamp-to-zero");
    expect([payout.value, clawed]).toEqual([10_000, 20]);
    expect(purses).toEqual([{ kind: "points", index: 0, count: 0 }]);
  });

  it("makes room beside the most that a card may hold", () => {
    const programme = of([cagnotte({ id: "c", rate: 1_000, balanceMax: 100 })], { spentPolicy: "allow-negative" });
    const done = evaluate(programme, [{ kind: "owed-cents", index: 0, value: 60 }], lines(2_000), NOW);
    expect(done.effects).toMatchObject([{ type: "earn", value: 160, wouldBe: 200, reason: "CAP_BALANCE" }]);
    expect(done.newPurses).toEqual([cents(100)]);
  });
});

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

describe("levels", () => {
  const ladder = (window: "year" | "rolling-12-months", more: Partial<Parameters<typeof tiers>[0]> = {}) =>
    of([
      tiers({
        id: "t",
        levels: [
          { name: "bronze", from: 0, permille: 1_000 },
          { name: "argent", from: 50_000, permille: 2_000 },
          { name: "or", from: 150_000, permille: 3_000 },
        ],
        window,
        ...more,
      }),
    ]);
  const rolling = (level: number, ...euros: number[]): Purse => ({
    kind: "rolling-tier",
    index: 0,
    level,
    reviewed: 0,
    month: 27 * 12 + 2,
    cents: 0,
    euros: Array.from({ length: 12 }, (_, i) => euros[i] ?? 0),
  });
  const year = (level: number, of: number, spent: number, reviewed = 0): Purse => ({
    kind: "year-tier",
    index: 0,
    level,
    reviewed,
    year: of - 2_000,
    spent,
  });
  const back = (
    programme: Programme,
    held: readonly Purse[],
    amount: number,
    soldOn: string,
    effects: readonly Effect[] = [],
  ) =>
    evaluate(
      programme,
      held,
      { kind: "refund", sale: lines(amount), effects, soldAt: at(soldOn), merchant: 1, lines: [0], before: [] },
      NOW,
    );

  it("lose what was spent in the month of the sale, whenever it comes back", () => {
    const programme = ladder("rolling-12-months");
    const held = rolling(0, 100, 0, 70, 0, 0, 0, 0, 0, 0, 0, 0, 30);
    expect(back(programme, [held], 5_000, "2027-01-20").newPurses).toEqual([
      rolling(0, 100, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 30),
    ]);
    expect(back(programme, [held], 3_000, "2026-04-20").newPurses).toEqual([rolling(0, 100, 0, 70)]);
    expect(back(programme, [rolling(0, 100, 40)], 3_000, "2027-03-02").newPurses).toEqual([rolling(0, 70, 40)]);
    expect(back(programme, [], 3_000, "2027-03-02").newPurses).toEqual([]);
    // A sale of thirteen months ago counts no more.
    expect(back(programme, [held], 3_000, "2026-03-20").newPurses).toEqual([held]);
    // More than its month has: from newer months, then from older ones.
    expect(back(programme, [held], 20_000, "2027-01-20").newPurses).toEqual([rolling(0)]);
    expect(back(programme, [held], 9_950, "2027-01-20").newPurses).toEqual([
      { ...rolling(0, 70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30), cents: 50 },
    ]);
  });

  it("keep cents to the cent", () => {
    const { purses } = refunds(ladder("rolling-12-months"), [{ ...rolling(0, 10), cents: 80 } as Purse], lines(130), [
      [0],
    ]);
    expect(purses).toEqual([{ ...rolling(0, 10), cents: 80 }]);
  });

  it("of a year know nothing of a sale of another", () => {
    const programme = ladder("year");
    expect(back(programme, [year(0, 2_027, 4_000)], 1_000, "2026-12-20").newPurses).toEqual([year(0, 2_027, 4_000)]);
    expect(back(programme, [year(0, 2_027, 4_000)], 1_000, "2027-01-02").newPurses).toEqual([year(0, 2_027, 3_000)]);
    expect(back(programme, [year(0, 2_026, 4_000)], 1_000, "2026-12-20").newPurses).toEqual([year(0, 2_026, 3_000)]);
    expect(back(programme, [year(0, 2_027, 400)], 1_000, "2027-01-02").newPurses).toEqual([year(0, 2_027, 0)]);
  });

  it("go back with the purchase that reached them, and with no other", () => {
    for (const window of ["year", "rolling-12-months"] as const) {
      const programme = ladder(window);
      const { first, steps, purses } = refunds(programme, [], lines(60_000, 5_000), [[1], [0]]);
      expect(first.effects).toMatchObject([{ type: "tier", value: 1, label: "argent", taken: 0 }]);
      expect(steps.map(({ effects }) => effects.filter(({ type }) => type === "tier"))).toEqual([
        [],
        [{ type: "tier", rule: "t", unit: "units", value: 0, funder: "merchant", label: "bronze" }],
      ]);
      expect(purses).toMatchObject([{ level: 0 }]);
      const later = refunds(programme, first.newPurses, lines(1_000), [[0]]);
      expect(later.purses).toMatchObject([{ level: 1 }]);
    }
  });

  it("that were kept from the year before come back as they were", () => {
    const { purses, first } = refunds(ladder("year"), [year(1, 2_026, 60_000)], lines(160_000), [[0]]);
    expect(first.newPurses).toMatchObject([{ level: 2, year: 27, spent: 160_000 }]);
    expect(purses).toEqual([year(1, 2_027, 0)]);
  });

  it("are reviewed by the year that is over, not by the new one", () => {
    const review = { on: "12-31", graceDays: 30, down: "to-window" as const };
    const programme = ladder("year", { review });
    const january = facts("2028-01-02");
    const kept = evaluate(programme, [year(1, 2_027, 60_000)], { kind: "look" }, january);
    expect(kept.newPurses).toMatchObject([{ level: 1, reviewed: parseDay("2027-12-31") }]);
    expect(kept.receipt).not.toContainEqual(expect.objectContaining({ note: "at-risk" }));
    const poor = evaluate(programme, [year(2, 2_027, 60_000)], { kind: "look" }, january);
    expect(poor.newPurses).toMatchObject([{ level: 2, reviewed: 0 }]);
    expect(poor.receipt).toContainEqual(expect.objectContaining({ note: "at-risk", level: "or" }));
    const over = (held: Purse, day: string) => evaluate(programme, [held], { kind: "look" }, facts(day)).newPurses;
    expect(over(year(2, 2_027, 60_000), "2028-01-31")).toMatchObject([{ level: 1 }]);
    expect(over(year(2, 2_027, 10_000), "2028-01-31")).toMatchObject([{ level: 0 }]);
    const fallen = evaluate(programme, [year(2, 2_027, 60_000)], { kind: "look" }, facts("2028-01-31"));
    expect(fallen.effects).toEqual([
      { type: "tier", rule: "t", unit: "units", value: 1, funder: "merchant", label: "argent" },
    ]);
    // A purchase in the days of grace wrote over the old year: one step, in doubt for the customer.
    expect(over(year(2, 2_028, 1_000), "2028-01-31")).toMatchObject([{ level: 1 }]);
    expect(over(year(2, 2_028, 150_000), "2028-01-31")).toMatchObject([{ level: 2 }]);
  });

  it("that are reached after a review are not judged by it", () => {
    const programme = ladder("rolling-12-months", { review: { on: "02-29", graceDays: 0, down: "one" } });
    const done = evaluate(programme, [], lines(50_000), NOW);
    expect(done.newPurses).toMatchObject([{ level: 1, reviewed: parseDay("2027-02-28") }]);
  });

  it("do not lose a year to a clock that was set back", () => {
    const done = evaluate(ladder("year"), [year(0, 2_027, 4_000)], lines(1_000), facts("2026-05-01"));
    expect(done.newPurses).toEqual([year(0, 2_027, 5_000)]);
  });

  it("above those of the programme count as its highest", () => {
    const done = evaluate(ladder("year"), [year(7, 2_027, 4_000)], lines(1_000), NOW);
    expect(done.newPurses).toMatchObject([{ level: 2 }]);
  });

  it("count what prepaid money paid where it earns, and take it back", () => {
    const programme = of([prepaid({ id: "m" }), ...ladder("year").rules], { nonEarning: [] });
    const held: Purse[] = [{ kind: "prepaid", index: 0, cents: 3_000 }];
    const { first, purses } = refunds(programme, held, lines(5_000), [[0]]);
    expect(find(first.newPurses, "year-tier")).toMatchObject({ spent: 5_000 });
    expect(find(purses, "year-tier")).toMatchObject({ spent: 0 });
    expect(find(purses, "prepaid")).toEqual(held[0]);
  });
});

describe("money that goes back", () => {
  it("is what the lines cost after what this programme and those before it took off", () => {
    const programme = of([cagnotte({ id: "c", rate: 500 }), discount({ id: "d", off: { cents: 100 } })]);
    const before = { discounts: [50, 0], redeemed: [0, 200], freed: [0, 0], prepaid: [0, 0] };
    const sold = facts(TODAY, { before });
    const { first, steps } = refunds(programme, [cents(300)], { ...lines(1_000, 1_000), redeem: 500 }, [[0], [1]], {
      sold,
      back: sold,
    });
    expect(first.payable).toBe(2_000 - 50 - 200 - 100 - 300);
    expect(steps.reduce((all, { effects }) => all + movedBy(effects, "payout"), 0)).toBe(first.payable);
  });

  it("is not more than purses have room for, and that is said", () => {
    const programme = of([prepaid({ id: "m" })]);
    const top: readonly (readonly [Visit, Facts])[] = [];
    const { first } = refunds(programme, [{ kind: "prepaid", index: 0, cents: 1_000 }], lines(600), [], {
      between: top,
    });
    const done = evaluate(
      programme,
      [{ kind: "prepaid", index: 0, cents: 16_777_000 }],
      { kind: "refund", sale: lines(600), effects: first.effects, soldAt: NOW.at, merchant: 1, lines: [0], before: [] },
      NOW,
    );
    expect(done.newPurses).toEqual([{ kind: "prepaid", index: 0, cents: 16_777_215 }]);
    expect(done.effects).toMatchObject([{ type: "return", value: 215, wouldBe: 600, reason: "CAP_BALANCE" }]);
  });
});

describe("a top-up that is cancelled", () => {
  const rule = prepaid({
    id: "m",
    bonus: {
      bands: [{ from: 100, rate: 1_000 }],
      purse: 1,
      rounding: "floor",
      validity: null,
      lots: 0,
      funder: "sponsor",
    },
  });
  const after = (programme: Programme, spent: number, when = NOW) => {
    const top = evaluate(programme, [], { kind: "top-up", amount: 5_000 }, NOW);
    const held = spent === 0 ? top.newPurses : evaluate(programme, top.newPurses, lines(spent), NOW).newPurses;
    return evaluate(programme, held, { kind: "cancel-top-up", effects: top.effects }, when);
  };

  it("gives the money back and takes the bonus off", () => {
    const done = after(of([rule]), 0);
    expect(done.effects.at(-1)).toMatchObject({ type: "payout", value: 5_000 });
    expect(done.newPurses).toEqual([
      { kind: "cagnotte", index: 1, cents: 0 },
      { kind: "prepaid", index: 0, cents: 0 },
    ]);
  });

  it("gives back less what was spent of the bonus, by the programme's policy", () => {
    expect(after(of([rule]), 700).effects.at(-1)).toMatchObject({
      type: "payout",
      value: 4_300,
      wouldBe: 4_800,
      reason: "INSUFFICIENT",
    });
    expect(after(of([rule], { spentPolicy: "clamp-to-zero" }), 700).effects.at(-1)).toMatchObject({ value: 4_800 });
  });

  it("is not done, and no account is closed, while an old record could pass for this one", () => {
    const torn = facts(TODAY, { earnOnly: true });
    const decline = [
      { type: "decline", rule: "", unit: "cents", value: 0, funder: "merchant", reason: "COUNTER_TORN" },
    ];
    expect(after(of([rule]), 0, torn).effects).toEqual(decline);
    const close = evaluate(of([rule]), [{ kind: "prepaid", index: 0, cents: 50 }], { kind: "close" }, torn);
    expect(close.effects).toEqual(decline);
    expect(close.newPurses).toEqual([{ kind: "prepaid", index: 0, cents: 50 }]);
  });

  it("may be a pack: its units go, and their price comes back in proportion", () => {
    const programme = of([
      units({
        id: "u",
        unitName: "séances",
        packs: [{ units: 10, price: 25_000 }],
        bonusRate: 1_000,
        spendFirst: "paid",
      }),
    ]);
    const pack = evaluate(programme, [], { kind: "pack", rule: "u", pack: 1 }, NOW);
    const held = evaluate(programme, pack.newPurses, { lines: [], tip: 0, use: 3 }, NOW).newPurses;
    const done = evaluate(programme, held, { kind: "cancel-top-up", effects: pack.effects }, NOW);
    expect(done.effects).toMatchObject([
      { type: "clawback", value: 7, wouldBe: 10, cents: 17_500 },
      { type: "clawback", value: 1, label: "bonus" },
      { type: "payout", value: 17_500 },
    ]);
    expect(done.newPurses).toEqual([{ kind: "units", index: 0, paid: 0, bonus: 0 }]);
  });

  it("takes nothing else off: effects of a sale move nothing", () => {
    const programme = of([rule]);
    const sold = evaluate(programme, [{ kind: "prepaid", index: 0, cents: 900 }], lines(500), NOW);
    const done = evaluate(programme, sold.newPurses, { kind: "cancel-top-up", effects: sold.effects }, NOW);
    expect([done.effects, done.newPurses]).toEqual([[], sold.newPurses]);
  });
});
