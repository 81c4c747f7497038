import { describe, expect, it } from "vitest";
import { discount, evaluate, type Facts, parking, programme, programmeFaults, type Rule, type Sale } from "./plain.ts";

/** 2027-06-15 in Paris, 18:30. */
const AT = Date.UTC(2027, 5, 15, 16, 30) / 1_000 - 946_684_800;
const FACTS: Facts = { merchant: 1, at: AT, clockSuspect: false };
const minutes = (more: Partial<Parameters<typeof parking>[0]> = {}) =>
  parking({ id: "p", minutes: 30, minimum: { kind: "reaches", amount: 2_000 }, ...more });
const of = (...rules: readonly Rule[]) =>
  programme({
    number: 1,
    version: 1,
    name: "test",
    scope: "town",
    merchants: { 1: { name: "M", role: "earn-only" } },
    rules,
  });
const sale = (...amounts: readonly number[]): Sale => ({
  lines: amounts.map((amount) => ({ amount, quantity: 1 })),
  tip: 0,
});
const given = (rule: Rule, basket = sale(2_000), facts = FACTS) => evaluate(of(rule), [], basket, facts);

describe("minutes of parking", () => {
  it("are given with a purchase, also where a card may only earn, and leave nothing on the card", () => {
    const done = given(minutes(), sale(1_500, 500), { ...FACTS, earnOnly: true });
    expect(done).toMatchObject({ payable: 2_000, newPurses: [] });
    expect(done.effects).toEqual([
      { type: "parking", rule: "p", unit: "minutes", value: 30, funder: "association", label: "2027-06-15 23:59" },
    ]);
    expect(done.receipt).toEqual([{ note: "parking", rule: "p", minutes: 30, until: "2027-06-15 23:59" }]);
  });

  it("are none below the basket, without lines, or by a clock that was reset", () => {
    expect(given(minutes(), sale(1_999)).effects).toEqual([]);
    const reset = given(minutes(), sale(2_000), { ...FACTS, clockSuspect: true });
    expect([reset.effects, reset.skipped]).toEqual([[], [{ rule: "p", reason: "CLOCK_SUSPECT" }]]);
    const used = evaluate(
      of(minutes({ minimum: { kind: "reaches", amount: 0 } })),
      [],
      { lines: [], tip: 0, use: 1 },
      FACTS,
    );
    expect(used.effects).toEqual([]);
  });

  it.each([
    [undefined, "2027-06-15 23:59"],
    [1, "2027-06-15 19:30"],
    [6, "2027-06-16 00:30"],
    [72, "2027-06-18 18:30"],
  ])("within %s hours count until %s", (withinHours, until) => {
    expect(given(minutes(withinHours === undefined ? {} : { withinHours })).effects).toMatchObject([{ label: until }]);
  });

  it("count local hours over a change of the clocks", () => {
    const night = Date.UTC(2027, 2, 27, 23) / 1_000 - 946_684_800;
    const done = given(minutes({ withinHours: 4 }), sale(2_000), { ...FACTS, at: night });
    expect(done.effects).toMatchObject([{ label: "2027-03-28 05:00" }]);
  });

  it("are taken back with the last line of the purchase, once", () => {
    const basket = sale(1_500, 1_500);
    const rules = of(minutes(), discount({ id: "d", off: { cents: 100 } }));
    const { effects } = evaluate(rules, [], basket, FACTS);
    const back = (lines: readonly number[], before: readonly number[]) =>
      evaluate(rules, [], { kind: "refund", sale: basket, effects, soldAt: AT, merchant: 1, lines, before }, FACTS)
        .effects.filter(({ unit }) => unit === "minutes")
        .map(({ type, value }) => [type, value]);
    expect(back([0], [])).toEqual([]);
    expect(back([1], [0])).toEqual([["clawback", 30]]);
    expect(back([0, 1], [])).toEqual([["clawback", 30]]);
  });

  it("have a number, and hours that are no longer than three days", () => {
    const faults = (more: object) => programmeFaults({ ...of(minutes()), rules: [{ ...minutes(), ...more } as Rule] });
    expect(faults({ minutes: 0 })).toEqual(['rule "p": minutes must be 1 to 1440 minutes']);
    expect(faults({ withinHours: 73 })).toEqual([expect.stringContaining("withinHours must be 1 to 72 hours")]);
    expect(faults({ minimum: undefined })).toEqual([expect.stringContaining("minimum is missing")]);
  });
});
