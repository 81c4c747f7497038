import { sameBytes, toHex } from "@cachet/card-layout";
import {
  type BatchEntry,
  type Cbor,
  decodeCbor,
  decodeEntry,
  entryHash,
  isFormatError,
  terminalName,
} from "@cachet/firmware/wire";
import { sql } from "kysely";
import { sha256 } from "../ports/crypto.ts";
import { appendAudit, auditFault } from "./audit.ts";
import { postingsHash } from "./closing-sums.ts";
import { closeTo } from "./closings.ts";
import { decideDoubts } from "./decisions.ts";
import { replayExpiry } from "./expiry.ts";
import { identityFault } from "./identities.ts";
import { addStretch } from "./import.ts";
import { listActAgain } from "./lists/again.ts";
import { meaningOf } from "./meaning.ts";
import { Quarantine } from "./quarantine.ts";
import { insertAll, KEYS, type Ledger, type LedgerTables, type LedgerTransaction, TABLES } from "./schema.ts";
import { type BorneBy, chargeRefunds } from "./second-refunds.ts";
import { type EndedState, endTerminal, enrolTerminal } from "./terminals.ts";

type AuditRow = LedgerTables["audit"];
type TableName = keyof LedgerTables;

/** The books are not what the journals, and what the office did, come to. The message names the first row that is wrong. */
export class LedgerFault extends Error {
  readonly table: string;
  constructor(table: string, what: string) {
    super(what);
    this.name = "LedgerFault";
    this.table = table;
  }
}

const bad = (table: TableName, what: string): never => {
  throw new LedgerFault(table, what);
};

/** The entries of a stretch as they are stored, read again. Throws `LedgerFault` at the first that is none, or out of the chain. */
async function storedEntries(ledger: Ledger, number: number, first: number, last: number): Promise<BatchEntry[]> {
  const rows = await ledger
    .selectFrom("entry")
    .selectAll()
    .where("terminal", "=", number)
    .where("number", ">=", first)
    .where("number", "<=", last)
    .orderBy("number")
    .execute();
  return rows.map(({ number: at, stored }, i) => {
    if (at !== first + i) bad("entry", `${terminalName(number)}: entry ${first + i} is missing`);
    try {
      return { entry: decodeEntry(stored), stored, hash: entryHash(sha256, stored) };
    } catch (error) {
      if (!isFormatError(error)) throw error;
      return bad("entry", `${terminalName(number)}: entry ${at} does not read (${error.message})`);
    }
  });
}

/** Does again what a row of the audit chain says, from what is stored. */
async function again(
  ledger: Ledger,
  scratch: Ledger,
  { number, kind, terminal, at, content }: AuditRow,
): Promise<void> {
  const what = decodeCbor(content) as readonly Cbor[];
  switch (kind) {
    case "terminal":
      return enrolTerminal(scratch, terminal, what[0] as number, what[1] as Uint8Array, at);
    case "batch":
      return againBatch(ledger, scratch, terminal, what, at);
    case "decision":
      await decideDoubts(scratch, at);
      return;
    case "terminal-end": {
      const [state, ends, replacedBy] = what as readonly [EndedState, number, number];
      return endTerminal(scratch, terminal, { state, ends, replacedBy: replacedBy === 0 ? null : replacedBy }, at);
    }
    case "second-refund":
      await chargeRefunds(scratch, what[5] as BorneBy, at);
      return;
    case "expiry":
      await replayExpiry(scratch, at);
      return;
    case "closing":
      await closeTo(scratch, what[1] as number, at);
      return;
    case "correction":
      return scratch
        .transaction()
        .execute((transaction) => againCorrection(ledger, transaction, what[0] as number, at));
    default:
      if (await againForLists(scratch, number, kind, what, at)) return;
      bad("audit", `audit ${number} says ${kind}, which this cachet does not know`);
  }
}

/** False where the kind is none of lists. */
async function againForLists(scratch: Ledger, number: number, kind: string, what: readonly Cbor[], at: number) {
  try {
    return await listActAgain(scratch, kind, what, at);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return bad("audit", `audit ${number} (${kind}) cannot have been: ${error.message}`);
  }
}

