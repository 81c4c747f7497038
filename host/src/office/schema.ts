import type { Kysely, Transaction } from "kysely";
import { type Columns, deleteRows, insertRows, type RowOf, selectRows } from "../ports/database/index.ts";

/**
 * The office's tables, the same in both engines. Times are seconds since 1970, days are those since 2000 of the terminal's own date,
 * amounts whole cents, points or stamps. Every unique key of a table that grows begins with a terminal or a card, or with a day and
 * then a terminal: each row has one place, however many machines the tables are spread over.
 */
export const TABLES = {
  /** Who may send batches, and the end of the unbroken prefix of its entries that is imported. */
  terminal: {
    number: "int",
    merchant: "int",
    public_key: "bytes",
    imported_to: "int",
    head: "bytes",
    /** active, revoked or replaced (terminals.ts). */
    state: "text",
    /** The last entry that counts, where it is not active, and the terminal that the shop goes on with, where there is one. */
    ends: ["int", "or null"],
    replaced_by: ["int", "or null"],
  },
  /** Area keys that a terminal was ever given, each with the entry that says so first. */
  terminal_key: { terminal: "int", programme: "int", generation: "int", number: "int" },
  /** Where a terminal's clock began to be suspect, was set, or fell back; `before` and `after` in UTC seconds (facts.ts). */
  clock: { terminal: "int", number: "int", what: "text", before: "int", after: "int" },
  /**
   * Every file that came, and what became of it; terminal 0 where it is not known. Files that wait or are quarantined are kept whole;
   * of those that are in, the trailer: with the entries it makes the file again (archive.ts).
   */
  batch: {
    terminal: "int",
    hash: "bytes",
    name: "text",
    first: ["int", "or null"],
    last: ["int", "or null"],
    status: "text",
    detail: "text",
    arrival: "int",
    trailer: ["bytes", "or null"],
    file: ["bytes", "or null"],
  },
  /** Journal entries as stored in the terminal. */
  entry: { terminal: "int", number: "int", day: "int", kind: "text", utc: "int", stored: "bytes" },
  /** One area of one intent, with its outcome; kind is sale, top-up ... or null (a record written again, no sale). */
  intent_area: {
    card: "int",
    programme: "int",
    old_hash: "bytes",
    terminal: "int",
    number: "int",
    day: "int",
    merchant: "int",
    kind: "text",
    utc: "int",
    utc_offset: "int",
    new_hash: "bytes",
    /** The terminal that wrote the record which is replaced; 0 where the visit opens the area. */
    old_terminal: "int",
    /** Sequence of that record and of the new one, and the generation of the key that the new one is sealed under. */
    old_sequence: "int",
    sequence: "int",
    generation: "int",
    /** open, committed or aborted; `decided` is 1 while only the office says so (decisions.ts). */
    outcome: "text",
    decided: "int",
    /** Cents in the new record, and by how many its effects changed them. */
    holds_cents: "int",
    moved_cents: "int",
    /** The last credit in the new record, and how many the visit applied; -1 where it was restored as a credit says. */
    last_credit: "int",
    credits: "int",
    earned_cents: "int",
    spent_cents: "int",
    /** Of these, what money on the card paid. */
    paid_cents: "int",
    topped_up_cents: "int",
    stamps: "int",
    rewards: "int",
    rewards_cents: "int",
    discount_cents: "int",
    /** What the visit sold, tips left out; below zero, what a refund paid out. The same in each area of it. */
    sale_cents: "int",
  },
  /** Two committed visits that continue the same state of a card; the first is the earliest known (forks.ts). */
  fork: {
    card: "int",
    programme: "int",
    old_hash: "bytes",
    other_terminal: "int",
    other_number: "int",
    first_terminal: "int",
    first_number: "int",
  },
  /** A state that a visit found, and that no visit known here led to: the named terminal has still to tell of it. */
  gap: { card: "int", programme: "int", old_hash: "bytes", old_terminal: "int" },
  /** A refund: the ticket that it takes back, and its own intent. */
  refund: { terminal: "int", ticket: "int", by_terminal: "int", number: "int" },
  /** What the office did about lines that were taken back twice: by the intent of the second refund (second-refunds.ts). */
  refund_charge: { number: "int", terminal: "int", intent: "int", borne_by: "text", cents: "int", at: "int" },
  /** Value of cards with two histories that expired in both, taken out of what expired (expiry.ts). */
  expiry_back: { number: "int", card: "int", programme: "int", unit: "text", amount: "int", day: "int", at: "int" },
  /** What somebody should look at, seen as it came in: the visit that shows it, and what it is about (reconcile.ts, facts.ts). */
  alert: { kind: "text", terminal: "int", number: "int", card: "int", programme: "int", utc: "int", detail: "text" },
  /** Double entry; the lines of one entry sum to zero per unit. Those of terminal 0 are the office's own. */
  posting: {
    day: "int",
    terminal: "int",
    number: "int",
    line: "int",
    account: "text",
    holder: "int",
    party: ["text", "or null"],
    programme: "int",
    unit: "text",
    amount: "int",
  },
  /**
   * Everything that changed the books, in the order in which it came to them: a batch, a closing, a decision of the office. Each row
   * is bound to the one before it (audit.ts). Terminal 0 for what the office did itself.
   */
  audit: { number: "int", terminal: "int", kind: "text", at: "int", content: "bytes", chain: "bytes" },
  /** The books of a local day, a month or a year are closed (closings.ts). `totals` and `perpetual` are JSON. */
  closing: { kind: "text", day: "int", at: "int", postings: "int", totals: "text", perpetual: "text", hash: "bytes" },
  /** How far each terminal was imported when a day was closed; what came later belongs to the next day that is closed. */
  closing_end: { day: "int", terminal: "int", number: "int" },
  /** What the office decided of intents in doubt, and what it took back once their terminal said otherwise. */
  decision: { number: "int", terminal: "int", intent: "int", programme: "int", outcome: "text", at: "int" },
  /** Visits of some days that were brought from a wrong version of a programme to the right one. */
  correction: {
    number: "int",
    programme: "int",
    wrong_version: "int",
    right_version: "int",
    right_hash: "bytes",
    first_day: "int",
    last_day: "int",
    takes_back: "int",
  },
  /** Each visit is brought right once. */
  corrected_visit: { terminal: "int", number: "int", programme: "int", correction: "int" },
  /** What a correction comes to for one purse of one card; above zero it is owed to the customer. */
  correction_amount: {
    correction: "int",
    card: "int",
    keeps: "text",
    purse: "int",
    value: "int",
    funder: "text",
    fate: "text",
  },
  /** Cards that no terminal takes any more (lists/blocked.ts). */
  blocked_card: { card: "int", reason: "text", at: "int" },
  /**
   * What the office puts on cards by lists, numbered by card and programme (lists/credits.ts). `act` made it; `why` and `source` name
   * what it comes from, once. `state` is open, void, or moving and then moved where its value comes again under another number; `passed`
   * is 1 once the card's record shows its number; `listed` the first list that has it. Last the account that its value came from, null
   * where `credits` had it already.
   */
  credit: {
    card: "int",
    programme: "int",
    number: "int",
    act: "int",
    at: "int",
    why: "text",
    source: "text",
    body: "bytes",
    state: "text",
    passed: "int",
    listed: "int",
    from_account: ["text", "or null"],
    from_holder: ["int", "or null"],
  },
  /** Every list for terminals that was made. `contents` as terminals keep it (firmware/wire), of the last ones only: deltas begin there. */
  list: { version: "int", issued: "int", hash: "bytes", contents: ["bytes", "or null"] },
  /** A card that takes another one's place. From `version` on lists block the old one; `moved_at` is 0 until its value has moved. */
  replacement: { old_card: "int", new_card: "int", at: "int", version: "int", moved_at: "int" },
  /** What accounts without a chip hold, by purse (its head byte on cards). */
  account_balance: { account: "int", programme: "int", purse: "int", balance: "int" },
  /** What a terminal has let an account spend in all, by its imported entries. */
  account_spent: { account: "int", programme: "int", purse: "int", terminal: "int", spent: "int" },
  /** What a list said that a terminal may let an account spend in all, from its version on (lists/ceilings.ts). */
  account_ceiling: {
    account: "int",
    programme: "int",
    purse: "int",
    terminal: "int",
    version: "int",
    ceiling: "int",
  },
  /** What counting for accounts without a chip gave them, by the account that gave it (count/post.ts). */
  account_counted: { account: "int", programme: "int", giver: "text", holder: "int", unit: "text", value: "int" },
  /** Customers of a merchant by the keyed hash of their phone number: no number is kept. */
  phone: { merchant: "int", hash: "bytes", card: "int" },
} as const satisfies Readonly<Record<string, Columns>>;

