import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { ArithmeticFault, evaluate, type Facts, programme, programmeFaults, stamps } from "./plain.ts";

/** 2027-06-30 in Paris, 10:00 and a second before midnight; the first second of the day after. */
const MORNING = Date.UTC(2027, 5, 30, 8) / 1_000 - 946_684_800;
const LAST = MORNING + 14 * 3_600 - 1;
const at = (seconds: number, more: Partial<Facts> = {}): Facts => ({
  merchant: 1,
  at: seconds,
  clockSuspect: false,
  ...more,
});
const grid = (more: Partial<Parameters<typeof stamps>[0]> = {}) =>
  programme({
    number: 1,
    version: 1,
    name: "test",
    scope: "shop",
    merchants: { 1: { name: "M", role: "earn-and-spend" } },
    rules: [
      stamps({
        id: "s",
        grid: 10,
        reward: { kind: "gift", label: "Bouquet", value: 800 },
        paperThrough: "2027-06-30",
        ...more,
      }),
    ],
  });
const enter = (count: number, purses: readonly Purse[] = [], facts = at(MORNING), rules = grid()) =>
  evaluate(rules, purses, { kind: "paper", rule: "s", stamps: count }, facts);
const declined = (done: ReturnType<typeof enter>) => done.effects.map(({ type, reason }) => [type, reason]);
const basket = { lines: [{ amount: 500, quantity: 1 }], tip: 0 };

describe("the stamps of a paper card", () => {
  it("are put on the card as they are, and say where they come from", () => {
    const done = enter(6);
    expect(done.newPurses).toEqual([{ kind: "stamps", index: 0, count: 6 }]);
    expect(done).toMatchObject({
      payable: 0,
      effects: [{ type: "stamp", rule: "s", unit: "stamps", value: 6, funder: "merchant", label: "paper" }],
      receipt: [{ note: "stamps", count: 6, grid: 10, added: 6 }],
    });
  });

  it("are taken over through the last second of the day, at no time of a clock that was reset, and never without a day", () => {
    expect(declined(enter(6, [], at(LAST)))).toEqual([["stamp", undefined]]);
    expect(declined(enter(6, [], at(LAST + 1)))).toEqual([["decline", "TOO_LATE"]]);
    expect(declined(enter(6, [], at(MORNING, { clockSuspect: true })))).toEqual([["decline", "CLOCK_SUSPECT"]]);
    const { paperThrough: _none, ...never } = grid().rules[0] as ReturnType<typeof stamps>;
    expect(declined(enter(6, [], at(MORNING), { ...grid(), rules: [never] }))).toEqual([["decline", "NO_PAPER"]]);
  });

  it("are one less than a full grid at most, and one at least", () => {
    expect(declined(enter(9))).toEqual([["stamp", undefined]]);
    expect(declined(enter(10))).toEqual([["decline", "ABOVE_MAXIMUM"]]);
    for (const count of [0, -1, 1.5]) expect(() => enter(count)).toThrow(ArithmeticFault);
  });

  it("come once, before any stamp of this grid, whatever is left of those", () => {
    for (const held of [
      { kind: "stamps", index: 0, count: 0 },
      { kind: "timed-stamps", index: 0, count: 0, last: 5 },
    ] as const)
      expect(declined(enter(6, [held]))).toEqual([["decline", "ALREADY_USED"]]);
    expect(declined(enter(6, [{ kind: "stamps", index: 1, count: 3 }]))).toEqual([["stamp", undefined]]);
  });

  it("begin no cooldown", () => {
    const rules = grid({ cooldownMinutes: 60 });
    const { newPurses } = enter(6, [], at(MORNING), rules);
    expect(newPurses).toEqual([{ kind: "timed-stamps", index: 0, count: 6, last: 0 }]);
    expect(evaluate(rules, newPurses, basket, at(MORNING)).effects).toMatchObject([{ type: "stamp", value: 1 }]);
  });

  it.each([0, 60])("are cancelled so that the right number can be entered (cooldown %i)", (cooldownMinutes) => {
    const rules = grid({ cooldownMinutes });
    const done = enter(6, [], at(MORNING), rules);
    const undo = (purses: readonly Purse[]) =>
      evaluate(rules, purses, { kind: "cancel-paper", effects: done.effects }, at(MORNING));
    const undone = undo(done.newPurses);
    expect(undone).toMatchObject({ newPurses: [], effects: [{ type: "clawback", value: 6, label: "paper" }] });
    expect(declined(enter(5, undone.newPurses, at(MORNING), rules))).toEqual([["stamp", undefined]]);
    const bought = evaluate(rules, done.newPurses, basket, at(MORNING)).newPurses;
    const after = undo(bought);
    expect(after.newPurses).toMatchObject([{ index: 0, count: 1 }]);
    expect(declined(enter(6, after.newPurses, at(MORNING), rules))).toEqual([["decline", "ALREADY_USED"]]);
    // Two of them went for a reward.
    const rest = undo(after.newPurses);
    expect([declined(rest), rest.newPurses]).toEqual([[["decline", "INSUFFICIENT"]], after.newPurses]);
  });

  it("need a grid that they do not fill, and a day that exists", () => {
    const faults = (more: Partial<Parameters<typeof stamps>[0]>) =>
      programmeFaults({ ...grid(), rules: [{ ...(grid().rules[0] as ReturnType<typeof stamps>), ...more }] });
    expect(faults({ grid: 1 })).toEqual([expect.stringContaining("paperThrough needs a grid of 2 stamps or more")]);
    expect(faults({ grid: 2 })).toEqual([]);
    expect(faults({ paperThrough: "2027-06-31" })).toEqual([expect.stringContaining("paperThrough must be a date")]);
  });
});
