import { type RawBuilder, sql } from "kysely";
import type { Columns } from "../../ports/database/index.ts";
import { KEYS, type Ledger, type LedgerTables, TABLES } from "../schema.ts";
import { type Field, kindOf, type Value } from "./fields.ts";

/** A table as it is exported. */
export interface ExportTable {
  readonly name: string;
  readonly says: string;
  readonly fields: readonly Field[];
  /** Columns whose values together name one row; rows are sorted by them. */
  readonly key: readonly string[];
  /** The rows, some at a time. */
  readonly rows: () => AsyncIterable<readonly (readonly Value[])[]>;
}

type TableName = keyof LedgerTables;
/** Every name of a column, in whatever table. */
type ColumnName = { [T in TableName]: keyof LedgerTables[T] }[TableName];

/** What each table is, for somebody who has nothing but the export. */
const SAYS: Readonly<Record<TableName, string>> = {
  terminal: "Terminals, their merchants, and how far their journals are imported",
  terminal_key: "Which generations of a programme's key a terminal was given",
  clock: "Where a terminal's clock began to be suspect, was set, or fell back",
  batch: "Files that came from terminals, and what became of them",
  entry: "Journal entries as terminals sealed them",
  intent_area: "What each visit did in one programme of a card",
  fork: "Two visits that continue one state of a card",
  gap: "States of cards that no known visit led to",
  refund: "Refunds and the tickets that they took back",
  refund_charge: "Who bears what was taken back twice",
  expiry_back: "Value that expired twice, on a card with two histories, and was put back",
  alert: "What somebody should look at, as it was seen when it came in",
  posting: "Double entry: the lines of one entry sum to zero for each unit",
  audit: "Everything that changed the books, in the order in which it came, each row bound to the one before",
  closing: "Days, months and years that are closed",
  closing_end: "How far each terminal was imported when a day was closed",
  decision: "Intents in doubt that the office decided",
  correction: "Visits of some days that were brought from a wrong version of a programme to the right one",
  corrected_visit: "Which visits a correction brought right",
  correction_amount: "What a correction comes to for one purse of one card; above zero it is owed to the customer",
  blocked_card: "Cards that no terminal takes any more",
  credit: "What the office puts on cards by lists",
  list: "Lists for terminals that were made",
  replacement: "Cards that took another one's place",
  account_balance: "What accounts without a chip hold",
  account_spent: "What each terminal has let an account without a chip spend",
  account_ceiling: "What lists said that a terminal may let an account without a chip spend",
  account_counted: "What counting for accounts without a chip gave them: levels, turns, challenges",
  phone: "Customers of a merchant by the keyed hash of their phone number",
};

/** What each column is, in whatever table. Amounts are in the unit that the row names, else in cents. */
const COLUMN_SAYS: Readonly<Record<ColumnName, string>> = {
  account: "Kind of account (docs/ledger.md), or number of an account without a chip",
  act: "Act of the office that made it",
  after: "The clock behind it",
  amount: "Whole units; of postings above zero for what is given",
  arrival: "Row of the audit chain that brought it; 0 where none did",
  at: "When the office did it",
  balance: "What it holds, in the unit of its purse",
  before: "The clock before it",
  body: "The credit as lists have it (docs/formats/credit.md)",
  borne_by: "Who bears it: merchant, or card by a claim; withdrawn once it fell away",
  by_terminal: "Terminal of the refund",
  card: "Number of the card; 0 where there is none",
  ceiling: "What the terminal may let the account spend in all",
  cents: "Cents",
  chain: "SHA-256 over the row and the link before it",
  content: "What changed (CBOR)",
  contents: "The list as terminals keep it; of the last ones only",
  correction: "Number of the correction",
  credits: "Credits that the visit applied; -1 where its record was restored",
  day: "Local day",
  decided: "1 while only the office says how the visit ended",
  detail: "More about it",
  discount_cents: "Taken off the ticket by rules",
  earned_cents: "Given by rules, in money on the card",
  ends: "The last entry that counts, of a terminal that came to its end",
  fate: "What becomes of it: credit, owed, kept or claimed",
  file: "The file, where it waits or is set aside",
  first: "First entry of the file",
  first_day: "First local day",
  first_number: "Entry of the visit that came first by its clock",
  first_terminal: "Terminal of the visit that came first by its clock",
  from_account: "Account that the value came from, where credits did not have it",
  from_holder: "Holder of that account",
  funder: "Who pays",
  generation: "Generation of the programme's key",
  giver: "Kind of account that it came from (docs/ledger.md)",
  hash: "SHA-256",
  head: "Hash of the last entry that is imported",
  holder: "Card or merchant of the account; 0 where it has none",
  holds_cents: "Cents in the record that was written",
  imported_to: "Last entry of the unbroken run that is imported",
  intent: "Entry of the intent",
  issued: "When it was made",
  keeps: "What the purse keeps: cagnotte, prepaid, points, stamps or units",
  kind: "What it is",
  last: "Last entry of the file",
  last_credit: "Number of the last credit in the record that was written",
  last_day: "Last local day",
  line: "Line of the entry",
  listed: "First list that has it; 0 where none has yet",
  merchant: "Number of the merchant",
  moved_at: "When its value moved; 1970-01-01 while it has not",
  moved_cents: "By how many cents its effects changed the record",
  name: "Name that the file came under",
  new_card: "The new card",
  new_hash: "Hash of the record that was written",
  number: "Entry of the terminal, or act of the office where the terminal is 0; else the number of the thing itself",
  old_card: "The card that was replaced",
  old_hash: "Hash of the record that was found",
  old_sequence: "Sequence of the record that was found",
  old_terminal: "Terminal that wrote the record that was found; 0 where there was none",
  other_number: "Entry of the other visit",
  other_terminal: "Terminal of the other visit",
  outcome: "open, committed or aborted",
  paid_cents: "Paid with money on the card",
  party: "Name of the party that holds the account, where it is no card or merchant",
  passed: "1 once the card's record shows its number",
  perpetual: "Totals since the first day, JSON",
  postings: "How many postings it takes in",
  programme: "Number of the programme; 0 where it is of none",
  public_key: "The Ed25519 public key that the terminal's batches are verified with",
  purse: "Number of the purse",
  reason: "Why",
  replaced_by: "Terminal that the shop goes on with",
  rewards: "Rewards that were given",
  rewards_cents: "What these rewards were worth",
  right_hash: "SHA-256 of the right rules",
  right_version: "Version that counts",
  sale_cents: "What the visit sold, tips left out; below zero, what a refund paid out",
  sequence: "Sequence of the record that was written",
  source: "What it comes from, once",
  spent: "What it has spent there in all",
  spent_cents: "Taken off the ticket with what was on the card",
  stamps: "By how many stamps it changed the card",
  state: "How it stands",
  status: "How it stands",
  stored: "The entry as stored (docs/formats/journal.md)",
  takes_back: "1 where what was given too much is claimed",
  terminal: "Number of the terminal; 0 for the office itself, or where it is not known",
  ticket: "Entry of the sale that was taken back",
  topped_up_cents: "Cash that was taken for what is on the card",
  totals: "What went in and out of each account, JSON",
  trailer: "What the terminal sealed the file with (docs/formats/batch.md)",
  unit: "cents, points, stamps or units",
  utc: "When, by the terminal's clock",
  utc_offset: "Minutes that local time was ahead",
  value: "Whole units",
  version: "Number of the list",
  what: "What happened to it",
  why: "What it is for",
  wrong_version: "Version that did not count",
};

