import { terminalName } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { type Case, type Json, readCases, Words } from "../../../tests/cases/written-case.ts";
import { earned, freshCard, HandJournal, type HandState } from "../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../tests/fixtures/ledger.ts";
import { importBatch } from "./import.ts";
import type { Ledger } from "./schema.ts";
import { enrolTerminal } from "./terminals.ts";

const PROGRAMME = 20;
const [CARD, OTHER_CARD] = [2_800_010_000, 2_800_020_000];

/** A record of a case is a visit, which takes two entries: the intent and its commit. */
const ENTRIES = 2;
const recordOf = (entry: number): number => Math.ceil(entry / ENTRIES);

/** What the card earns with each visit that a case tells of; others are another card's. */
type Earned = ReadonlyMap<number, number>;

/** A terminal's journal with so many visits. Two of them that begin alike have the same entries so far. */
function journalOf(terminal: number, earn: Earned, visits: number): HandJournal {
  const journal = new HandJournal(terminal, 1);
  let [card, other]: HandState[] = [freshCard(CARD, PROGRAMME), freshCard(OTHER_CARD, PROGRAMME)];
  for (let visit = 1; visit <= visits; visit += 1) {
    const cents = earn.get(visit);
    if (cents === undefined) other = journal.visit(other!, earned(1)).state;
    else card = journal.visit(card!, earned(cents)).state;
  }
  return journal;
}

interface Sent {
  readonly first: number;
  readonly last: number;
  readonly earn: Earned;
}

/** What a case sends, in order; null for the file before it once more. */
function sentBy({ when, id }: Case): readonly (Sent | null)[] {
  return when.map((event, i) => {
    const words = new Words(`${id} event ${i + 1}`, event);
    words.always("type", "import");
    if (event.batch === "same bytes") return null;
    const batch = words.within("batch");
    words.end();
    batch.take("terminal", "");
    const [first, last] = batch.take<readonly [number, number]>("seq", [0, 0]);
    const records = batch.take<readonly { seq: number; earn: number }[]>("records", []);
    batch.end();
    return { first, last, earn: new Map(records.map(({ seq, earn }) => [seq, earn])) };
  });
}

/** An outcome in a case's words: records in place of entries. */
function inWords(outcome: Awaited<ReturnType<typeof importBatch>>, isAsked: (word: string) => boolean): Json {
  const all = {
    status: outcome.status.replace("-", "_"),
    accepted: "accepted" in outcome ? outcome.accepted / ENTRIES : 0,
    duplicates: "duplicates" in outcome ? outcome.duplicates / ENTRIES : 0,
    gap: "gap" in outcome ? outcome.gap.map(recordOf) : null,
    conflicts: "number" in outcome && outcome.number !== undefined ? [recordOf(outcome.number)] : [],
  };
  return Object.fromEntries(Object.entries(all).filter(([word]) => isAsked(word)));
}

/** What the case's card holds by the books, in cents. */
async function balance(ledger: Ledger): Promise<number> {
  const row = await ledger
    .selectFrom("posting")
    .select(({ fn }) => fn.sum<number | null>("amount").as("sum"))
    .where("account", "=", "card")
    .where("holder", "=", CARD)
    .where("unit", "=", "cents")
    .executeTakeFirst();
  return row?.sum ?? 0;
}

const isOfBatches = ({ when }: Case): boolean => when.length > 0 && when.every(({ type }) => type === "import");

describe("worked cases of batches", () => {
  const all = readCases().filter(isOfBatches);
  it.each(all.map((worked) => ({ worked, name: `${worked.id}: ${worked.title}` })))("$name", async ({ worked }) => {
    const terminal = Number(String(worked.given.terminal).slice("T-".length));
    expect(terminalName(terminal)).toBe(worked.given.terminal);
    const sent = sentBy(worked);
    const visits = Math.max(...sent.map((one) => one?.last ?? 0));
    const ledger = await newLedger();
    // What a case says first of a record is what happened; a file that says otherwise comes from a copy of the terminal.
    const told = new Map<number, number>();
    for (const one of sent) for (const [seq, earn] of one?.earn ?? []) if (!told.has(seq)) told.set(seq, earn);
    const honest = journalOf(terminal, told, visits);
    await enrolTerminal(ledger, terminal, 1, honest.signer.publicKey, AT);
    const first = ENTRIES * ((sent[0]?.first ?? 1) - 1);
    if (first > 0) await importBatch(ledger, { name: "before", file: honest.batch(1, first) }, AT);
    let file = new Uint8Array();
    for (const [i, one] of sent.entries()) {
      if (one !== null) {
        const journal = journalOf(terminal, new Map([...told, ...one.earn]), visits);
        file = journal.batch(ENTRIES * (one.first - 1) + 1, ENTRIES * one.last).slice();
      }
      const outcome = await importBatch(ledger, { name: `${i + 1}.batch`, file }, AT);
      const says = worked.then[i]!;
      expect(
        inWords(outcome, (word) => word in says),
        `event ${i + 1}`,
      ).toEqual(says);
    }
    expect({ cagnotte: await balance(ledger) }).toEqual(worked.final);
    await ledger.destroy();
  });

  it("of the repository are there", () => {
    expect(all.map(({ id }) => id)).toContain("BT01");
  });
});
