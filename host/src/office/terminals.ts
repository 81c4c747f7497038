import { sameBytes } from "@cachet/card-layout";
import { journalRoot, terminalName } from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { engineOf } from "../ports/database/index.ts";
import { appendAudit, queueByArrival } from "./audit.ts";
import type { Ledger, LedgerTables, LedgerTransaction } from "./schema.ts";

type TerminalRow = LedgerTables["terminal"];

/** Makes a terminal known, so that its batches are taken. Changes nothing when it is known just so; throws `RangeError` when it is known otherwise. `at` in UTC seconds. */
export async function enrolTerminal(
  ledger: Ledger,
  number: number,
  merchant: number,
  publicKey: Uint8Array,
  at: number,
): Promise<void> {
  const known = await terminalAt(ledger, number);
  if (known !== undefined) {
    if (sameBytes(known.public_key, publicKey) && known.merchant === merchant) return;
    throw new RangeError(`${terminalName(number)} is known with another key or merchant`);
  }
  const head = journalRoot(sha256, number, publicKey);
  await ledger.transaction().execute(async (transaction) => {
    await transaction
      .insertInto("terminal")
      .values({
        ...{ number, merchant, public_key: publicKey, imported_to: 0, head },
        ...{ state: "active", ends: null, replaced_by: null },
      })
      .execute();
    await appendAudit(transaction, { kind: "terminal", terminal: number, at, content: [merchant, publicKey] });
  });
}

function terminalAt(ledger: Ledger, number: number): Promise<LedgerTables["terminal"] | undefined> {
  return ledger.selectFrom("terminal").selectAll().where("number", "=", number).executeTakeFirst();
}

/** One import at a time works on a terminal's journal; others wait for it. SQLite has one writer anyway. */
export async function lockedTerminal(ledger: LedgerTransaction, number: number) {
  const terminal = ledger.selectFrom("terminal").selectAll().where("number", "=", number);
  return (engineOf(ledger) === "sqlite" ? terminal : terminal.forUpdate()).executeTakeFirst();
}

/** The public keys of the terminals that may send batches. */
export async function terminalKeys(ledger: Ledger): Promise<(terminal: number) => Uint8Array | null> {
  const rows = await ledger.selectFrom("terminal").select(["number", "public_key"]).execute();
  const keys = new Map(rows.map(({ number, public_key }) => [number, public_key]));
  return (terminal) => keys.get(terminal) ?? null;
}

export type EndedState = "revoked" | "replaced";

/** How a terminal came to its end. */
export interface TerminalEnd {
  readonly state: EndedState;
  /** Its last entry that counts. What is imported behind it stays in the books. */
  readonly ends: number;
  /** The terminal that the shop goes on with. */
  readonly replacedBy: number | null;
}

/**
 * Ends a terminal: its entries count up to `ends`, those behind it are refused from now on, also those of files that wait. Said again,
 * the later word counts. Throws `RangeError` where the terminal, or the one in its place, is not known, or another merchant's.
 * `at` in UTC seconds.
 */
export function endTerminal(ledger: Ledger, number: number, end: TerminalEnd, at: number): Promise<void> {
  return ledger.transaction().execute(async (transaction) => {
    const of = (wanted: number) =>
      transaction.selectFrom("terminal").selectAll().where("number", "=", wanted).executeTakeFirst();
    const terminal = await of(number);
    if (terminal === undefined) throw new RangeError(`${terminalName(number)} is not known`);
    const { state, ends, replacedBy } = end;
    if (replacedBy !== null) {
      const next = await of(replacedBy);
      if (next === undefined) throw new RangeError(`${terminalName(replacedBy)} is not known`);
      if (next.merchant !== terminal.merchant)
        throw new RangeError(`${terminalName(replacedBy)} is merchant ${next.merchant}'s, not ${terminal.merchant}'s`);
      if (replacedBy === number || next.state !== "active")
        throw new RangeError(`${terminalName(replacedBy)} cannot take its place: it is ended or the same`);
    }
    await queueByArrival(transaction);
    await transaction
      .updateTable("terminal")
      .set({ state, ends, replaced_by: replacedBy })
      .where("number", "=", number)
      .execute();
    await transaction
      .updateTable("batch")
      .set({ status: "quarantined", detail: `terminal-${state}: its entries count up to ${ends}` })
      .where("terminal", "=", number)
      .where("status", "=", "waiting")
      .where("first", ">", Math.max(ends, terminal.imported_to))
      .execute();
    await appendAudit(transaction, {
      ...{ kind: "terminal-end", terminal: number, at },
      content: [state, ends, replacedBy ?? 0],
    });
  });
}

/** A terminal, and how much of it is in the books. */
export interface ListedTerminal
  extends Pick<TerminalRow, "number" | "merchant" | "imported_to" | "state" | "ends" | "replaced_by"> {
  /** UTC seconds by its own clock of the last entry that is imported; null where none is. */
  readonly lastUtc: number | null;
}

/** All terminals by number. */
export async function listTerminals(ledger: Ledger): Promise<readonly ListedTerminal[]> {
  const rows = await ledger
    .selectFrom("terminal")
    .leftJoin("entry", (join) =>
      join.onRef("entry.terminal", "=", "terminal.number").onRef("entry.number", "=", "terminal.imported_to"),
    )
    .select(["terminal.number", "merchant", "imported_to", "state", "ends", "replaced_by", "entry.utc"])
    .orderBy("terminal.number")
    .execute();
  return rows.map(({ utc, ...row }) => ({ ...row, lastUtc: utc }));
}

/** What a terminal in wrong hands may have cost, as far as the books know. */
export interface Exposure {
  /** Cards with a visit behind the last honest entry: imported ones, and records that nobody else told of. */
  readonly cardsSince: readonly number[];
  /** Cents that imported visits behind it put on cards, and took from them. */
  readonly givenCents: number;
  readonly takenCents: number;
  /** Cards that it ever wrote: those it can have met again. */
  readonly cardsEver: number;
}

/** What visits of a terminal behind an entry did. */
export async function exposureOf(ledger: Ledger, terminal: number, after: number): Promise<Exposure> {
  const visits = await ledger
    .selectFrom("intent_area")
    .select(["card", "moved_cents", "outcome"])
    .where("terminal", "=", terminal)
    .where("number", ">", after)
    .execute();
  const gaps = await ledger.selectFrom("gap").select("card").where("old_terminal", "=", terminal).execute();
  const ever = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => fn.count<number>("card").distinct().as("n"))
    .where("terminal", "=", terminal)
    .executeTakeFirst();
  const cards = new Set([...visits, ...gaps].map(({ card }) => card));
  const moved = visits.flatMap(({ outcome, moved_cents }) => (outcome === "committed" ? [moved_cents] : []));
  return {
    cardsSince: [...cards].sort((a, b) => a - b),
    givenCents: moved.reduce((sum, cents) => sum + Math.max(0, cents), 0),
    takenCents: moved.reduce((sum, cents) => sum + Math.max(0, -cents), 0),
    cardsEver: ever?.n ?? 0,
  };
}
