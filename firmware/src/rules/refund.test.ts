import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import {
  cents,
  facts,
  find,
  lines,
  movedBy,
  NOW,
  of,
  refunds,
  TODAY,
  used,
} from "../../../tests/fixtures/refunding.ts";
import {
  ArithmeticFault,
  bonus,
  cagnotte,
  cap,
  challenge,
  discount,
  evaluate,
  type Facts,
  type Programme,
  points,
  prepaid,
  units,
  type Visit,
} from "./plain.ts";

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
