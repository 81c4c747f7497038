import { civilOf, dayOf, sameBytes } from "@cachet/card-layout";
import type { Cbor } from "@cachet/firmware/wire";
import { CompiledQuery, sql } from "kysely";
import { type Columns, type ColumnType, engineOf, insertRows, snapshot } from "../ports/database/index.ts";
import type { ByteSource } from "../ports/large-file.ts";
import { auditHead } from "./audit.ts";
import { BackupFault, ItemReader, ItemWriter } from "./backup-items.ts";
import { checkLedger, LedgerFault } from "./check.ts";
import { doneMigrations, MIGRATIONS, type Migrations, makeParts, migrate, migrateWithin } from "./migrations.ts";
import { KEYS, type Ledger, type LedgerTransaction, TABLES } from "./schema.ts";

/**
 * A backup is every row of every table, in words of no engine (docs/formats/backup.md): one of SQLite is restored into PostgreSQL, and
 * the other way round.
 *
 *   ["cachet/backup", 1, made, [changes of the schema], [[table, rows, [[column, type, may be null], ...]], ...]]
 *   [table, [[value, ...], ...]]      as often as it takes, table after table
 *   ["end", head of the audit chain, [[account, unit, postings, sum], ...]]
 */
const FORMAT = "cachet/backup";
const VERSION = 1;

/** What a backup says of itself. */
export interface BackupFacts {
  /** UTC seconds. */
  readonly made: number;
  /** The changes of the schema that its ledger had. */
  readonly migrations: readonly string[];
  readonly rows: number;
  /** End of the audit chain: binds everything that ever came to the books. */
  readonly head: Uint8Array;
  readonly balances: readonly Balance[];
  /** SHA-256 of the file, without its end. */
  readonly digest: Uint8Array;
}

/** What one kind of account comes to: account, unit, number of postings, sum. */
type Balance = readonly [account: string, unit: string, postings: number, sum: number];

interface StoredTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: Columns;
}

const TYPES: Readonly<Record<string, ColumnType>> = {
  ...{ integer: "int", int8: "int", bigint: "int" },
  text: "text",
  ...{ blob: "bytes", bytea: "bytes" },
};

/** The tables of a ledger as they stand, which an older cachet may have made. */
async function storedTables(ledger: Ledger): Promise<StoredTable[]> {
  const all = await ledger.introspection.getTables();
  const found: StoredTable[] = [];
  for (const name of Object.keys(TABLES)) {
    const table = all.find((other) => other.name === name);
    if (table === undefined) continue;
    const columns = table.columns.map(({ name: column, dataType, isNullable }) => {
      const type = TYPES[dataType.toLowerCase()];
      if (type === undefined) throw new RangeError(`${name}.${column} is ${dataType}`);
      return [column, isNullable ? ([type, "or null"] as const) : type] as const;
    });
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(ledger);
    found.push({ name, rows: rows[0]!.n, columns: Object.fromEntries(columns) });
  }
  return found;
}

const PAGE = 1_000;
/** Of tables whose rows may hold a whole file. */
const FEW = 4;
const pageOf = ({ columns }: StoredTable): number =>
  Object.values(columns).some((column) => typeof column !== "string" && column[0] === "bytes") ? FEW : PAGE;

type Values = readonly Cbor[];

/** In SQLite a row lies by its key where that is one number, else as it came. */
const orderOf = ({ name }: StoredTable): string => {
  const key = KEYS[name as keyof typeof KEYS];
  return key.length === 1 ? ` order by ${key[0]}` : "";
};

