import { toHex } from "@cachet/card-layout";
import { Chance } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { newLedger, newLedgers, ON_POSTGRES, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { enrolTown, importTown, type OfficeTown, officeTown, shuffled } from "../../../tests/fixtures/office-town.ts";
import { auditFault } from "./audit.ts";
import { closeTo, closingFault, firstOpenDay } from "./closings.ts";
import { nameOf } from "./detect/finding.ts";
import { findings } from "./detect/findings.ts";
import { importReceived, receiveBatch } from "./import.ts";
import { endNight } from "./night.ts";
import type { Ledger } from "./schema.ts";

const AT = Date.UTC(2026, 5, 20) / 1_000;
/** A soak takes all of them; here a sample. */
const SOAK = process.env.CACHET_SOAK === "1";
const SHUFFLES = Number(process.env.SHUFFLES ?? (ON_POSTGRES ? (SOAK ? 50 : 2) : SOAK ? 1_000 : 20));

/** Everything that the books say at the end of a night. */
async function booksOf(ledger: Ledger) {
  await endNight(ledger, "merchant", AT);
  const seen = await findings(ledger, AT);
  const day = (await firstOpenDay(ledger))!;
  const closed = await closeTo(ledger, day + 3, AT);
  expect(await auditFault(ledger)).toBeNull();
  expect(await closingFault(ledger)).toBeNull();
  return {
    closings: closed.map(({ kind, postings, perpetual, hash }) => [kind, postings, perpetual, toHex(hash)]),
    balances: await rowsOf(
      ledger,
      "select account, holder, programme, unit, sum(amount) as sum from posting group by account, holder, programme, unit order by account, holder, programme, unit",
    ),
    outcomes: await rowsOf(
      ledger,
      "select outcome, decided, count(*) as n from intent_area group by outcome, decided order by outcome, decided",
    ),
    forks: await rowsOf(ledger, "select * from fork order by card, programme, old_hash, other_terminal, other_number"),
    gaps: await rowsOf(ledger, "select * from gap order by card, programme, old_hash"),
    alerts: await rowsOf(ledger, "select * from alert order by terminal, number, kind, programme, card"),
    seen: seen
      .filter(({ kind }) => kind !== "quarantined" && kind !== "waiting")
      .map((finding) => [nameOf(finding), finding.cents, finding.what]),
    waiting: await rowsOf(ledger, "select name from batch where status in ('waiting', 'quarantined', 'received')"),
    entries: await rowsOf(ledger, "select count(*) as n from entry"),
  };
}

/** What they say once all files are in, in this order. */
async function booksAfter(town: OfficeTown, files: OfficeTown["files"]) {
  const ledger = await newLedger();
  await importTown(ledger, town, files, AT);
  const books = await booksOf(ledger);
  await ledger.destroy();
  return books;
}

describe("200 batches in any order", () => {
  it(
    "come to the same books and the same closing",
    async () => {
      const town = officeTown(1);
      const first = await booksAfter(town, town.files);
      expect(first.waiting).toEqual([]);
      expect(first.entries).toEqual([{ n: town.entries }]);
      // The story has what can go wrong in it, or the shuffles would show nothing.
      expect(town.files.length).toBe(200);
      expect(first.forks.length).toBeGreaterThan(5);
      expect(first.outcomes.map(({ outcome, decided }) => `${outcome} ${decided}`)).toEqual([
        "aborted 0",
        "aborted 1",
        "committed 0",
        "committed 1",
      ]);
      const chance = new Chance(7);
      for (let i = 0; i < SHUFFLES; i += 1) {
        expect(await booksAfter(town, shuffled(town.files, chance)), `shuffle ${i}`).toEqual(first);
      }
      process.stdout.write(`shuffles: ${SHUFFLES} of ${town.files.length} batches, ${town.entries} entries\n`);
    },
    SOAK ? 7_200_000 : 300_000,
  );

  it("come to the same books with several importers at once, each file taken by one of them", async () => {
    const town = officeTown(2, { terminals: 8, cards: 30, visits: 500, batches: 60 });
    const expected = await booksAfter(town, town.files);
    const ledgers = await newLedgers(4);
    const [first] = ledgers as [Ledger];
    await enrolTown(first, town, AT);
    for (const file of shuffled(town.files, new Chance(3))) await receiveBatch(first, file);
    const cut = town.files[0]!;
    await receiveBatch(first, { name: "cut", file: cut.file.subarray(0, cut.file.length - 9) });
    const told: string[] = [];
    await Promise.all(
      ledgers.map((ledger) => importReceived(ledger, AT, (name, { status }) => void told.push(`${name} ${status}`))),
    );
    const distinct = new Set(town.files.map(({ file }) => toHex(file))).size;
    expect(told.filter((line) => !line.endsWith(" waiting"))).toHaveLength(distinct + 1);
    expect(told).toContain("cut quarantined");
    const { waiting, ...books } = await booksOf(first);
    expect({ ...books, waiting: waiting.filter(({ name }) => name !== "cut") }).toEqual(expected);
    for (const ledger of ledgers) await ledger.destroy();
  });
});