async function againBatch(
  ledger: Ledger,
  scratch: Ledger,
  terminal: number,
  what: readonly Cbor[],
  at: number,
): Promise<void> {
  const [file, first, last] = what as readonly [Uint8Array, number, number];
  const known = await scratch.selectFrom("terminal").selectAll().where("number", "=", terminal).executeTakeFirst();
  if (known === undefined) return bad("audit", `${terminalName(terminal)} is not known before its batch`);
  const entries = await storedEntries(ledger, terminal, first, last);
  let previous = known.head;
  for (const { entry, hash } of entries) {
    if (!sameBytes(entry.previous, previous))
      bad("entry", `${terminalName(terminal)}: entry ${entry.number} does not follow from the one before it`);
    previous = hash;
  }
  if (entries.length !== last - first + 1)
    bad("entry", `${terminalName(terminal)}: entry ${first + entries.length} is missing`);
  try {
    await scratch
      .transaction()
      .execute((transaction) => addStretch(transaction, meaningOf(terminal, known.merchant, entries), file, at));
  } catch (error) {
    if (!(error instanceof Quarantine)) throw error;
    bad("entry", `${terminalName(terminal)}: entry ${error.number}: ${error.message}`);
  }
}

/** What a correction wrote is what it worked out then: it is taken over, bound by the hash in the audit chain. */
async function againCorrection(ledger: Ledger, scratch: LedgerTransaction, number: number, at: number): Promise<void> {
  const copied = async <T extends TableName>(table: T, column: keyof LedgerTables[T] & string) => {
    const { rows } = await sql<
      LedgerTables[T]
    >`select * from ${sql.table(table)} where ${sql.ref(column)} = ${number}`.execute(ledger);
    await insertAll(scratch, table, rows);
  };
  await copied("correction", "number");
  await copied("corrected_visit", "correction");
  await copied("correction_amount", "correction");
  const rows = await ledger
    .selectFrom("posting")
    .selectAll()
    .where("terminal", "=", 0)
    .where("number", "=", number)
    .orderBy("line")
    .execute();
  await insertAll(scratch, "posting", rows);
  await appendAudit(scratch, { kind: "correction", at, content: [number, postingsHash(rows)] });
}

const auditAt = (ledger: Ledger, number: number) =>
  ledger.selectFrom("audit").selectAll().where("number", "=", number).executeTakeFirst();

async function auditLength(ledger: Ledger): Promise<number> {
  const row = await ledger
    .selectFrom("audit")
    .select(({ fn }) => fn.max<number | null>("number").as("n"))
    .executeTakeFirst();
  return row?.n ?? 0;
}

/** Makes the books again from the journals, in the order of the audit chain, into an empty ledger. Throws `LedgerFault`. */
async function rebuild(ledger: Ledger, scratch: Ledger, progress: (done: number, of: number) => void): Promise<void> {
  const all = await auditLength(ledger);
  for (let done = 0; done < all; ) {
    const row = (await auditAt(ledger, done + 1))!;
    await again(ledger, scratch, row);
    const now = await auditLength(scratch);
    const [theirs, ours] = [await auditAt(ledger, now), await auditAt(scratch, now)];
    const isSame = now > done && theirs !== undefined && ours !== undefined && sameBytes(theirs.chain, ours.chain);
    if (!isSame) bad("audit", `audit ${row.number} (${row.kind}) comes out otherwise from what is stored`);
    done = now;
    progress(done, all);
  }
}

/** Tables that follow from the journals and from what the office did. A posting of a terminal has its entry, so they are compared as they stand. */
const DERIVED = [
  "terminal",
  "entry",
  "intent_area",
  "posting",
  "fork",
  "gap",
  "alert",
  "decision",
  "terminal_key",
  "clock",
  "refund",
  "refund_charge",
  "expiry_back",
  "closing",
  "closing_end",
  "blocked_card",
  "credit",
  "list",
  "replacement",
  "account_balance",
  "account_spent",
  "account_ceiling",
  "account_counted",
  "phone",
] as const;
const PAGE = 2_000;

