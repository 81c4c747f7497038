import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";

/** Statements that are kept ready. A ledger uses some dozens; lists of values make more of them than that. */
const STATEMENTS_KEPT = 200;
/** How long a writer waits for another process to finish, milliseconds. */
export const BUSY_MS = 10_000;

/**
 * What is committed is on the disk. One transaction's pages stay in memory (64 MiB at most) instead of being read twice, and are brought
 * into the database file once for many transactions (some 40 MB of log): keys are random, so that each touches other pages.
 */
export const SETTINGS =
  "pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -65536; pragma wal_autocheckpoint = 10000;";

type Cell = SQLInputValue;
type Found = Record<string, SQLOutputValue>;

/** The query that runs once for every row of parameters: `parameters` is a list of lists, and so are the rows that it gives, one list for each run. */
export const eachRow = (sql: string, rows: readonly (readonly unknown[])[]): CompiledQuery =>
  CompiledQuery.raw(sql, [...rows]);

/** One SQLite file by Node's own SQLite: statements are kept, changes are on the disk when a transaction ends. */
class SqliteConnection implements DatabaseConnection {
  private readonly database: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private isLogged = false;

  constructor(path: string) {
    this.database = new DatabaseSync(path, { timeout: BUSY_MS });
    this.database.exec(SETTINGS);
  }

  /** The right to write is asked for at once: what was read at the beginning still holds at the end. */
  begin(): void {
    // Not before somebody writes: it changes the file, and another's database is left as it was found.
    if (!this.isLogged) this.database.exec("pragma journal_mode = wal");
    this.isLogged = true;
    this.database.exec("begin immediate");
  }

  private statement(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare(sql);
    const [oldest] = this.statements.keys();
    if (this.statements.size >= STATEMENTS_KEPT && oldest !== undefined) this.statements.delete(oldest);
    this.statements.set(sql, statement);
    return statement;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = this.statement(sql);
    const reads = statement.columns().length > 0;
    if (!Array.isArray(parameters[0])) {
      if (reads) return { rows: statement.all(...(parameters as Cell[])) as R[] };
      return { rows: [], numAffectedRows: BigInt(statement.run(...(parameters as Cell[])).changes) };
    }
    const rows: Found[][] = [];
    for (const row of parameters as readonly Cell[][]) {
      if (reads) rows.push(statement.all(...row) as Found[]);
      else statement.run(...row);
    }
    return { rows: rows as R[] };
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    // Not one of the kept ones: a query between two rows could be the same.
    for (const row of this.database.prepare(sql).iterate(...(parameters as Cell[]))) yield { rows: [row as R] };
  }

  exec(sql: string): void {
    this.database.exec(sql);
  }

  /** Where there is no room left, everything is undone before somebody asks for it: what went wrong is still to be told then. */
  rollback(): void {
    if (this.database.isTransaction) this.database.exec("rollback");
  }

  close(): void {
    this.statements.clear();
    this.database.close();
  }
}

class SqliteDriver implements Driver {
  private readonly connection: SqliteConnection;

  constructor(path: string) {
    this.connection = new SqliteConnection(path);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.connection;
  }

  async beginTransaction(_: DatabaseConnection, { accessMode }: TransactionSettings): Promise<void> {
    // Who only reads keeps nobody from writing: what he sees is as it was when he began.
    if (accessMode === "read only") this.connection.exec("begin");
    else this.connection.begin();
  }

  async commitTransaction(): Promise<void> {
    this.connection.exec("commit");
  }

  async rollbackTransaction(): Promise<void> {
    this.connection.rollback();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.connection.close();
  }
}

/** Changes of the schema are undone with their transaction: SQLite can, though kysely does without. */
class WholeSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Opens a SQLite file, making it when it is not there; ":memory:" keeps nothing. Throws what SQLite says when it is none. */
export function sqliteDialect(path: string): Dialect {
  const driver = new SqliteDriver(path);
  return {
    createAdapter: () => new WholeSqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}
