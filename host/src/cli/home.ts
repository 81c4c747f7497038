import { existsSync } from "node:fs";
import { join } from "node:path";
import { createTables, SCHEMA_VERSION, schemaVersion } from "../office/schema.ts";
import { type Database, openSqlite } from "../ports/database.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";
import { makeFolder } from "./files.ts";

const LEDGER = "ledger.sqlite";

const ledgerPath = ({ home }: Pick<Console, "home">): string => join(home, LEDGER);

function openFile(path: string): Database {
  try {
    return openSqlite(path);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Failure("C-HOME-04", `${path} cannot be opened as a ledger (${problem})`, "it was not touched", [
      "check the folder and your rights to it, or name another with --home",
    ]);
  }
}

/** Opens the office's ledger. Fails with C-HOME-02 when there is none, C-HOME-03 when it is not ours to read. */
export function openLedger(console: Console): Database {
  const path = ledgerPath(console);
  if (!existsSync(path)) {
    throw new Failure("C-HOME-02", `${console.home} holds no ledger`, "nothing was done", [
      "name the right folder with --home, or make a simulated town: cachet sim world --home DIR",
    ]);
  }
  const database = openFile(path);
  const version = schemaVersion(database);
  if (version === SCHEMA_VERSION) return database;
  database.close();
  throw new Failure(
    "C-HOME-03",
    `${path} has schema ${version}, this cachet knows ${SCHEMA_VERSION}`,
    "it was not touched",
    ["use the version of cachet that made it"],
  );
}

/** The ledger, made where there is none yet. Fails with C-HOME-03 where it is not ours to read. */
export function openOrMakeLedger(console: Console): Database {
  return existsSync(ledgerPath(console)) ? openLedger(console) : makeLedger(console);
}

/** Makes a new ledger. Fails with C-HOME-01 when the folder has one. */
export function makeLedger(console: Console): Database {
  const path = ledgerPath(console);
  if (existsSync(path)) {
    throw new Failure("C-HOME-01", `${console.home} already holds a ledger`, "it was not touched", [
      "name an empty or new folder with --home",
    ]);
  }
  makeFolder(console.home);
  const database = openFile(path);
  createTables(database);
  return database;
}
