import { dayOfCivil } from "@cachet/card-layout";
import { CompiledQuery, type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { type Columns, type ColumnType, type Engine, engineOf } from "../ports/database/index.ts";
import { INDEXES, KEYS, type Ledger, PARTS, TABLES } from "./schema.ts";

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
  "create index credit_to_come on credit (card, programme, number) where passed = 0",
  "create index credit_by_act on credit (act)",
  "create index credit_by_source on credit (source)",
];

/** Every change of the schema, in order. One that is released stays as it is. */
const MIGRATIONS = {
  "001-ledger": {
    async up(database: Kysely<unknown>) {
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

const migrator = (ledger: Ledger) =>
  new Migrator({
    db: ledger,
    provider: { getMigrations: async () => MIGRATIONS },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: "migration_lock",
  });

/** Where a ledger stands: none at all, as this cachet knows it, to be migrated first, or made by a later one. */
export type LedgerState = "none" | "current" | "older" | "newer";

/** Looks at a database without changing it. */
export async function ledgerState(ledger: Ledger): Promise<LedgerState> {
  const tables = await ledger.introspection.getTables();
  if (tables.every(({ name }) => name !== MIGRATION_TABLE)) return "none";
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(ledger);
  if (rows.some(({ name }) => !(name in MIGRATIONS))) return "newer";
  return rows.length === Object.keys(MIGRATIONS).length ? "current" : "older";
}

/** Brings a ledger to the newest schema; each change is whole or not there at all. Gives what was done. */
export async function migrate(ledger: Ledger): Promise<string[]> {
  const { error, results } = await migrator(ledger).migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

/** The first year that terminals were in the field, and the last that a new ledger has parts for. */
const [FIRST_YEAR, FIRST_LAST_YEAR] = [2026, 2030];
const MONTHS = Array.from({ length: 12 }, (_, i) => i + 1);

/**
 * Makes the parts of the months up to the end of a year, where the engine has parts and they are not there yet. Days before and after,
 * which only a wrong clock gives, share one; a month that has rows there stays with them.
 */
export async function makeParts(ledger: Kysely<unknown>, lastYear: number): Promise<void> {
  if (engineOf(ledger) === "sqlite") return;
  for (const table of (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((name) => PARTS[name] === "month")) {
    for (let year = FIRST_YEAR; year <= lastYear; year += 1) {
      for (const month of MONTHS) await makePart(ledger, table, year, month);
    }
  }
}

async function makePart(ledger: Kysely<unknown>, table: string, year: number, month: number): Promise<void> {
  const from = dayOfCivil(year, month, 1);
  const to = month === 12 ? dayOfCivil(year + 1, 1, 1) : dayOfCivil(year, month + 1, 1);
  const part = `${table}_${year}_${String(month).padStart(2, "0")}`;
  const known = await sql<{ known: string | null }>`select to_regclass(${part}) as known`.execute(ledger);
  if (known.rows[0]?.known != null) return;
  const others = sql.table(`${table}_other`);
  const strays = await sql`select 1 from ${others} where day >= ${from} and day < ${to} limit 1`.execute(ledger);
  if (strays.rows.length > 0) return;
  const text = `create table if not exists ${part} partition of ${table} for values from (${from}) to (${to})`;
  await ledger.executeQuery(CompiledQuery.raw(text));
}