/** A column of the ledger as it is exported. */
export function fieldOf<T extends TableName>(table: T, name: keyof LedgerTables[T] & ColumnName & string): Field {
  const columns: Columns = TABLES[table];
  const column = columns[name]!;
  const [type, orNull] = typeof column === "string" ? [column] : column;
  return { name, kind: kindOf(name, type), orNull: orNull !== undefined, says: COLUMN_SAYS[name] };
}

/** Rows that are read at once; of tables whose rows may hold a whole file. */
const [PAGE, FEW] = [1_000, 4];
const pageOf = (columns: Columns): number =>
  Object.values(columns).some((column) => typeof column !== "string" && column[0] === "bytes") ? FEW : PAGE;

/** Which rows, all by default, and by what they are sorted: columns that together name one row, its key by default. */
interface Wanted<T extends TableName> {
  readonly where?: RawBuilder<boolean>;
  readonly by?: readonly (keyof LedgerTables[T] & string)[];
  /** How many are read at once. */
  readonly atOnce?: number;
}

/** Columns `names` of the rows of a table, sorted, some at a time. */
export async function* rowsByKey<T extends TableName>(
  ledger: Ledger,
  table: T,
  names: readonly (keyof LedgerTables[T] & string)[],
  { where = sql<boolean>`1 = 1`, by = KEYS[table] as Wanted<T>["by"], atOnce = pageOf(TABLES[table]) }: Wanted<T> = {},
): AsyncGenerator<readonly (readonly Value[])[]> {
  const key: readonly string[] = by!;
  const wanted = [...new Set([...names, ...key])];
  const columns = sql.join(wanted.map((name) => sql.ref(name)));
  const keyColumns = sql.join(key.map((name) => sql.ref(name)));
  let behind = sql<boolean>`1 = 1`;
  for (;;) {
    const { rows } = await sql<Readonly<Record<string, Value>>>`
      select ${columns} from ${sql.table(table)} where ${where} and ${behind} order by ${keyColumns} limit ${sql.lit(atOnce)}
    `.execute(ledger);
    if (rows.length > 0) yield rows.map((row) => names.map((name) => row[name]!));
    if (rows.length < atOnce) return;
    const last = rows.at(-1)!;
    behind = sql`(${keyColumns}) > (${sql.join(key.map((name) => last[name]!))})`;
  }
}

/** Every table of a ledger. */
export const ledgerTables = (ledger: Ledger): readonly ExportTable[] =>
  (Object.keys(TABLES) as TableName[]).map((name) => {
    const names = Object.keys(TABLES[name]) as (keyof LedgerTables[typeof name])[];
    return {
      ...{ name, says: SAYS[name], key: KEYS[name] },
      fields: names.map((column) => fieldOf(name, column)),
      rows: () => rowsByKey(ledger, name, names),
    };
  });