type TableName = keyof typeof TABLES;
export type LedgerTables = { [T in keyof typeof TABLES]: RowOf<(typeof TABLES)[T]> };
/** The books. A transaction of them is one, too. */
export type Ledger = Kysely<LedgerTables>;
export type LedgerTransaction = Transaction<LedgerTables>;
type ColumnsOf<T extends TableName> = readonly (keyof (typeof TABLES)[T])[];

/** Unique keys. In PostgreSQL the key of a table in parts holds what it is parted by. */
export const KEYS: { readonly [T in TableName]: ColumnsOf<T> } = {
  terminal: ["number"],
  terminal_key: ["terminal", "programme", "generation"],
  clock: ["terminal", "number"],
  batch: ["terminal", "hash"],
  entry: ["terminal", "number", "day"],
  intent_area: ["card", "programme", "old_hash", "terminal", "number"],
  fork: ["card", "programme", "old_hash", "other_terminal", "other_number"],
  gap: ["card", "programme", "old_hash"],
  refund: ["terminal", "ticket", "by_terminal", "number"],
  refund_charge: ["terminal", "intent", "number"],
  expiry_back: ["card", "programme", "unit", "number"],
  alert: ["terminal", "number", "kind", "programme", "card"],
  posting: ["day", "terminal", "number", "line"],
  audit: ["number", "terminal"],
  closing: ["kind", "day"],
  closing_end: ["terminal", "day"],
  decision: ["terminal", "intent", "programme", "number"],
  correction: ["number"],
  corrected_visit: ["terminal", "number", "programme"],
  correction_amount: ["correction", "card", "keeps", "purse"],
  blocked_card: ["card"],
  credit: ["card", "programme", "number"],
  list: ["version"],
  replacement: ["old_card"],
  account_balance: ["account", "programme", "purse"],
  account_spent: ["account", "programme", "purse", "terminal"],
  account_ceiling: ["account", "programme", "purse", "terminal", "version"],
  account_counted: ["account", "programme", "giver", "holder", "unit"],
  phone: ["merchant", "hash"],
};

