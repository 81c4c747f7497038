import { civilOf, dayOf, dayOfCivil } from "@cachet/card-layout";
import { CompiledQuery, type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { atOnce, type Columns, type ColumnType, type Engine, engineOf, takeTables } from "../ports/database/index.ts";
import { queueByArrival, takeArrival } from "./audit.ts";
import { INDEXES, KEYS, type Ledger, type LedgerTransaction, PARTS, TABLES } from "./schema.ts";

const TYPES: Readonly<Record<Engine, Readonly<Record<ColumnType, string>>>> = {
  sqlite: { int: "integer", text: "text", bytes: "blob" },
  // Texts are sorted by their bytes, as SQLite does.
  postgres: { int: "bigint", text: 'text collate "C"', bytes: "bytea" },
};
/** Parts of a table that is parted by card. */
const CARD_PARTS = 8;

function columnsText(engine: Engine, columns: Columns): string[] {
  return Object.entries(columns).map(([name, column]) => {
    const [type, orNull] = typeof column === "string" ? [column] : column;
    return `${name} ${TYPES[engine][type]}${orNull === undefined ? " not null" : ""}`;
  });
}

/** The statements that make a table, its indexes and its first parts. */
function tableText(engine: Engine, table: keyof typeof TABLES): string[] {
  const lines = [...columnsText(engine, TABLES[table]), `primary key (${KEYS[table].join(", ")})`].join(", ");
  const indexes = (INDEXES[table] ?? []).map(
    (columns, at) => `create index ${table}_by_${at + 1} on ${table} (${columns.join(", ")})`,
  );
  if (engine === "sqlite") return [`create table ${table} (${lines}) strict`, ...indexes];
  const parts = PARTS[table];
  if (parts === undefined) return [`create table ${table} (${lines})`, ...indexes];
  const by = parts === "month" ? "range (day)" : "hash (card)";
  const made =
    parts === "month"
      ? // Days that a wrong clock gave.
        [`create table ${table}_other partition of ${table} default`]
      : Array.from(
          { length: CARD_PARTS },
          (_, part) =>
            `create table ${table}_${part} partition of ${table} for values with (modulus ${CARD_PARTS}, remainder ${part})`,
        );
  return [`create table ${table} (${lines}) partition by ${by}`, ...made, ...indexes];
}

/** Few among many, and looked for by themselves. */
const FEW = [
  "create index posting_of_office on posting (number) where terminal = 0",
  "create index intent_area_open on intent_area (terminal, number) where outcome = 'open'",
  "create index intent_area_torn on intent_area (card) where outcome <> 'committed'",
  "create index intent_area_jumped on intent_area (card, programme) where sequence > old_sequence + 2 and old_terminal <> 0",
  "create index intent_area_top_up on intent_area (terminal, utc) where kind = 'top-up'",
  "create index entry_of_lists on entry (terminal, number) where kind = 'list-change'",
  "create index entry_of_accounts on entry (terminal, number) where kind = 'account'",
  "create index credit_to_come on credit (card, programme, number) where passed = 0",
  "create index credit_by_act on credit (act)",
  "create index credit_by_source on credit (source)",
];

/** A change of the schema. */
export interface Migration {
  /** What it does, for the person who is asked. */
  readonly says: string;
  /** Runs within a transaction; whatever it throws undoes everything. */
  up(database: Kysely<unknown>): Promise<void>;
}
/** By name, in the order of their names: `001-ledger`. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Every change of the schema, in order. One that is released stays as it is. */
export const MIGRATIONS: Migrations = {
  "001-ledger": {
    says: "makes the tables of a ledger",
    async up(database) {
      const engine = engineOf(database);
      for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
        for (const text of tableText(engine, table)) await database.executeQuery(CompiledQuery.raw(text));
      }
      for (const text of FEW) await database.executeQuery(CompiledQuery.raw(text));
      await makeParts(database, FIRST_LAST_YEAR);
    },
  },
};

const MIGRATION_TABLE = "migration";
const MIGRATION_LOCK = "migration_lock";

/**
 * Where a ledger stands: nothing at all is in the database, or no more than a making that was cut left there (`blank`); something else is
 * (`none`); a ledger as this cachet knows it, one to be migrated first, or one made by a later cachet.
 */
export type LedgerState = "blank" | "none" | "current" | "older" | "newer";

/** Looks at a database without changing it. */
export async function ledgerState(ledger: Ledger, migrations: Migrations = MIGRATIONS): Promise<LedgerState> {
  const done = await doneMigrations(ledger);
  if (done === null) return "none";
  if (done.some((name) => !(name in migrations))) return "newer";
  if (done.length === Object.keys(migrations).length) return "current";
  return done.length === 0 ? "blank" : "older";
}

