import { type Dialect, PostgresDialect } from "kysely";
import pg from "pg";

const INT8 = 20;
const NUMERIC = 1700;

/** Whole numbers come as text, since they may be larger than a number holds. Ours never are; one that is stops the work. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`the database gave ${text}, which is no whole number within 2^53`);
  return number;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    (oid === INT8 || oid === NUMERIC) && format !== "binary"
      ? wholeNumber
      : pg.types.getTypeParser(oid, format as "text")) as pg.CustomTypesConfig["getTypeParser"],
};

/** A PostgreSQL database by its address, `postgres://user@host/name`; connected when it is first used. */
export function postgresDialect(address: string): Dialect {
  const pool = new pg.Pool({ connectionString: address, types, max: 4, application_name: "cachet" });
  // A connection that dies while nothing uses it: the next query opens another one, or says what is wrong.
  pool.on("error", () => {});
  return new PostgresDialect({ pool });
}
