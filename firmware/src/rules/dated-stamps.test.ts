import { dayOfCivil, type Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { datedPurse } from "./dated-stamps.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { completed, type Facts, programme, programmeFaults, type StampsRule, stamps } from "./plain.ts";

const HEAD = {
  number: 7,
  version: 1,
  name: "Essai",
  scope: "shop",
  merchants: { 1: { name: "A", role: "earn-and-spend" } },
} as const;
const grid = (more: Partial<StampsRule> = {}) =>
  stamps({ id: "vin", grid: 3, withinDays: 30, reward: { kind: "gift", label: "Carafe", value: 900 }, ...more });
const around = (more?: Partial<StampsRule>) => programme({ ...HEAD, rules: [grid(more)] });
const faultsOf = (more: Partial<StampsRule>) => programmeFaults(completed({ ...HEAD, rules: [grid(more)] })).join("\n");

const TODAY = dayOfCivil(2027, 3, 30);
const factsOn = (day: number, more: Partial<Facts> = {}): Facts => ({
  ...{ merchant: 1, at: day * 86_400 + 43_200, clockSuspect: false },
  ...more,
});
const sale = (units = 1) => ({ lines: [{ amount: 1_000, quantity: units, category: "vin" }], tip: 0 });
const days = ({ newPurses: [purse] }: Pick<Evaluation, "newPurses">) =>
  purse?.kind === "dated-stamps" ? purse.days.filter((day) => day > 0).map((day) => day - TODAY) : purse;
const held = (...ago: readonly number[]): Purse[] => [
  datedPurse(
    0,
    ago.map((day) => TODAY + day),
  ),
];
const undo = (sold: Evaluation, purses: readonly Purse[], on: number, soldOn = TODAY): Evaluation => {
  const of = { sale: sale(), effects: sold.effects, soldAt: factsOn(soldOn).at, merchant: 1 };
  return evaluate(around(), purses, { kind: "refund", ...of, lines: [0], before: [] }, factsOn(on));
};

describe("stamps within so many days", () => {
  it("count on their own day and the 29 after", () => {
    expect(days(evaluate(around(), held(-29, -30, -31), { kind: "look" }, factsOn(TODAY)))).toEqual([-29]);
    expect(days(evaluate(around(), held(-29), sale(), factsOn(TODAY)))).toEqual([-29, 0]);
    expect(days(evaluate(around(), held(-30), sale(), factsOn(TODAY)))).toEqual([0]);
  });

  it("a reward takes the oldest, and a refund brings back those very days", () => {
    const before = held(-29, -8, -2, -1);
    const sold = evaluate(around(), before, sale(), factsOn(TODAY));
    expect(sold.effects).toMatchObject([{ type: "stamp" }, { type: "reward", taken: 3 }]);
    expect(days(sold)).toEqual([-1, 0]);
    expect(days(undo(sold, sold.newPurses, TODAY))).toEqual([-29, -8, -2, -1]);
    // On the next day the oldest counts no longer.
    const later = undo(sold, sold.newPurses, TODAY + 1);
    expect(days(evaluate(around(), later.newPurses, { kind: "look" }, factsOn(TODAY + 1)))).toEqual([-8, -2, -1]);
  });

  it("a refund takes the stamp of its own day, no other one's when that is over", () => {
    const sold = evaluate(around({ grid: 8 }), held(-20), sale(), factsOn(TODAY));
    expect(days(undo(sold, held(-5, 0, 3), TODAY + 4))).toEqual([-5, 3]);
    expect(days(undo(sold, held(25), TODAY + 30))).toEqual([25]);
    expect(days(undo(sold, held(25), TODAY + 29))).toEqual([]);
  });

  it("a card holds eight; a ninth is not given, and said", () => {
    const rule = { grid: 8, count: { per: "visit", stamps: 3 } } as const;
    const full = held(-9, -8, -7, -6, -5, -4, -3);
    const later = evaluate(around(rule), full, { ...sale(), rewards: "later" }, factsOn(TODAY));
    expect(later.effects).toMatchObject([{ type: "stamp", value: 1, wouldBe: 3, reason: "CAP_BALANCE" }]);
    const now = evaluate(around(rule), full, sale(), factsOn(TODAY));
    expect(now.effects).toMatchObject([
      { type: "stamp", value: 1 },
      { type: "reward", taken: 8, times: 1 },
    ]);
    expect(days(undo(now, now.newPurses, TODAY))).toEqual([-9, -8, -7, -6, -5, -4, -3]);
  });

  it("gives as many free items as a card has stamps for", () => {
    const reward = { kind: "free-item", label: "Vin", category: "vin" } as const;
    const free = around({ reward, count: { per: "item", category: "vin" }, grid: 3 });
    const { effects, newPurses } = evaluate(free, held(), sale(40), factsOn(TODAY));
    expect(effects).toMatchObject([
      { type: "discount" },
      { type: "stamp", value: 8 },
      { type: "reward", times: 2, taken: 6 },
    ]);
    expect(days({ newPurses })).toEqual([0, 0]);
  });

  it("are given by no clock that was reset, which lets none go either", () => {
    const { effects, skipped, newPurses } = evaluate(
      around(),
      held(-5),
      sale(),
      factsOn(TODAY + 900, { clockSuspect: true, lastDay: TODAY }),
    );
    expect([effects, skipped]).toEqual([[], [{ rule: "vin", reason: "CLOCK_SUSPECT" }]]);
    expect(days({ newPurses })).toEqual([-5]);
  });

  it("of a version without days are of the first visit under the new one; without days again, they are as many", () => {
    const old: Purse[] = [{ kind: "stamps", index: 0, count: 1 }];
    const dated = evaluate(around(), old, sale(), factsOn(TODAY));
    expect(days(dated)).toEqual([0, 0]);
    const { withinDays: _withinDays, ...undated } = grid();
    const again = evaluate(
      programme({ ...HEAD, rules: [undated] }),
      dated.newPurses,
      { ...sale(), rewards: "later" },
      factsOn(TODAY),
    );
    expect(again.newPurses).toEqual([{ kind: "stamps", index: 0, count: 3 }]);
  });

  it.each([
    [{ withinDays: 0 }, /withinDays must be 1 to 3650 days/],
    [{ withinDays: 7.5 }, /withinDays must be 1 to 3650 days/],
    [{ cooldownMinutes: 30 }, /withinDays keeps days and no hours/],
    [{ grid: 9 }, /room for 8 stamps with days/],
  ])("is refused where it cannot be: %j", (more, fault) => {
    expect(faultsOf(more)).toMatch(fault);
  });
});
