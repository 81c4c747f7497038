import { Failure } from "./failure.ts";

/** What a database says when it cannot go on: SQLite a number, PostgreSQL five letters and digits, the line to it a word. */
interface Said {
  readonly errcode?: number;
  readonly code?: string;
  readonly message?: string;
}

interface Told {
  readonly what: string;
  readonly next: string;
}

const FULL: Told = { what: "has no room left", next: "make room on its disk, and run the command again" };
const READ_ONLY: Told = {
  what: "may only be read",
  next: "mount its disk for writing, or look at your rights to the file and its folder; reports and backups work all the same",
};
const DISK: Told = {
  what: "cannot be read or written: its disk says no",
  next: "look at the disk and the free space on it, then: cachet office check",
};
const BUSY: Told = { what: "is in use: somebody else is writing", next: "wait for him, and run the command again" };
const DAMAGED: Told = {
  what: "is damaged",
  next: "keep a copy of it as it is, and restore the last good backup into a new home: cachet office restore",
};
const GONE: Told = {
  what: "went away while the command worked with it",
  next: "see whether the server runs and is reached, and look at the ledger before you run the command again",
};
const NO_RIGHT: Told = {
  what: "does not let this user do that",
  next: "give the user the right, or name another in --db",
};

/** By SQLite's primary result codes (https://sqlite.org/rescode.html). */
const OF_SQLITE: Readonly<Record<number, Told>> = {
  5: BUSY,
  8: READ_ONLY,
  10: DISK,
  11: DAMAGED,
  13: FULL,
  26: DAMAGED,
};
const PRIMARY = 0xff;

/** By the beginning of PostgreSQL's codes (its manual, appendix A), and of what the system says of the line. */
const OF_POSTGRES: readonly (readonly [RegExp, Told])[] = [
  [/^25006$/, READ_ONLY],
  [/^53100$/, FULL],
  [/^(08|57P|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH)/, GONE],
  [/^42501$/, NO_RIGHT],
  [/^(55P03|40P01|40001)$/, BUSY],
  [/^(58030|XX00[12])$/, DISK],
];

/** The driver's own words for a line that ended have no code. */
const ENDED = /^(Connection terminated|timeout exceeded when trying to connect)/;

function toldOf({ errcode, code = "", message = "" }: Said): Told | null {
  if (ENDED.test(message)) return GONE;
  if (errcode !== undefined) return OF_SQLITE[errcode & PRIMARY] ?? null;
  return OF_POSTGRES.find(([codes]) => codes.test(code))?.[1] ?? null;
}

/** What a person is told whose database did not go on; null where an error is none of a database. `what` names the database. */
export function databaseFailure(what: string, error: unknown): Failure | null {
  if (!(error instanceof Error) || error instanceof Failure) return null;
  const told = toldOf(error as Said);
  if (told === null) return null;
  const state = "what the command did is there step by step, each whole; nothing is half done";
  return new Failure("C-LEDGER-04", `${what} ${told.what} (${error.message})`, state, [told.next]);
}
