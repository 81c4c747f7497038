import { PREPAID_CENTS_MAX, type Purse } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import cafe from "../../../programmes/cafe.programme.ts";
import {
  ArithmeticFault,
  cagnotte,
  type Evaluation,
  evaluate,
  type Facts,
  notesOf,
  type Programme,
  percent,
  prepaid,
  programme,
  type Rule,
  type Sale,
  stamps,
} from "./plain.ts";

const FACTS: Facts = { merchant: 1, at: 800_000_000, clockSuspect: false };
const money = prepaid({ id: "p", balanceMax: 15_000, topUpMin: 500, topUpMax: 10_000 });
const rate = cagnotte({ id: "c", rate: percent(5) });
const gift = { kind: "gift", label: "Café", value: 150 } as const;
const of = (...rules: Rule[]): Programme =>
  programme({
    number: 12,
    version: 1,
    name: "test",
    scope: "shop",
    merchants: { 1: { name: "M", role: "earn-and-spend" }, 2: { name: "G", role: "earn-only" } },
    exclude: ["tobacco"],
    offlineCap: 90_000_000,
    rules,
  });
const sale = (amount: number, more: Partial<Sale> = {}): Sale => ({
  lines: [{ amount, quantity: 1 }],
  tip: 0,
  ...more,
});
const paid = (cents: number, index = 0): Purse => ({ kind: "prepaid", index, cents });
const saved = (cents: number): Purse => ({ kind: "cagnotte", index: 0, cents });

const total = ({ effects }: Pick<Evaluation, "effects">, type: string): number =>
  effects.reduce((sum, effect) => (effect.type === type ? sum + effect.value : sum), 0);
const centsOf = ({ newPurses }: Evaluation, kind: Purse["kind"]): number =>
  newPurses.reduce((sum, purse) => (purse.kind === kind && "cents" in purse ? sum + purse.cents : sum), 0);

describe("prepaid money at a sale", () => {
  it("pays what it can by itself, and the rest is asked by another means", () => {
    const done = evaluate(of(money), [paid(300)], sale(450), FACTS);
    expect(done.effects).toEqual([
      { type: "redeem", rule: "p", unit: "cents", value: 300, funder: "merchant", shares: [300] },
    ]);
    expect(done).toMatchObject({ payable: 150, newPurses: [paid(0)], prepaid: [300], redeemed: [300] });
    expect(done.receipt).toEqual([{ note: "prepaid", rule: "p", toppedUp: 0, spent: 300, balance: 0, bonus: 0 }]);
  });

  it("pays behind the cagnotte, and earns nothing", () => {
    const done = evaluate(of(money, rate), [saved(400), paid(500)], sale(1_000, { redeem: 400 }), FACTS);
    expect(done.effects).toMatchObject([
      { type: "redeem", rule: "c", value: 400 },
      { type: "redeem", rule: "p", value: 500 },
      { type: "earn", rule: "c", value: 5 },
    ]);
    expect(done).toMatchObject({ payable: 100, earningBase: 100, redeemed: [900], prepaid: [500] });
  });

  it("leaves the request for a cagnotte of the next programme as it was", () => {
    const shop = evaluate(of(money), [paid(300)], sale(1_000, { redeem: 500 }), FACTS);
    const { discounts, redeemed, freed, prepaid: byItself } = shop;
    const before = { discounts, redeemed, freed, prepaid: byItself };
    const town = evaluate(of(rate), [saved(600)], sale(1_000, { redeem: 500 }), { ...FACTS, before });
    expect(town).toMatchObject({
      effects: [
        { type: "redeem", value: 500 },
        { type: "earn", value: 10 },
      ],
      payable: 200,
    });
  });

  it("pays for excluded categories too, and never a tip", () => {
    const lines = [{ amount: 900, quantity: 1, category: "tobacco" }];
    const done = evaluate(of(money), [paid(2_000)], { lines, tip: 100 }, FACTS);
    expect(done).toMatchObject({ payable: 100, newPurses: [paid(1_100)] });
  });

  it("stays on the card where the customer wants it to", () => {
    const done = evaluate(of(money), [paid(300)], sale(450, { prepaid: "none" }), FACTS);
    expect(done).toMatchObject({ payable: 450, effects: [], skipped: [], newPurses: [paid(300)] });
    expect(() => evaluate(of(money), [], sale(450, { prepaid: "all" as never }), FACTS)).toThrow(ArithmeticFault);
  });

  it("is skipped, not declined, by a merchant who may not take it: nobody asked", () => {
    const done = evaluate(of(money), [paid(300)], sale(450), { ...FACTS, merchant: 2 });
    expect(done).toMatchObject({
      effects: [],
      skipped: [{ rule: "p", reason: "MERCHANT_CANNOT_REDEEM" }],
      payable: 450,
    });
    expect(evaluate(of(money), [paid(0)], sale(450), { ...FACTS, merchant: 2 }).skipped).toEqual([]);
  });

  it("is payment: a visit paid by it alone is no visit where nothing was paid", () => {
    const grid = stamps({ id: "s", grid: 10, reward: gift, onZeroPayable: false });
    const stamped = (...purses: Purse[]) => evaluate(of(money, rate, grid), purses, sale(450, { redeem: 450 }), FACTS);
    expect(total(stamped(paid(450)), "stamp")).toBe(1);
    expect(stamped(saved(450)).skipped).toEqual([{ rule: "s", reason: "NOTHING_PAID" }]);
    // What another programme of the card paid with prepaid money is paid as well.
    const before = { discounts: [0], redeemed: [450], freed: [0], prepaid: [450] };
    expect(total(evaluate(of(grid), [], sale(450), { ...FACTS, before }), "stamp")).toBe(1);
  });

  it("stands in a purse of its own index", () => {
    const second = prepaid({ id: "p", purse: 1 });
    const done = evaluate(of(second), [paid(300), paid(200, 1)], sale(450), FACTS);
    expect(done.newPurses).toEqual([paid(300), paid(0, 1)]);
  });
});

