import { CompiledQuery, Kysely, type QueryResult, SqliteAdapter, sql, type Transaction } from "kysely";
import { postgresDialect } from "./postgres.ts";
import { BUSY_MS, eachRow, sqliteDialect } from "./sqlite.ts";

/** What a column holds: a whole number within 2^53, text, or bytes. */
export type ColumnType = "int" | "text" | "bytes";
type ValueOf<C extends ColumnType> = C extends "int" ? number : C extends "text" ? string : Uint8Array;
export type Columns = Readonly<Record<string, ColumnType | readonly [ColumnType, "or null"]>>;
/** The row of a table, by its columns. */
export type RowOf<C extends Columns> = {
  [N in keyof C]: C[N] extends ColumnType
    ? ValueOf<C[N]>
    : C[N] extends readonly [infer T extends ColumnType, "or null"]
      ? ValueOf<T> | null
      : never;
};

export type Engine = "sqlite" | "postgres";

/** A database, or a transaction of it, whatever its tables. */
export interface Connection {
  getExecutor(): { readonly adapter: unknown };
  executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>>;
}

/** Which engine it is: for what the two say in other words. */
export const engineOf = (database: Connection): Engine =>
  database.getExecutor().adapter instanceof SqliteAdapter ? "sqlite" : "postgres";