/** All rows of a table, some at a time, each as a list of values; in the order in which SQLite keeps them if it is given them so. */
async function* rowsOf(ledger: LedgerTransaction, table: StoredTable): AsyncGenerator<readonly Values[]> {
  const names = Object.keys(table.columns);
  const page = pageOf(table);
  const valuesOf = (row: Readonly<Record<string, Cbor>>): Values => names.map((name) => row[name]!);
  const query = async (text: string, parameters: readonly unknown[] = []) =>
    (await ledger.executeQuery<Record<string, Cbor>>(CompiledQuery.raw(text, [...parameters]))).rows;
  if (engineOf(ledger) === "sqlite") {
    const text = `select rowid as row_id, ${names.join(", ")} from ${table.name} where rowid > ? order by rowid limit ${page}`;
    for (let after = -1; ; ) {
      const rows = await query(text, [after]);
      if (rows.length > 0) yield rows.map(valuesOf);
      if (rows.length < page) return;
      after = rows.at(-1)!.row_id as number;
    }
  }
  await query(
    `declare rows_of_backup no scroll cursor for select ${names.join(", ")} from ${table.name}${orderOf(table)}`,
  );
  for (;;) {
    const rows = await query(`fetch forward ${page} from rows_of_backup`);
    if (rows.length > 0) yield rows.map(valuesOf);
    if (rows.length < page) break;
  }
  await query("close rows_of_backup");
}

async function balances(ledger: Ledger): Promise<Balance[]> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["account", "unit", fn.countAll<number>().as("n"), fn.sum<number>("amount").as("sum")])
    .groupBy(["account", "unit"])
    .orderBy("account")
    .orderBy("unit")
    .execute();
  return rows.map(({ account, unit, n, sum }) => [account, unit, n, sum]);
}

export type Progress = (done: number, of: number) => void;

/** Writes a backup of a ledger as it stands at one moment, whatever is imported meanwhile. `made` in UTC seconds. */
export function backup(
  ledger: Ledger,
  write: (bytes: Uint8Array) => void,
  made: number,
  progress: Progress = () => {},
): Promise<BackupFacts> {
  return snapshot(ledger, async (transaction) => {
    const items = new ItemWriter(write);
    const migrations = (await doneMigrations(transaction)) ?? [];
    const tables = await storedTables(transaction);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const described = tables.map((table) => [table.name, table.rows, columnItems(table)]);
    items.item([FORMAT, VERSION, made, migrations, described]);
    let done = 0;
    for (const table of tables) {
      for await (const some of rowsOf(transaction, table)) {
        items.item([table.name, some]);
        done += some.length;
        progress(done, rows);
      }
    }
    const [head, sums] = [await auditHead(transaction), await balances(transaction)];
    items.item(["end", head, sums]);
    return { made, migrations, rows, head, balances: sums, digest: items.end() };
  });
}

const columnItems = ({ columns }: StoredTable): Cbor[] =>
  Object.entries(columns).map(([name, column]) =>
    typeof column === "string" ? [name, column, false] : [name, column[0], true],
  );

const NAME = /^[a-z][a-z_0-9]*$/;
const bad = (what: string): never => {
  throw new BackupFault(`it is damaged: ${what}`);
};
const listOf = (item: Cbor | undefined): readonly Cbor[] => (Array.isArray(item) ? item : bad("no list"));
const nameOf = (item: Cbor | undefined): string =>
  typeof item === "string" && NAME.test(item) ? item : bad("a name is none");
const countOf = (item: Cbor | undefined): number =>
  typeof item === "number" && item >= 0 ? item : bad("a number is none");

function readTable(item: Cbor): StoredTable {
  const [name, rows, columns] = listOf(item);
  const read = listOf(columns).map((column) => {
    const [called, type, orNull] = listOf(column);
    if (type !== "int" && type !== "text" && type !== "bytes") return bad(`a column of ${String(type)}`);
    return [nameOf(called), orNull === true ? ([type, "or null"] as const) : type] as const;
  });
  return { name: nameOf(name), rows: countOf(rows), columns: Object.fromEntries(read) };
}

