import { describe, expect, it } from "vitest";
import { earned, freshCard, HandJournal, spent } from "../../../tests/fixtures/hand-journal.ts";
import { rowsOf } from "../../../tests/fixtures/ledger.ts";
import { NOON, OfficeNights } from "../../../tests/fixtures/office-nights.ts";
import { importBatch } from "./import.ts";
import { outstanding } from "./ledger.ts";
import { endTerminal, enrolTerminal, exposureOf, listTerminals } from "./terminals.ts";

const CARD = freshCard(77, 20);
const END = { state: "revoked", replacedBy: null } as const;

/** A terminal that wrote three visits, of which the first is imported. */
async function threeVisits() {
  const nights = await OfficeNights.begin(2, [1, 1]);
  const journal = nights.at(1, 0);
  const a = journal.visit(CARD, earned(500)).state;
  await nights.comes(1);
  const b = journal.visit(a, earned(30)).state;
  const c = journal.visit(b, spent(400)).state;
  const brings = (first: number, last: number) =>
    importBatch(nights.ledger, { name: `${first}-${last}`, file: journal.batch(first, last) }, NOON);
  return { nights, journal, c, brings };
}

describe("a terminal that is revoked", () => {
  it("keeps what is imported; what comes behind is refused and kept", async () => {
    const { nights, brings } = await threeVisits();
    await endTerminal(nights.ledger, 1, { ...END, ends: 2 }, NOON);
    expect(await brings(1, 2)).toMatchObject({ status: "already-imported" });
    for (const [first, last] of [
      [1, 6],
      [3, 4],
      [5, 6],
    ] as const) {
      expect(await brings(first, last)).toMatchObject({ status: "quarantined", reason: "terminal-revoked", number: 3 });
    }
    expect(await outstanding(nights.ledger, "cents")).toBe(500);
    const kept = await rowsOf(
      nights.ledger,
      "select name from batch where status = 'quarantined' and file is not null",
    );
    expect(kept.map(({ name }) => name).sort()).toEqual(["1-6", "3-4", "5-6"]);
    await nights.end();
  });

  it("may be so behind an entry that is still to come: the prefix of a file counts, and the rest does not", async () => {
    const { nights, brings } = await threeVisits();
    await endTerminal(nights.ledger, 1, { ...END, ends: 4 }, NOON);
    expect(await brings(3, 6)).toMatchObject({ status: "quarantined", reason: "terminal-revoked", number: 5 });
    expect(await outstanding(nights.ledger, "cents")).toBe(530);
    expect(await listTerminals(nights.ledger)).toMatchObject([{ imported_to: 4, state: "revoked", ends: 4 }, {}]);
    expect(await brings(3, 6)).toMatchObject({ status: "quarantined", number: 5 });
    // Said again, the later word counts.
    await endTerminal(nights.ledger, 1, { ...END, ends: 6 }, NOON);
    expect(await brings(3, 6)).toMatchObject({ status: "accepted", accepted: 2 });
    expect(await outstanding(nights.ledger, "cents")).toBe(130);
    await nights.end();
  });

  it("sets aside the files that waited behind its end", async () => {
    const { nights, brings } = await threeVisits();
    expect(await brings(5, 6)).toMatchObject({ status: "waiting" });
    await endTerminal(nights.ledger, 1, { ...END, ends: 4 }, NOON);
    expect(await rowsOf(nights.ledger, "select status from batch where name = '5-6'")).toEqual([
      { status: "quarantined" },
    ]);
    expect(await brings(3, 4)).toMatchObject({ status: "accepted" });
    await nights.end();
  });

  it("tells which cards it met behind its end, and leaves what is booked", async () => {
    const { nights, brings, c } = await threeVisits();
    await brings(3, 6);
    nights.at(2, 5).visit({ ...c, card: 78, hash: new Uint8Array(32).fill(1) }, spent(1));
    await nights.comes(2);
    await endTerminal(nights.ledger, 1, { ...END, ends: 2 }, NOON);
    expect(await exposureOf(nights.ledger, 1, 2)).toEqual({
      cardsSince: [77, 78],
      givenCents: 30,
      takenCents: 400,
      cardsEver: 1,
    });
    const ended = (await nights.seen(1)).filter(({ kind, number }) => kind === "ended" && number !== undefined);
    expect(ended.map(({ number, cents, bars }) => [number, cents, bars])).toEqual([
      [5, 400, true],
      [3, 30, true],
    ]);
    await nights.end();
  });
});

describe("a terminal that is replaced", () => {
  it("is closed with its last number, is not silent, and the shop goes on under the new one", async () => {
    const { nights, c, brings } = await threeVisits();
    await brings(3, 6);
    await endTerminal(nights.ledger, 1, { state: "replaced", ends: 6, replacedBy: 2 }, NOON);
    nights.at(2, 5).visit(c, earned(7));
    await nights.comes(2);
    expect(await listTerminals(nights.ledger)).toMatchObject([
      { number: 1, merchant: 1, state: "replaced", ends: 6, replaced_by: 2 },
      { number: 2, merchant: 1, state: "active", ends: null, replaced_by: null },
    ]);
    expect(await rowsOf(nights.ledger, "select merchant, count(*) as n from intent_area group by merchant")).toEqual([
      { merchant: 1, n: 4 },
    ]);
    expect((await nights.seen(9)).map(({ kind, terminal }) => [kind, terminal])).toEqual([["silent", 2]]);
    await nights.end();
  });

  it("refuses a shop that is not its own, a terminal that is none, and one that is ended", async () => {
    const { nights } = await threeVisits();
    const stranger = new HandJournal(9, 4);
    await enrolTerminal(nights.ledger, 9, 4, stranger.signer.publicKey, NOON);
    const by = (replacedBy: number, number = 1) =>
      endTerminal(nights.ledger, number, { state: "replaced", ends: 2, replacedBy }, NOON);
    await expect(by(9)).rejects.toThrow("merchant 4's");
    await expect(by(8)).rejects.toThrow("T-0008 is not known");
    await expect(by(2, 8)).rejects.toThrow("T-0008 is not known");
    await expect(by(1)).rejects.toThrow("cannot take its place");
    await by(2);
    await expect(by(1, 2)).rejects.toThrow("cannot take its place");
    await nights.end();
  });
});
