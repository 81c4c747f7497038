import { describe, expect, it } from "vitest";
import { cagnotte, percent, points, programme, stamps } from "../../../../firmware/src/rules/plain.ts";
import { AT, newLedger, rowsOf } from "../../../../tests/fixtures/ledger.ts";
import type { Ledger } from "../schema.ts";
import type { Correction } from "./correction.ts";
import { CorrectedOtherwise, postCorrection } from "./post.ts";
import type { ReplayedVisit } from "./replay.ts";
import type { Moves, PurseName } from "./value.ts";

const version = (number: number, more = 0, funder: "sponsor" | "merchant" = "sponsor") =>
  programme({
    number: 7,
    version: number,
    name: "Essai",
    scope: "town",
    merchants: { 1: { name: "Un", role: "earn-and-spend" }, 2: { name: "Deux", role: "earn-and-spend" } },
    rules: [
      cagnotte({ id: "tirelire", rate: percent(5 + more), balanceMax: 30_000, funder }),
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

const PERIOD = { from: 10, to: 16 };
const correction = (visits: readonly ReplayedVisit[], over: Partial<Correction> = {}): Correction =>
  ({ wrong: version(1), right: version(2), period: PERIOD, visits, apart: [], ...over }) as Correction;

/** Lines of the office's own entries, by account. */
const postings = async (ledger: Ledger) =>
  (
    await rowsOf(
      ledger,
      "select day, terminal, number, account, holder, programme, unit, amount from posting order by number, line",
    )
  ).map(({ day, terminal, number, account, holder, programme, unit, amount }) => {
    expect([day, terminal]).toEqual([PERIOD.to, 0]);
    return [number, account, holder, programme, unit, amount];
  });
const amounts = async (ledger: Ledger) =>
  (await rowsOf(ledger, "select * from correction_amount order by correction, card, keeps")).map(
    ({ card, keeps, purse, value, funder, fate }) => [card, keeps, purse, value, funder, fate],
  );

describe("posting a correction", () => {
  it("takes one card's visits together: what one merchant gave too much counts against what another gave too little", async () => {
    const ledger = await newLedger();
    const visits = [
      visit([1, 2], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 }),
      visit([2, 2], 100, 2, { "cagnotte 0": 10 }, { "cagnotte 0": 90 }),
      visit([2, 4], 200, 2, { "cagnotte 0": 70 }, { "cagnotte 0": 10 }),
    ];
    const paying = { wrong: version(1, 0, "merchant"), right: version(2, 0, "merchant") };
    const posted = await postCorrection(ledger, correction(visits, paying), false, AT);
    expect(posted).toMatchObject({ correction: 1, visits: 3, already: 0, rows: 4 });
    expect(await amounts(ledger)).toEqual([
      [100, "cagnotte", 0, 50, "merchant", "credit"],
      [200, "cagnotte", 0, -60, "merchant", "kept"],
    ]);
    expect(await postings(ledger)).toEqual([
      [1, "corrections", 0, 7, "cents", -60],
      [1, "credits", 1, 7, "cents", 50],
      [1, "merchant", 1, 7, "cents", 30],
      [1, "merchant", 2, 7, "cents", -20],
    ]);
  });

  it("claims what is taken back from each card by itself, and knows what no list carries", async () => {
    const ledger = await newLedger();
    const visits = [
      visit([1, 2], 100, 1, { "cagnotte 0": 80, "stamps 0": 1 }, { "cagnotte 0": 50, "stamps 0": 3 }),
      visit([1, 4], 200, 1, { "points 1": 5 }, { "points 1": 9 }),
      visit([1, 6], 300, 1, { "points 1": 5 }, { "points 1": 4 }),
      visit([1, 8], 400, 1, {}, { "cagnotte 0": 40_000 }),
    ];
    await postCorrection(ledger, correction(visits), true, AT);
    expect(await amounts(ledger)).toEqual([
      [100, "cagnotte", 0, -30, "sponsor", "claimed"],
      [100, "stamps", 0, 2, "merchant", "credit"],
      [200, "points", 1, 4, "merchant", "credit"],
      [300, "points", 1, -1, "merchant", "claimed"],
      // More than the purse may hold: no credit would ever find room.
      [400, "cagnotte", 0, 40_000, "sponsor", "owed"],
    ]);
    expect(await postings(ledger)).toEqual([
      [1, "claim", 100, 7, "cents", -30],
      [1, "claim", 300, 7, "points", -1],
      [1, "credits", 1, 7, "points", 4],
      [1, "credits", 1, 7, "stamps", 2],
      [1, "credits", 3, 7, "cents", 40_000],
      [1, "issued", 0, 7, "points", -3],
      [1, "issued", 0, 7, "stamps", -2],
      // The sponsor pays for the cagnotte, whoever gave it.
      [1, "pays", 3, 7, "cents", -39_970],
    ]);
  });

  it("writes each visit once, adds what comes later, and notes visits without a difference", async () => {
    const ledger = await newLedger();
    const first = visit([1, 2], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 });
    const same = visit([1, 4], 100, 1, { "cagnotte 0": 5 }, { "cagnotte 0": 5 });
    const late = visit([2, 2], 100, 2, { "cagnotte 0": 20 }, { "cagnotte 0": 10 });
    expect(await postCorrection(ledger, correction([first, same]), false, AT)).toMatchObject({
      correction: 1,
      rows: 2,
    });
    const again = await postCorrection(ledger, correction([first, same]), false, AT);
    expect(again).toEqual({ correction: null, visits: 0, already: 2, settled: [], rows: 0 });
    expect(await postCorrection(ledger, correction([first, same, late]), false, AT)).toMatchObject({
      ...{ correction: 2, visits: 1, already: 2, rows: 2 },
    });
    expect((await postings(ledger)).slice(2)).toEqual([
      [2, "corrections", 0, 7, "cents", -10],
      [2, "pays", 3, 7, "cents", 10],
    ]);
  });

  it("refuses, whole, what was corrected to another version or to other rules", async () => {
    const ledger = await newLedger();
    const first = visit([1, 2], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 });
    const other = visit([1, 4], 100, 1, { "cagnotte 0": 80 }, { "cagnotte 0": 50 });
    await postCorrection(ledger, correction([first]), false, AT);
    const before = await postings(ledger);
    for (const right of [version(3), version(2, 1)]) {
      const post = () => postCorrection(ledger, correction([other, first], { right }), false, AT);
      await expect(post()).rejects.toThrow(CorrectedOtherwise);
      await expect(post()).rejects.toThrow(/^T-0001-2 was corrected before/);
    }
    expect(await postings(ledger)).toEqual(before);
    expect(await rowsOf(ledger, "select * from corrected_visit")).toHaveLength(1);
  });
});