describe("a top-up", () => {
  const topUp = (amount: number, ...purses: Purse[]) =>
    evaluate(of(money, rate), purses, { kind: "top-up", amount: amount }, FACTS);

  it("puts the cash on the card", () => {
    const done = topUp(2_000, saved(7), paid(300));
    expect(done.effects).toEqual([{ type: "topup", rule: "p", unit: "cents", value: 2_000, funder: "merchant" }]);
    expect(done).toMatchObject({ payable: 2_000, newPurses: [saved(7), paid(2_300)], skipped: [], discounts: [] });
    expect(done.receipt).toContainEqual({
      note: "prepaid",
      rule: "p",
      toppedUp: 2_000,
      spent: 0,
      balance: 2_300,
      bonus: 0,
    });
  });

  it.each([
    [499, "BELOW_MINIMUM"],
    [500, null],
    [10_000, null],
    [10_001, "ABOVE_MAXIMUM"],
  ])("of %i is checked against its limits: %s", (amount, reason) => {
    expect(topUp(amount).effects[0]?.reason ?? null).toBe(reason);
  });

  it("that would fill the card beyond its limit goes back whole", () => {
    expect(topUp(10_000, paid(5_000))).toMatchObject({ payable: 10_000, newPurses: [paid(15_000)] });
    const done = topUp(10_000, paid(5_001));
    expect(done.effects).toEqual([
      { type: "decline", rule: "p", unit: "cents", value: 10_000, funder: "merchant", reason: "CAP_BALANCE" },
    ]);
    expect(done).toMatchObject({ payable: 0, newPurses: [paid(5_001)] });
  });

  it("is declined where the programme has no prepaid rule", () => {
    const done = evaluate(of(rate), [saved(7)], { kind: "top-up", amount: 2_000 }, FACTS);
    expect(done).toMatchObject({
      effects: [{ type: "decline", reason: "NO_PREPAID" }],
      payable: 0,
      newPurses: [saved(7)],
    });
  });

  it("may be taken by a merchant who may not spend, and while a counter is torn: value only comes", () => {
    for (const facts of [{ merchant: 2 }, { earnOnly: true }]) {
      expect(evaluate(of(money), [], { kind: "top-up", amount: 500 }, { ...FACTS, ...facts }).newPurses).toEqual([
        paid(500),
      ]);
    }
  });

  it("of what is no sensible number of cents is the till's fault", () => {
    for (const wrong of [0, -1, 0.5, Number.NaN, 90_000_001]) expect(() => topUp(wrong)).toThrow(ArithmeticFault);
    expect(() => evaluate(of(money), [], { kind: "top-up", amount: 500 }, { ...FACTS, merchant: 9 })).toThrow(
      ArithmeticFault,
    );
  });
});