/** Names of the changes that were made to a ledger, in order; none of a database that is blank, null where other things are in it. */
export async function doneMigrations(ledger: Ledger): Promise<string[] | null> {
  const tables = (await ledger.introspection.getTables()).map(({ name }) => name);
  const names = tables.includes(MIGRATION_TABLE)
    ? (await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(ledger)).rows
    : [];
  const others = tables.filter((name) => name !== MIGRATION_TABLE && name !== MIGRATION_LOCK);
  return names.length === 0 && others.length > 0 ? null : names.map(({ name }) => name);
}

/** Changes that a ledger misses, in order. */
export async function pendingMigrations(
  ledger: Ledger,
  migrations: Migrations = MIGRATIONS,
): Promise<{ readonly name: string; readonly says: string }[]> {
  const done = new Set(await doneMigrations(ledger));
  const pending = Object.entries(migrations).filter(([name]) => !done.has(name));
  return pending.map(([name, { says }]) => ({ name, says }));
}

/**
 * Brings a ledger to the newest schema, or to that of one change; all of it or nothing, the making of a new ledger too. Gives what
 * was done.
 */
export function migrate(ledger: Ledger, migrations: Migrations = MIGRATIONS, to?: string): Promise<string[]> {
  return ledger.transaction().execute((transaction) => migrateWithin(transaction, migrations, to));
}

/** The same as a part of the caller's transaction. */
export async function migrateWithin(
  transaction: LedgerTransaction,
  migrations: Migrations = MIGRATIONS,
  to?: string,
): Promise<string[]> {
  // Two at once: the second finds what the first has made.
  await queueByArrival(transaction);
  const migrator = new Migrator({
    db: transaction,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: MIGRATION_LOCK,
  });
  const { error, results } = await (to === undefined ? migrator.migrateToLatest() : migrator.migrateTo(to));
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

/**
 * Migrates a ledger that is in use. From before `backup`, which others may read the ledger for, to the end nobody writes; nothing is done
 * where somebody does now: throws `Busy`. What `backup` throws ends it, too.
 */
export function migrateInUse(
  ledger: Ledger,
  backup: () => Promise<void>,
  migrations: Migrations = MIGRATIONS,
): Promise<string[]> {
  return atOnce(ledger, async (transaction) => {
    const tables = await transaction.introspection.getTables();
    await takeTables(
      transaction,
      tables.map(({ name }) => name).filter((name) => name in TABLES),
    );
    await takeArrival(transaction);
    await backup();
    return migrateWithin(transaction, migrations);
  });
}

/** A database or a transaction of it, whatever its tables. */
type AnyDatabase = Pick<Kysely<unknown>, "getExecutor" | "executeQuery">;

/** The first year that terminals were in the field, and the last that a new ledger has parts for. */
const [FIRST_YEAR, FIRST_LAST_YEAR] = [2026, 2030];
const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1);

/**
 * Makes the parts of the months up to the end of a year, where the engine has parts and they are not there yet. Days before and after,
 * which only a wrong clock gives, share one; a month that has rows there stays with them.
 */
export async function makeParts(ledger: AnyDatabase, lastYear: number): Promise<void> {
  if (engineOf(ledger) === "sqlite") return;
  for (const table of (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((name) => PARTS[name] === "month")) {
    for (let year = FIRST_YEAR; year <= lastYear; year += 1) {
      for (const month of MONTHS) await makePart(ledger, table, year, month);
    }
  }
}

/**
 * Makes the parts of the months to come, up to the end of next year, before anything is put into them. Called at each import: where they
 * are there, one question tells. `at` in UTC seconds.
 */
export async function makePartsToCome(ledger: AnyDatabase, at: number): Promise<void> {
  if (engineOf(ledger) === "sqlite") return;
  const year = civilOf(dayOf(at, 0)).year + 1;
  if (year > FIRST_LAST_YEAR && !(await isThere(ledger, partName("posting", year, MONTHS.at(-1)!))))
    await makeParts(ledger, year);
}

const partName = (table: string, year: number, month: number): string =>
  `${table}_${year}_${String(month).padStart(2, "0")}`;

async function isThere(ledger: AnyDatabase, part: string): Promise<boolean> {
  const { rows } = await sql<{ known: string | null }>`select to_regclass(${part}) as known`.execute(ledger);
  return rows[0]?.known != null;
}

async function makePart(ledger: AnyDatabase, table: string, year: number, month: number): Promise<void> {
  const from = dayOfCivil(year, month, 1);
  const to = month === 12 ? dayOfCivil(year + 1, 1, 1) : dayOfCivil(year, month + 1, 1);
  const part = partName(table, year, month);
  if (await isThere(ledger, part)) return;
  const others = sql.table(`${table}_other`);
  const strays = await sql`select 1 from ${others} where day >= ${from} and day < ${to} limit 1`.execute(ledger);
  if (strays.rows.length > 0) return;
  const text = `create table if not exists ${part} partition of ${table} for values from (${from}) to (${to})`;
  await ledger.executeQuery(CompiledQuery.raw(text));
}