export const INDEXES: { readonly [T in TableName]?: readonly ColumnsOf<T>[] } = {
  batch: [["arrival"], ["status", "terminal", "first"]],
  intent_area: [
    ["card", "programme", "new_hash"],
    ["terminal", "number"],
  ],
};

/** Tables that grow by the day, in parts of a month each, and those that are read by card, in parts by the card's hash. */
export const PARTS: { readonly [T in TableName]?: "month" | "card" } = {
  entry: "month",
  posting: "month",
  intent_area: "card",
};

/** The values of a row in the order of its table's columns. */
export type Cells = readonly unknown[];

const NAMES = Object.fromEntries(Object.entries(TABLES).map(([table, columns]) => [table, Object.keys(columns)]));

export function cellsOf<T extends TableName>(table: T, row: LedgerTables[T]): Cells {
  return NAMES[table]!.map((name) => row[name as keyof LedgerTables[T]]);
}

/** The row that `cellsOf` gave the cells of. */
export const rowOf = <T extends TableName>(table: T, cells: Cells): LedgerTables[T] =>
  Object.fromEntries(NAMES[table]!.map((name, i) => [name, cells[i]])) as LedgerTables[T];

/** Inserts many rows of a table at once. */
export const insertCells = (ledger: Ledger, table: TableName, rows: readonly Cells[]): Promise<void> =>
  insertRows(ledger, { name: table, columns: TABLES[table] }, rows);

export const insertAll = <T extends TableName>(
  ledger: Ledger,
  table: T,
  rows: readonly LedgerTables[T][],
): Promise<void> =>
  insertCells(
    ledger,
    table,
    rows.map((row) => cellsOf(table, row)),
  );

/**
 * The rows of a table with one of many keys, each a list of values of the columns `by`: for each key, in their order, `wanted` of every
 * such row, these in no order.
 */
export async function selectEach<T extends TableName, W extends keyof LedgerTables[T] & string>(
  ledger: Ledger,
  table: T,
  by: readonly (keyof LedgerTables[T] & string)[],
  keys: readonly (readonly unknown[])[],
  wanted: readonly W[],
): Promise<readonly (readonly Pick<LedgerTables[T], W>[])[]> {
  const rows = await selectRows(ledger, { name: table, columns: TABLES[table] }, by, keys, wanted);
  return rows as readonly (readonly Pick<LedgerTables[T], W>[])[];
}

/** The same as one list, in no order; a key that is asked for twice gives its rows twice. */
export const selectAll: <T extends TableName, W extends keyof LedgerTables[T] & string>(
  ...asked: Parameters<typeof selectEach<T, W>>
) => Promise<readonly Pick<LedgerTables[T], W>[]> = async (...asked) => (await selectEach(...asked)).flat();

/** Deletes the rows of a table with one of many keys, each a list of values of the columns `by`. */
export function deleteAll<T extends TableName>(
  ledger: Ledger,
  table: T,
  by: readonly (keyof LedgerTables[T] & string)[],
  keys: readonly (readonly unknown[])[],
): Promise<void> {
  return deleteRows(ledger, { name: table, columns: TABLES[table] }, by, keys);
}