/** Some rows of a table by its key, behind a row. */
async function pageOf<T extends TableName>(
  ledger: Ledger,
  table: T,
  after: LedgerTables[T] | undefined,
): Promise<LedgerTables[T][]> {
  const key = KEYS[table] as readonly string[];
  const order = sql.raw(key.join(", "));
  const values = sql.join(key.map((column) => (after as Record<string, unknown> | undefined)?.[column]));
  const from = after === undefined ? sql`` : sql`where (${order}) > (${values})`;
  const query = sql<LedgerTables[T]>`select * from ${sql.table(table)} ${from} order by ${order} limit ${PAGE}`;
  return (await query.execute(ledger)).rows;
}

const shown = (value: unknown): string => (value instanceof Uint8Array ? toHex(value.subarray(0, 8)) : String(value));
const isEqual = (a: unknown, b: unknown): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array ? sameBytes(a, b) : a === b;

/** How a row is called: by its key. */
function nameOf<T extends TableName>(table: T, row: LedgerTables[T]): string {
  const cells = row as Record<string, unknown>;
  return `${table} ${(KEYS[table] as readonly string[]).map((column) => `${column} ${shown(cells[column])}`).join(", ")}`;
}

/** Where a row differs from what it should be, in words; null where it does not. */
function difference<T extends TableName>(
  table: T,
  is: LedgerTables[T] | undefined,
  should: LedgerTables[T] | undefined,
): string | null {
  if (is === undefined) return should === undefined ? null : `${nameOf(table, should)} is missing`;
  if (should === undefined) return `${nameOf(table, is)} should not be there`;
  const [a, b] = [is as Record<string, unknown>, should as Record<string, unknown>];
  const names = Object.keys(TABLES[table]);
  const column = names.find((name) => !isEqual(a[name], b[name]));
  if (column === undefined) return null;
  const isKey = (KEYS[table] as readonly string[]).includes(column);
  return isKey
    ? `${nameOf(table, should)} is missing, or ${nameOf(table, is)} should not be there`
    : `${nameOf(table, is)}: ${column} is ${shown(a[column])}, and should be ${shown(b[column])}`;
}

async function compareTable<T extends TableName>(ledger: Ledger, scratch: Ledger, table: T): Promise<void> {
  let after: LedgerTables[T] | undefined;
  for (;;) {
    const [theirs, ours] = [await pageOf(ledger, table, after), await pageOf(scratch, table, after)];
    for (let i = 0; i < Math.max(theirs.length, ours.length); i += 1) {
      const what = difference(table, theirs[i], ours[i]);
      if (what !== null) bad(table, what);
    }
    after = theirs.at(-1);
    if (theirs.length < PAGE) return;
  }
}

/** Lines of one entry that do not add up; null where all do. */
async function unbalanced(ledger: Ledger): Promise<string | null> {
  const row = await ledger
    .selectFrom("posting")
    .select(["terminal", "number", "unit"])
    .groupBy(["terminal", "number", "unit"])
    .having(({ fn }) => fn.sum<number>("amount"), "<>", 0)
    .orderBy("terminal")
    .orderBy("number")
    .limit(1)
    .executeTakeFirst();
  return row === undefined
    ? null
    : `the ${row.unit} posted by ${terminalName(row.terminal)}, ${row.number}, do not come to zero`;
}

/**
 * Walks everything: the audit chain, then every journal entry and every act of the office once more, into `scratch`, an empty ledger; what
 * comes out is held against what is stored, row by row, and what cards hold against the accounts (identities.ts). Throws `LedgerFault` at the first row that is wrong; changes nothing.
 */
export async function checkLedger(
  ledger: Ledger,
  scratch: Ledger,
  progress: (done: number, of: number) => void = () => {},
): Promise<void> {
  const chain = await auditFault(ledger);
  if (chain !== null) bad("audit", chain);
  await rebuild(ledger, scratch, progress);
  for (const table of DERIVED) await compareTable(ledger, scratch, table);
  const left = await unbalanced(ledger);
  if (left !== null) bad("posting", left);
  const identity = await identityFault(ledger);
  if (identity !== null) bad("posting", identity);
}