/** `sqlite:PATH` or `postgres://...`. Throws `RangeError` on another address, and what the engine says when it cannot be opened. */
export function openDatabase<T>(address: string): Kysely<T> {
  if (address.startsWith("sqlite:")) return new Kysely<T>({ dialect: sqliteDialect(address.slice("sqlite:".length)) });
  if (/^postgres(ql)?:\/\//.test(address)) return new Kysely<T>({ dialect: postgresDialect(address) });
  throw new RangeError("an address is sqlite:PATH or postgres://USER@HOST/NAME");
}

/** From now on nobody waits until the disk has what is committed: for books that anybody can make again. PostgreSQL has settings of its own. */
export async function doNotWaitForDisk<T>(database: Kysely<T>): Promise<void> {
  if (engineOf(database) === "sqlite") await sql`pragma synchronous = off`.execute(database);
}

/** Reads a database as it stands at one moment, whatever others write meanwhile. Nothing may be written. */
export const snapshot = <T, R>(database: Kysely<T>, use: (transaction: Transaction<T>) => Promise<R>): Promise<R> =>
  database.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(use);

/** Somebody else is writing. */
export class Busy extends Error {
  constructor() {
    super("somebody else is writing to the database");
    this.name = "Busy";
  }
}

const SQLITE_BUSY = 5;
/** PostgreSQL's lock_not_available. */
const POSTGRES_BUSY = "55P03";
const saysBusy = (error: unknown): boolean => {
  const { errcode, code } = error as { readonly errcode?: number; readonly code?: string };
  return errcode === SQLITE_BUSY || code === POSTGRES_BUSY;
};

/** A transaction that waits for no writer: throws `Busy` where there is one. SQLite has one at a time; see `takeTables`. */
export async function atOnce<T, R>(database: Kysely<T>, use: (transaction: Transaction<T>) => Promise<R>): Promise<R> {
  const wait = async (ms: number) => {
    if (engineOf(database) === "sqlite") await sql`pragma busy_timeout = ${sql.lit(ms)}`.execute(database);
  };
  await wait(0);
  try {
    return await database.transaction().execute(use);
  } catch (error) {
    throw saysBusy(error) ? new Busy() : error;
  } finally {
    await wait(BUSY_MS);
  }
}

/** Keeps others from writing to some tables until the transaction ends; within `atOnce` it does not wait for them. They may read. */
export async function takeTables<T>(transaction: Transaction<T>, tables: readonly string[]): Promise<void> {
  if (engineOf(transaction) === "sqlite" || tables.length === 0) return;
  const names = sql.join(tables.map((name) => sql.table(name)));
  await sql`lock table ${names} in exclusive mode nowait`.execute(transaction);
}

const POSTGRES_TYPES: Readonly<Record<ColumnType, string>> = { int: "bigint", text: "text", bytes: "bytea" };
const plainType = (column: Columns[string]): ColumnType => (typeof column === "string" ? column : column[0]);

/** The columns of many rows, as arrays: what PostgreSQL takes in one query. */
function asArrays(columns: Columns, names: readonly string[], rows: readonly (readonly unknown[])[]) {
  const sets = names.map((name, at) => `$${at + 1}::${POSTGRES_TYPES[plainType(columns[name]!)]}[]`);
  return { from: `unnest(${sets.join(", ")})`, parameters: names.map((_, at) => rows.map((row) => row[at])) };
}

/** A table that many rows are read from or written to at once. */
export interface Table {
  readonly name: string;
  readonly columns: Columns;
}

/**
 * Inserts many rows at once, each a list of values in the order of the table's columns: kysely's own way costs more than the
 * database does.
 */
export async function insertRows(
  database: Connection,
  { name, columns }: Table,
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  const into = `insert into ${name} (${names.join(", ")})`;
  if (engineOf(database) === "sqlite") {
    await database.executeQuery(eachRow(`${into} values (${names.map(() => "?").join(", ")})`, rows));
    return;
  }
  const { from, parameters } = asArrays(columns, names, rows);
  await database.executeQuery(CompiledQuery.raw(`${into} select * from ${from}`, parameters));
}

/**
 * The rows of a table that have one of many keys, each a list of values of the columns `by`: for each key, in their order, the list of
 * `wanted` of every such row, these in no order.
 */
export async function selectRows(
  database: Connection,
  { name: table, columns }: Table,
  by: readonly string[],
  keys: readonly (readonly unknown[])[],
  wanted: readonly string[],
): Promise<readonly (readonly unknown[])[]> {
  if (keys.length === 0) return [];
  if (engineOf(database) === "sqlite") {
    const sql = `select ${wanted.join(", ")} from ${table} where ${by.map((name) => `${name} = ?`).join(" and ")}`;
    return (await database.executeQuery<readonly unknown[]>(eachRow(sql, keys))).rows;
  }
  const { from, parameters } = asArrays(columns, by, keys);
  const matches = by.map((name) => `${table}.${name} = asked.${name}`).join(" and ");
  // `offset 0` has each key looked up on its own: a join that the planner chooses by old statistics may read the whole table instead.
  const each = `select ${wanted.join(", ")} from ${table} where ${matches} offset 0`;
  const sql = `select asked.${PLACE}, found.* from ${from} with ordinality as asked(${by.join(", ")}, ${PLACE}) cross join lateral (${each}) as found`;
  const found: unknown[][] = keys.map(() => []);
  const { rows } = await database.executeQuery<Record<typeof PLACE, number>>(CompiledQuery.raw(sql, parameters));
  for (const { [PLACE]: place, ...row } of rows) found[place - 1]!.push(row);
  return found;
}

/** Place of a key among those asked for, from 1. No column has this name. */
const PLACE = "asked_place";

/** Deletes the rows of a table that have one of many keys, each a list of values of the columns `by`. */
export async function deleteRows(
  database: Connection,
  { name: table, columns }: Table,
  by: readonly string[],
  keys: readonly (readonly unknown[])[],
): Promise<void> {
  if (keys.length === 0) return;
  if (engineOf(database) === "sqlite") {
    const matches = by.map((name) => `${name} = ?`).join(" and ");
    await database.executeQuery(eachRow(`delete from ${table} where ${matches}`, keys));
    return;
  }
  const { from, parameters } = asArrays(columns, by, keys);
  const matches = by.map((name) => `${table}.${name} = asked.${name}`).join(" and ");
  const sql = `delete from ${table} using ${from} as asked(${by.join(", ")}) where ${matches}`;
  await database.executeQuery(CompiledQuery.raw(sql, parameters));
}
