import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export type Value = number | string | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;

/** One relational database. Whole numbers only; a transaction is all or nothing. */
export interface Database {
  run(sql: string, ...values: readonly Value[]): void;
  all(sql: string, ...values: readonly Value[]): Row[];
  get(sql: string, ...values: readonly Value[]): Row | null;
  /** Commits what `work` did, or undoes it all when it throws. */
  transaction<T>(work: () => T): T;
  close(): void;
}

class SqliteDatabase implements Database {
  private readonly database: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;");
  }

  private statement(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }

  run(sql: string, ...values: readonly Value[]): void {
    this.statement(sql).run(...(values as SQLInputValue[]));
  }

  all(sql: string, ...values: readonly Value[]): Row[] {
    return this.statement(sql).all(...(values as SQLInputValue[])) as Row[];
  }

  get(sql: string, ...values: readonly Value[]): Row | null {
    return (this.statement(sql).get(...(values as SQLInputValue[])) as Row | undefined) ?? null;
  }

  transaction<T>(work: () => T): T {
    this.database.exec("begin immediate");
    try {
      const result = work();
      this.database.exec("commit");
      return result;
    } catch (error) {
      this.database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.statements.clear();
    this.database.close();
  }
}

/** Opens a SQLite file, making it when it is not there; ":memory:" keeps nothing. */
export function openSqlite(path: string): Database {
  return new SqliteDatabase(path);
}
