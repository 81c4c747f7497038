import { type Dialect, PostgresAdapter, PostgresDialect } from "kysely";
import pg from "pg";

const BYTEA = 17;
const INT8 = 20;
const NUMERIC = 1700;

/** Whole numbers come as text, since they may be larger than a number holds. Ours never are; one that is stops the work. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`the database gave ${text}, which is no whole number within 2^53`);
  return number;
}

const buffer: (text: string) => Buffer = pg.types.getTypeParser(BYTEA, "text");
/** Bytes as the other engine gives them. */
const bytes = (text: string): Uint8Array => {
  const { buffer: memory, byteOffset, byteLength } = buffer(text);
  return new Uint8Array(memory, byteOffset, byteLength);
};

const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [INT8, wholeNumber],
  [NUMERIC, wholeNumber],
  [BYTEA, bytes],
]);
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    (format === "binary" ? undefined : parsers.get(oid)) ??
    pg.types.getTypeParser(oid, format as "text")) as pg.CustomTypesConfig["getTypeParser"],
};

/** Who migrates holds a lock that ends with his transaction. Kysely's own belongs to the connection, and stays where a change goes wrong. */
class UnlockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class OwnDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new UnlockedAdapter();
  }
}

/** Importers beside each other have one each, and one is for what they ask beside. */
const CONNECTIONS_MAX = 9;
/** A server that says nothing for so long is told as gone. */
const CONNECT_MS = 10_000;

/** A PostgreSQL database by its address, `postgres://user@host/name`; connected when it is first used. */
export function postgresDialect(address: string): Dialect {
  const pool = new pg.Pool({
    connectionString: address,
    types,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: "cachet",
  });
  // A connection that dies while nothing uses it: the next query opens another one, or says what is wrong.
  pool.on("error", () => {});
  return new OwnDialect({ pool });
}
