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
  prepaid,
  programme,
  type Sale,
} from "./plain.ts";

const FACTS: Facts = { merchant: 1, at: 800_000_000, clockSuspect: false };
const capped = (offlineCap: number): Programme =>
  programme({
    number: 1,
    version: 1,
    name: "test",
    scope: "shop",
    merchants: { 1: { name: "M", role: "earn-and-spend" }, 2: { name: "G", role: "earn-only" } },
    offlineCap,
    rules: [cagnotte({ id: "c", rate: percent(5) }), prepaid({ id: "p" })],
  });
const sale = (amount: number, more: Partial<Sale> = {}): Sale => ({
  lines: [{ amount, quantity: 1 }],
  tip: 0,
  ...more,
});
const saved = (cents: number): Purse => ({ kind: "cagnotte", index: 0, cents });
const paid = (cents: number): Purse => ({ kind: "prepaid", index: 0, cents });

describe("the day's cap", () => {
  it("cuts what pays by itself, and says what it would have been", () => {
    const done = evaluate(capped(1_000), [paid(5_000)], sale(450), { ...FACTS, spentToday: 700 });
    expect(done.effects).toMatchObject([
      { type: "redeem", rule: "p", value: 300, wouldBe: 450, reason: "CAP_DAY", shares: [300] },
      { type: "earn", value: 7 },
    ]);
    expect(done).toMatchObject({ payable: 150, newPurses: [saved(7), paid(4_700)] });
  });

  it("is told even where it leaves nothing", () => {
    const done = evaluate(capped(1_000), [paid(5_000)], sale(450), { ...FACTS, spentToday: 1_200 });
    expect(done.effects[0]).toMatchObject({ type: "redeem", value: 0, wouldBe: 450, reason: "CAP_DAY", shares: [0] });
    expect(done).toMatchObject({ payable: 450 });
    expect(done.newPurses).toContainEqual(paid(5_000));
  });

  it("cuts as much as possible, and declines a request that is more, whole", () => {
    const ask = (redeem: Sale["redeem"] & {}) =>
      evaluate(capped(1_000), [saved(900)], sale(5_000, { redeem }), { ...FACTS, spentToday: 200 }).effects[0];
    expect(ask("max")).toMatchObject({ type: "redeem", value: 800, wouldBe: 900, reason: "CAP_DAY" });
    expect(ask(800)).toEqual({
      type: "redeem",
      rule: "c",
      unit: "cents",
      value: 800,
      funder: "merchant",
      shares: [800],
    });
    expect(ask(801)).toMatchObject({ type: "decline", value: 801, reason: "CAP_DAY" });
    expect(ask(901)).toMatchObject({ type: "decline", value: 901, reason: "INSUFFICIENT" });
  });

  it("counts cagnotte and prepaid money of one visit together", () => {
    const done = evaluate(capped(1_000), [saved(600), paid(5_000)], sale(5_000, { redeem: 600 }), FACTS);
    expect(done.effects.slice(0, 2)).toMatchObject([
      { rule: "c", value: 600 },
      { rule: "p", value: 400, wouldBe: 4_400, reason: "CAP_DAY" },
    ]);
    expect(done.effects[0]).not.toHaveProperty("reason");
  });

  it("holds for any sequence of visits of a day", () => {
    const visits = fc.array(
      fc.record({ amount: fc.nat(2_000), redeem: fc.oneof(fc.constant<"max">("max"), fc.nat(800)) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), visits, (cap, day) => {
        let purses: readonly Purse[] = [saved(2_000), paid(2_000)];
        let spentToday = 0;
        for (const { amount, redeem } of day) {
          const done = evaluate(capped(cap), purses, sale(amount, { redeem }), { ...FACTS, spentToday });
          const value = (wanted: "value" | "wouldBe") =>
            done.effects.reduce(
              (sum, effect) => (effect.type === "redeem" ? sum + (effect[wanted] ?? effect.value) : sum),
              0,
            );
          spentToday += value("value");
          expect(spentToday).toBeLessThanOrEqual(cap);
          expect(done.payable).toBe(amount - value("value"));
          // Nothing is cut while there is room: whatever was cut, the cap is used up.
          if (value("wouldBe") > value("value")) expect(spentToday).toBe(cap);
          purses = done.newPurses;
        }
      }),
    );
  });

  it("takes whole numbers only", () => {
    for (const spentToday of [-1, 0.5, Number.NaN]) {
      expect(() => evaluate(capped(1_000), [], sale(1), { ...FACTS, spentToday })).toThrow(ArithmeticFault);
    }
  });
});

describe("a torn counter", () => {
  const torn = { ...FACTS, earnOnly: true };

  it("lets nothing leave the card and everything come", () => {
    const done = evaluate(capped(9_000), [saved(600), paid(5_000)], sale(1_000), torn);
    expect(done).toMatchObject({ payable: 1_000, skipped: [{ rule: "p", reason: "COUNTER_TORN" }] });
    expect(done.newPurses).toEqual([saved(650), paid(5_000)]);
  });

  it("declines a request, and names the merchant's role first", () => {
    for (const redeem of [100, "max"] as const) {
      const ask = (facts: Facts) => evaluate(capped(9_000), [saved(600)], sale(1_000, { redeem }), facts).effects[0];
      expect(ask(torn)).toMatchObject({ type: "decline", reason: "COUNTER_TORN" });
      expect(ask({ ...torn, merchant: 2 })).toMatchObject({ type: "decline", reason: "MERCHANT_CANNOT_REDEEM" });
    }
  });
});
