import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LedgerState, ledgerState, type Migrations, migrate } from "../office/migrations.ts";
import type { Ledger } from "../office/schema.ts";
import { openDatabase } from "../ports/database/index.ts";
import type { Console } from "./console.ts";
import { databaseFailure } from "./database-failure.ts";
import { Failure } from "./failure.ts";
import { makeFolder } from "./files.ts";

const SQLITE = "sqlite:";

/** The address of the office's ledger: what `--db` says, else a file in the home folder. */
const ledgerAddress = ({ home, db }: Pick<Console, "home" | "db">): string =>
  db ?? `${SQLITE}${join(home, "ledger.sqlite")}`;

/** An address as it may be shown: without a password. */
const shown = (address: string): string =>
  address.startsWith(SQLITE) ? address.slice(SQLITE.length) : address.replace(/^(\w+:\/\/[^:/@]*):[^@]*@/, "$1@");

/** The file of a ledger in SQLite; null where it is elsewhere. */
const fileOf = (address: string): string | null => (address.startsWith(SQLITE) ? address.slice(SQLITE.length) : null);

async function state(address: string, ledger: Ledger, migrations?: Migrations) {
  try {
    return await ledgerState(ledger, migrations);
  } catch (error) {
    await ledger.destroy();
    throw unreadable(address, error);
  }
}

function unreadable(address: string, error: unknown): Failure {
  const problem = error instanceof Error ? error.message || error.name : String(error);
  return new Failure("C-HOME-04", `${shown(address)} cannot be opened as a ledger (${problem})`, "it was not touched", [
    "check the place, your rights to it and the free space there, or name another with --home or --db",
  ]);
}

function open(address: string): Ledger {
  try {
    if (address === SQLITE) throw new RangeError("sqlite: names no file");
    return openDatabase(address);
  } catch (error) {
    throw unreadable(address, error);
  }
}

const noLedger = (console: Console, address: string) =>
  new Failure(
    "C-HOME-02",
    `${fileOf(address) === null || console.db !== null ? shown(address) : console.home} holds no ledger`,
    "nothing was done",
    [
      "name the right folder with --home or the right database with --db, or make a simulated town: cachet sim world --home DIR",
    ],
  );

/**
 * Opens the office's ledger, where it stands in one of some ways. Fails with C-HOME-02 when there is none, C-HOME-03 when it is not ours
 * to read, C-HOME-04 when there is no reaching it.
 */
export async function openLedger(
  console: Console,
  fits: readonly LedgerState[] = ["current"],
  migrations?: Migrations,
): Promise<Ledger> {
  const address = ledgerAddress(console);
  const file = fileOf(address);
  if (file !== null && file !== "" && !existsSync(file)) throw noLedger(console, address);
  const ledger = open(address);
  const found = await state(address, ledger, migrations);
  if (fits.includes(found)) return ledger;
  await ledger.destroy();
  if (found === "blank" || (found === "none" && file === null)) throw noLedger(console, address);
  const what =
    found === "older"
      ? "an older schema than this cachet"
      : found === "newer"
        ? "a newer schema than this cachet"
        : "no schema of cachet";
  throw new Failure("C-HOME-03", `${shown(address)} has ${what}`, "it was not touched", [
    "use the version of cachet that made it",
    ...(found === "older" ? ["or bring it to this one, a backup first: cachet office migrate"] : []),
  ]);
}

/** The ledger, made where there is none yet. Fails as `openLedger` does. */
export async function openOrMakeLedger(console: Console): Promise<Ledger> {
  try {
    return await openLedger(console);
  } catch (error) {
    if (error instanceof Failure && error.code === "C-HOME-02") return makeLedger(console);
    throw error;
  }
}

/** Makes a new ledger, by `make` or an empty one. Fails with C-HOME-01 when there is one; what a making that was cut left is none. */
export async function makeLedger(
  console: Console,
  make: (ledger: Ledger) => Promise<unknown> = migrate,
): Promise<Ledger> {
  const address = ledgerAddress(console);
  const file = fileOf(address);
  const isThere = new Failure(
    "C-HOME-01",
    `${file === null ? shown(address) : dirname(file)} already holds a ledger`,
    "it was not touched",
    ["name an empty or new folder with --home, or an empty database with --db"],
  );
  if (file !== null) makeFolder(dirname(file));
  const ledger = open(address);
  const found = await state(address, ledger);
  // A PostgreSQL database may hold other things.
  if (found !== "blank" && (found !== "none" || file !== null)) {
    await ledger.destroy();
    throw isThere;
  }
  try {
    await make(ledger);
  } catch (error) {
    await ledger.destroy();
    throw databaseFailure(shown(address), error) ?? error;
  }
  return ledger;
}

/** Opens the ledger for some work, and closes it whatever happens. Fails with C-LEDGER-04 too, where the database does not go on. */
export async function withLedger<T>(
  console: Console,
  use: (ledger: Ledger) => Promise<T>,
  fits?: readonly LedgerState[],
  migrations?: Migrations,
): Promise<T> {
  const ledger = await openLedger(console, fits, migrations);
  try {
    return await use(ledger);
  } catch (error) {
    throw databaseFailure(shown(ledgerAddress(console)), error) ?? error;
  } finally {
    await ledger.destroy();
  }
}

/** A further connection to a ledger that is open already. */
export async function ledgerAgain<T>(console: Console, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = open(ledgerAddress(console));
  try {
    return await use(ledger);
  } finally {
    await ledger.destroy();
  }
}