describe("the café of programmes/", () => {
  it("takes money, is paid with it, and gives the eleventh coffee", () => {
    const facts = { ...FACTS, merchant: 4 };
    const { newPurses } = evaluate(cafe, [], { kind: "top-up", amount: 2_000 }, facts);
    const lines = [{ amount: 1_650, quantity: 11, category: "cafe" }];
    expect(evaluate(cafe, newPurses, { lines, tip: 0 }, facts)).toMatchObject({
      payable: 0,
      newPurses: [paid(500), { kind: "stamps", count: 0 }],
      receipt: [
        { note: "reward", label: "Café offert", value: 150 },
        { note: "stamps", count: 0, added: 10 },
        { note: "prepaid", toppedUp: 0, spent: 1_500, balance: 500, bonus: 0 },
      ],
    });
  });
});

describe("prepaid money over many visits", () => {
  const rules = [money, rate, stamps({ id: "s", grid: 3, reward: gift })];
  const visit = fc.oneof(
    fc.record({ topUp: fc.integer({ min: 1, max: 12_000 }) }),
    fc.record({
      lines: fc.array(
        fc.record({
          amount: fc.nat(4_000),
          quantity: fc.integer({ min: 1, max: 3 }),
          category: fc.constantFrom("food", "tobacco"),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      tip: fc.nat(200),
      redeem: fc.oneof(fc.constant<"max">("max"), fc.nat(300)),
      merchant: fc.constantFrom(1, 2),
    }),
  );

  it("adds up to the cent, is never below zero or above its limit, and the order of the rules does not matter", () => {
    fc.assert(
      fc.property(fc.array(visit, { maxLength: 12 }), (visits) => {
        let purses: readonly Purse[] = [];
        let [cash, left, held] = [0, 0, 0];
        for (const given of visits) {
          const run = (order: Rule[]) =>
            "topUp" in given
              ? evaluate(of(...order), purses, { kind: "top-up", amount: given.topUp }, FACTS)
              : evaluate(of(...order), purses, given, { ...FACTS, merchant: given.merchant });
          const done = run(rules);
          expect(run(rules.toReversed())).toEqual(done);
          if ("topUp" in given) expect([0, given.topUp]).toContain(done.payable);
          else {
            const gross = given.lines.reduce((sum, { amount }) => sum + amount, given.tip);
            expect(done.payable).toBe(gross - total(done, "discount") - total(done, "redeem"));
            for (const { type, value, shares = [] } of done.effects) {
              if (type === "redeem") expect(shares.reduce((sum, share) => sum + share, 0)).toBe(value);
            }
            done.redeemed.forEach((share, i) => {
              expect(share).toBeLessThanOrEqual(given.lines[i]!.amount);
              expect(done.prepaid[i]).toBeLessThanOrEqual(share);
            });
          }
          cash += total(done, "topup");
          left += done.effects.reduce(
            (sum, { rule, type, value }) => (rule === "p" && type === "redeem" ? sum + value : sum),
            0,
          );
          held = centsOf(done, "prepaid");
          expect(held).toBe(cash - left);
          expect(held).toBeGreaterThanOrEqual(0);
          expect(held).toBeLessThanOrEqual(15_000);
          purses = done.newPurses;
        }
      }),
    );
  });

  it("loses nothing between paying in and spending all", () => {
    const any = of(prepaid({ id: "p" }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: PREPAID_CENTS_MAX }),
        fc.array(fc.integer({ min: 1, max: 90_000 })),
        (amount, baskets) => {
          let { newPurses } = evaluate(any, [], { kind: "top-up", amount: amount }, FACTS);
          let spent = 0;
          for (const basket of [...baskets, PREPAID_CENTS_MAX]) {
            const done = evaluate(any, newPurses, sale(basket), FACTS);
            spent += basket - done.payable;
            newPurses = done.newPurses;
          }
          expect(spent).toBe(amount);
          expect(newPurses).toEqual([paid(0)]);
        },
      ),
    );
  });
});

describe("a bonus by bands", () => {
  const bands = [
    { from: 10_000, rate: 1_200 },
    { from: 5_000, rate: 1_000 },
  ];
  const bonusOf = (counts: "whole" | "part" | null, amount: number, rounding: "floor" | "ceil" = "floor") => {
    const on = { bands, purse: 1, rounding, validity: null, lots: 0, funder: "merchant" } as const;
    const account = prepaid({ id: "p", bonus: counts === null ? on : { ...on, counts } });
    const { effects } = evaluate(of(account), [], { kind: "top-up", amount }, FACTS);
    return effects.find(({ type }) => type === "earn")?.value ?? 0;
  };

  it("counts for the whole amount where nothing else is said", () => {
    for (const amount of [4_999, 5_000, 9_999, 10_000]) expect(bonusOf(null, amount)).toBe(bonusOf("whole", amount));
    expect([4_999, 5_000, 9_999, 10_000, 20_000].map((amount) => bonusOf("whole", amount))).toEqual([
      0, 500, 999, 1_200, 2_400,
    ]);
  });

  it("counts for the part of the amount in each band, rounded once", () => {
    expect([4_999, 5_000, 5_010, 10_000, 20_000].map((amount) => bonusOf("part", amount))).toEqual([
      0, 0, 1, 500, 1_700,
    ]);
    // 5 000 at 10 % and 3 at 12 % are 500.36.
    expect([bonusOf("part", 10_003), bonusOf("part", 10_003, "ceil")]).toEqual([500, 501]);
  });
});

describe("an account that runs low", () => {
  const bands = [
    { from: 10_000, rate: 1_200 },
    { from: 5_000, rate: 1_000 },
  ];
  const bonus = { bands, purse: 1, rounding: "floor", validity: null, lots: 0, funder: "merchant" } as const;
  const asked = (more: Partial<Parameters<typeof prepaid>[0]>, left: number) => {
    const low = of(prepaid({ id: "p", suggestBelow: 500, ...more }));
    const { effects, newPurses } = evaluate(low, [paid(left + 100)], sale(100), FACTS);
    return notesOf(low, newPurses, effects, null).filter(({ note }) => note === "recharge");
  };
  const suggests = (cents: number, on: number) => [{ note: "recharge", rule: "p", cents, bonus: on }];

  it("asks for the least top-up that something is given on top of", () => {
    expect(asked({ bonus }, 499)).toEqual(suggests(5_000, 500));
    expect(asked({ bonus }, 500)).toEqual([]);
    expect(asked({ bonus, topUpMin: 6_000 }, 499)).toEqual(suggests(6_000, 600));
    expect(asked({ bonus, suggestBelow: 0 }, 0)).toEqual([]);
  });

  it("names no amount where nothing would be given on top, or the account would not take it", () => {
    expect(asked({}, 499)).toEqual(suggests(0, 0));
    expect(asked({ bonus, topUpMax: 4_999 }, 499)).toEqual(suggests(0, 0));
    expect(asked({ bonus, balanceMax: 5_400 }, 401)).toEqual(suggests(0, 0));
    expect(asked({ bonus, balanceMax: 5_400 }, 400)).toEqual(suggests(5_000, 500));
  });
});
