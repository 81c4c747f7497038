import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { at, facts, find, lines, NOW, of, refunds } from "../../../tests/fixtures/refunding.ts";
import { parseDay } from "./calendar/period.ts";
import { type Effect, evaluate, type Programme, prepaid, tiers } from "./plain.ts";

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