function readHeader(item: Cbor, migrations: Migrations) {
  const [format, version, made, done, tables] = Array.isArray(item) ? (item as readonly Cbor[]) : [];
  if (format !== FORMAT) throw new BackupFault("it is no backup of a ledger");
  const names = listOf(done).map((name) => String(name));
  const later = names.find((name) => !(name in migrations));
  if (version !== VERSION || later !== undefined)
    throw new BackupFault(`a later cachet made it (${later ?? `format ${String(version)}`})`, true);
  return { made: countOf(made), migrations: names, tables: listOf(tables).map(readTable) };
}

const sameBalances = (a: Cbor, b: Cbor): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * Puts a backup into an empty database, all of it or nothing: the ledger has the schema that it had. Throws `BackupFault` where the file
 * is none, is damaged, or what is restored does not come to what it says.
 */
export function restore(
  source: ByteSource,
  ledger: Ledger,
  progress: Progress = () => {},
  migrations: Migrations = MIGRATIONS,
): Promise<BackupFacts> {
  return ledger.transaction().execute(async (transaction) => {
    const items = new ItemReader(source);
    const { made, migrations: done, tables } = readHeader(items.first(), migrations);
    if ((await doneMigrations(transaction))?.length !== 0) throw new BackupFault("the database is not empty");
    const newest = done.at(-1);
    if (newest === undefined) return bad("a ledger without tables");
    await migrateWithin(transaction, migrations, newest);
    await makeParts(transaction, civilOf(dayOf(made, 0)).year);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    let restored = 0;
    let end: readonly Cbor[] = [];
    for (let left = rows; ; ) {
      const item = listOf(items.item());
      if (item[0] === "end") {
        if (left !== 0) bad(`${left} rows are missing`);
        end = item;
        break;
      }
      const table = tables.find(({ name }) => name === item[0]) ?? bad(`rows of ${String(item[0])}`);
      const some = listOf(item[1]).map(listOf);
      await put(transaction, table, some);
      left -= some.length;
      restored += some.length;
      progress(restored, rows);
    }
    const digest = items.end();
    const head = await auditHead(transaction);
    const sums = await balances(transaction);
    const isHead = end[1] instanceof Uint8Array && sameBytes(end[1], head);
    if (!isHead) throw new BackupFault("what is restored has another head of the audit chain");
    if (!sameBalances(end[2] ?? null, sums)) throw new BackupFault("what is restored comes to other balances");
    return { made, migrations: done, rows, head, balances: sums, digest };
  });
}

async function put(transaction: LedgerTransaction, table: StoredTable, rows: readonly Values[]): Promise<void> {
  const names = Object.keys(table.columns);
  if (rows.some((row) => row.length !== names.length)) bad(`a row of ${table.name}`);
  try {
    await insertRows(transaction, table, rows);
  } catch (error) {
    throw new BackupFault(`rows of ${table.name} do not go in (${error instanceof Error ? error.message : error})`);
  }
}

/**
 * Shows that a backup can be relied upon: it is restored into `first`, an empty database, and written again from there, which must give the
 * very same file; then the books in it are checked, with `second`. Throws `BackupFault`; gives what is wrong with the books themselves,
 * null where nothing is. Books with an older schema are not checked.
 */
export async function proveBackup(
  source: ByteSource,
  first: Ledger,
  second: Ledger,
  progress: Progress = () => {},
): Promise<{ readonly facts: BackupFacts; readonly fault: LedgerFault | null }> {
  const facts = await restore(source, first, (done, of) => progress(done, 3 * of));
  const again = await backup(
    first,
    () => {},
    facts.made,
    (done, of) => progress(of + done, 3 * of),
  );
  if (!sameBytes(again.digest, facts.digest)) throw new BackupFault("what is restored from it gives another backup");
  if (facts.migrations.length < Object.keys(MIGRATIONS).length) return { facts, fault: null };
  await migrate(second);
  try {
    await checkLedger(first, second, (done, of) => progress(2 * of + done, 3 * of));
    return { facts, fault: null };
  } catch (error) {
    if (error instanceof LedgerFault) return { facts, fault: error };
    throw error;
  }
}
