import { describe, expect, it } from "vitest";
import { cagnotte, percent, points, programme, stamps } from "../../../../firmware/src/rules/plain.ts";
import { type Database, openSqlite } from "../../ports/database.ts";
import { createTables } from "../schema.ts";
import type { Correction } from "./correction.ts";
import { CorrectedOtherwise, postCorrection } from "./post.ts";
import type { ReplayedVisit } from "./replay.ts";
import type { Moves, PurseName } from "./value.ts";

const version = (number: number, more = 0) =>
  programme({
    number: 7,
    version: number,
    name: "Essai",
    scope: "town",
    merchants: { 1: { name: "Un", role: "earn-and-spend" }, 2: { name: "Deux", role: "earn-and-spend" } },
    rules: [
      cagnotte({ id: "tirelire", rate: percent(5 + more), balanceMax: 30_000, funder: "sponsor" }),
      points({ id: "points", purse: 1, earn: { per: "visit", points: 10 } }),
      stamps({ id: "grille", grid: 10, reward: { kind: "gift", label: "Café", value: 150 } }),
    ],
  });

const moves = (given: Partial<Record<PurseName, number>>): Moves => ({
  purses: new Map(Object.entries(given).map(([name, value]) => [name as PurseName, { given: value ?? 0, spent: 0 }])),
  offCents: 0,
});

/** A visit by ticket, card and merchant: what it gave, and what it should have. */
function visit(
  ticket: readonly [number, number],
  card: number,
  merchant: number,
  given: Partial<Record<PurseName, number>>,
  right: Partial<Record<PurseName, number>>,
): ReplayedVisit {
  const [terminal, number] = ticket;
  const stored = { terminal, number, intent: { card, merchant } } as ReplayedVisit["visit"];
  return { visit: stored, stored: moves(given), right: moves(right) };
}

const correction = (visits: readonly ReplayedVisit[], over: Partial<Correction> = {}): Correction =>
  ({ wrong: version(1), right: version(2), period: { from: 10, to: 16 }, visits, apart: [], ...over }) as Correction;

function ledger(): Database {
  const database = openSqlite(":memory:");
  createTables(database);
  return database;
}

const postings = (database: Database) =>
  database
    .all("select terminal, number, account, unit, amount from posting order by number, line")
    .map(({ terminal, number, account, unit, amount }) => [terminal, number, account, unit, amount]);
const amounts = (database: Database) =>
  database
    .all("select * from correction_amount order by correction, card, keeps")
    .map(({ card, keeps, purse, value, funder, fate }) => [card, keeps, purse, value, funder, fate]);

describe("posting a correction", () => {
  it("takes one card's visits together: what one merchant gave too much counts against what another gave too little", () => {
    const database = ledger();
    const visits = [
      visit([1, 2], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 }),
      visit([2, 2], 100, 2, { "cagnotte 0": 10 }, { "cagnotte 0": 90 }),
      visit([2, 4], 200, 2, { "cagnotte 0": 70 }, { "cagnotte 0": 10 }),
    ];
    const posted = postCorrection(database, correction(visits), false);
    expect(posted).toMatchObject({ correction: 1, visits: 3, already: 0, rows: 4 });
    expect(amounts(database)).toEqual([
      [100, "cagnotte", 0, 50, "sponsor", "credit"],
      [200, "cagnotte", 0, -60, "sponsor", "kept"],
    ]);
    expect(postings(database)).toEqual([
      [0, 1, "corrections/7", "cents", -60],
      [0, 1, "credits/sponsor/7", "cents", 50],
      [0, 1, "merchant/1/7", "cents", 30],
      [0, 1, "merchant/2/7", "cents", -20],
    ]);
  });

  it("claims what is taken back from each card by itself, and knows what no list carries", () => {
    const database = ledger();
    const visits = [
      visit([1, 2], 100, 1, { "cagnotte 0": 80, "stamps 0": 1 }, { "cagnotte 0": 50, "stamps 0": 3 }),
      visit([1, 4], 200, 1, { "points 1": 5 }, { "points 1": 9 }),
      visit([1, 6], 300, 1, { "points 1": 5 }, { "points 1": 4 }),
      visit([1, 8], 400, 1, {}, { "cagnotte 0": 40_000 }),
    ];
    postCorrection(database, correction(visits), true);
    expect(amounts(database)).toEqual([
      [100, "cagnotte", 0, -30, "sponsor", "claimed"],
      [100, "stamps", 0, 2, "merchant", "credit"],
      [200, "points", 1, 4, "merchant", "owed"],
      [300, "points", 1, -1, "merchant", "claimed"],
      // More than the purse may hold: no credit would ever find room.
      [400, "cagnotte", 0, 40_000, "sponsor", "owed"],
    ]);
    expect(postings(database)).toEqual([
      [0, 1, "claim/100/7", "cents", -30],
      [0, 1, "claim/300/7", "points", -1],
      [0, 1, "credits/merchant/7", "points", 4],
      [0, 1, "credits/merchant/7", "stamps", 2],
      [0, 1, "credits/sponsor/7", "cents", 40_000],
      [0, 1, "merchant/1/7", "cents", -39_970],
      [0, 1, "points-issued/7", "points", -3],
      [0, 1, "stamps-issued/7", "stamps", -2],
    ]);
  });

  it("writes each visit once, adds what comes later, and notes visits without a difference", () => {
    const database = ledger();
    const first = visit([1, 2], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 });
    const same = visit([1, 4], 100, 1, { "cagnotte 0": 5 }, { "cagnotte 0": 5 });
    const late = visit([2, 2], 100, 2, { "cagnotte 0": 20 }, { "cagnotte 0": 10 });
    expect(postCorrection(database, correction([first, same]), false)).toMatchObject({ correction: 1, rows: 2 });
    const again = postCorrection(database, correction([first, same]), false);
    expect(again).toEqual({ correction: null, visits: 0, already: 2, settled: [], rows: 0 });
    expect(postCorrection(database, correction([first, same, late]), false)).toMatchObject({
      ...{ correction: 2, visits: 1, already: 2, rows: 2 },
    });
    expect(postings(database).slice(2)).toEqual([
      [0, 2, "corrections/7", "cents", -10],
      [0, 2, "merchant/2/7", "cents", 10],
    ]);
  });

  it("refuses, whole, what was corrected to another version or to other rules", () => {
    const database = ledger();
    const first = visit([1, 2], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 });
    const other = visit([1, 4], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 });
    postCorrection(database, correction([first]), false);
    const before = postings(database);
    for (const right of [version(3), version(2, 1)]) {
      const post = () => postCorrection(database, correction([other, first], { right }), false);
      expect(post).toThrow(CorrectedOtherwise);
      expect(post).toThrow(/^T-0001-2 was corrected before/);
    }
    expect(postings(database)).toEqual(before);
    expect(database.all("select * from corrected_visit")).toHaveLength(1);
  });
});
