import { dayOfCivil, NEVER, type Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { freshCard, HandJournal, type HandState } from "../../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../../tests/fixtures/ledger.ts";
import { importBatch } from "../import.ts";
import type { Ledger } from "../schema.ts";
import { enrolTerminal } from "../terminals.ts";
import { type LastStep, onCards as onCardsOf } from "./on-cards.ts";
import { EVER, eachLife, firstUse, lastSteps } from "./steps.ts";
import { NO_TERMS, type Terms } from "./worth.ts";

const P = 20;
async function onCards(ledger: Ledger, to: number, terms: Terms, at = AT) {
  const last: LastStep[] = [];
  await eachLife(ledger, to, (_, life) => {
    for (const step of lastSteps(life)) last.push({ step, firstUsed: firstUse(life).utc });
  });
  return onCardsOf(ledger, last, terms, at);
}

async function imported(journal: HandJournal): Promise<Ledger> {
  const ledger = await newLedger();
  await enrolTerminal(ledger, journal.terminal, journal.merchant, journal.signer.publicKey, AT);
  expect(await importBatch(ledger, { name: "", file: journal.batch() }, AT)).toMatchObject({ status: "accepted" });
  return ledger;
}

/** A record that holds just these purses. */
function write(journal: HandJournal, from: HandState, ...purses: readonly Purse[]): HandState {
  const [step] = journal.intent([{ from, effects: [], purses }]);
  journal.commit(step!);
  return step!.state;
}

describe("what is on cards", () => {
  it("is what their last records hold: 48 210 points are 482,10 euros", async () => {
    const journal = new HandJournal(1);
    const first = write(journal, freshCard(11, P), { kind: "points", index: 0, count: 40_000 });
    write(journal, first, { kind: "points", index: 0, count: 48_000 });
    write(journal, freshCard(12, P), { kind: "carrying-points", index: 0, count: 250, remainder: 3 });
    write(journal, freshCard(13, P), { kind: "owed-points", index: 0, value: 40 });
    const ledger = await imported(journal);
    const held = { programme: P, keeps: "points", index: 0, unit: "points", amount: 48_210, cards: 3 };
    expect((await onCards(ledger, EVER.to, NO_TERMS)).held).toEqual([{ ...held, worthCents: null }]);
    const terms: Terms = { ...NO_TERMS, rates: new Map([[P, new Map([["points 0", { cents: 1, per: 1 }]])]]) };
    const found = await onCards(ledger, EVER.to, terms);
    expect(found).toMatchObject({ cards: 3, held: [{ ...held, worthCents: 48_210 }] });
    const cheap: Terms = { ...NO_TERMS, rates: new Map([[P, new Map([["points 0", { cents: 500, per: 1_000 }]])]]) };
    expect((await onCards(ledger, EVER.to, cheap)).held).toMatchObject([{ worthCents: 24_105 }]);
    await ledger.destroy();
  });

  it("is told by the month in which it can be spent last, and at the end of the day that is asked about", async () => {
    const [journal, day] = [new HandJournal(1, 1, Date.UTC(2026, 5, 1, 10) / 1_000), dayOfCivil(2026, 6, 1)];
    const expires = dayOfCivil(2027, 3, 31);
    const lots = [
      { value: 300, expires: dayOfCivil(2027, 3, 2), issued: day },
      { value: 200, expires, issued: day },
      { value: 7, expires: NEVER, issued: day },
    ];
    write(journal, freshCard(11, P), { kind: "cagnotte-lots-4", index: 0, lots });
    write(
      journal,
      freshCard(12, P),
      { kind: "cagnotte", index: 0, cents: 10 },
      { kind: "owed-cents", index: 0, value: 4 },
    );
    const ledger = await imported(journal);
    expect((await onCards(ledger, day, NO_TERMS)).expiring).toEqual([
      { programme: P, unit: "cents", until: "2027-03", amount: 500 },
      { programme: P, unit: "cents", until: null, amount: 13 },
    ]);
    expect(await onCards(ledger, day - 1, NO_TERMS)).toMatchObject({ cards: 0, held: [], expiring: [] });
    await ledger.destroy();
  });

  it("tells cash that was received in advance from what was given on top of it", async () => {
    const journal = new HandJournal(1);
    write(
      journal,
      freshCard(11, P),
      { kind: "prepaid", index: 0, cents: 5_000 },
      { kind: "cagnotte", index: 7, cents: 500 },
    );
    write(
      journal,
      freshCard(12, P),
      { kind: "prepaid", index: 0, cents: 250 },
      { kind: "cagnotte", index: 0, cents: 90 },
    );
    const ledger = await imported(journal);
    const terms: Terms = { ...NO_TERMS, bonusPurses: new Map([[P, "cagnotte 7"]]) };
    const found = await onCards(ledger, EVER.to, terms);
    expect(found).toMatchObject({ prepaidCents: 5_250, bonusCents: 500 });
    await ledger.destroy();
  });
});

describe("cards to replace", () => {
  it("are those written 90 000 times, and those in use for four years", async () => {
    const journal = new HandJournal(1);
    const purse: Purse = { kind: "stamps", index: 0, count: 1 };
    const written = (card: number, programme: number, sequence: number) =>
      write(journal, { ...freshCard(card, programme), sequence: sequence - 1 }, purse);
    written(11, P, 60_000);
    written(11, 7, 30_000);
    written(12, P, 89_999);
    written(13, P, 2);
    const ledger = await imported(journal);
    const found = await onCards(ledger, EVER.to, NO_TERMS);
    expect(found.worn).toMatchObject([{ card: 11, writes: 90_000, because: ["writes"] }]);
    const first = found.worn[0]!.firstUsed;
    const fourYears = 4 * 365.25 * 86_400;
    // Its second write is a minute or two later: by the entries between them.
    const worn = (await onCards(ledger, EVER.to, NO_TERMS, first + fourYears)).worn;
    expect(worn.map(({ card, because }) => [card, because])).toEqual([[11, ["writes", "age"]]]);
    const later = (await onCards(ledger, EVER.to, NO_TERMS, first + fourYears + 3_600)).worn;
    expect(later.map(({ card, because }) => [card, because])).toEqual([
      [11, ["writes", "age"]],
      [12, ["age"]],
      [13, ["age"]],
    ]);
    await ledger.destroy();
  });
});
