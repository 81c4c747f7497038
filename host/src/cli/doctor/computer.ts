import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ticketName } from "@cachet/firmware/wire";
import { utcText } from "../../keys/open.ts";
import { Failure } from "../failure.ts";
import { fail, ok, type Probe, warn } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

/** The Node that cachet is made for (`engines` in package.json). */
const NODE_MAJOR = 24;

export function nodeProbe({ nodeVersion }: Surroundings): Probe {
  return {
    name: "node",
    look: async () =>
      Number(nodeVersion.split(".")[0]) === NODE_MAJOR
        ? ok(`Node ${nodeVersion}`)
        : fail(`Node ${nodeVersion}; cachet needs ${NODE_MAJOR}`, "npm start in the checkout fetches the right one"),
  };
}

/** Years that a clock may show: not before there was a cachet, nor when nobody is left to ask. */
const YEARS = { first: 2026, last: 2099 } as const;
/** Clocks of terminals drift between two collections. */
const DRIFT_SECONDS = 600;

/** The newest entry that was imported; null without a ledger, or with an empty one. */
async function newestEntry({
  ledger,
}: Surroundings): Promise<{ readonly ticket: string; readonly utc: number } | null> {
  try {
    const books = await ledger();
    try {
      const row = await books
        .selectFrom("entry")
        .select(["terminal", "number", "utc"])
        .orderBy("utc", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { ticket: ticketName(row.terminal, row.number), utc: row.utc };
    } finally {
      await books.destroy();
    }
  } catch (error) {
    // The ledger's own probe says what is wrong with it.
    if (error instanceof Failure) return null;
    throw error;
  }
}

export function clockProbe(surroundings: Surroundings): Probe {
  const set = "set the clock: timedatectl set-ntp true";
  return {
    name: "clock",
    look: async () => {
      const now = surroundings.now();
      const year = new Date(now * 1000).getUTCFullYear();
      if (!(year >= YEARS.first && year <= YEARS.last)) return fail(`it shows the year ${year}`, set);
      const newest = await newestEntry(surroundings);
      if (newest === null || now + DRIFT_SECONDS >= newest.utc) return ok(utcText(now));
      return warn(
        `${utcText(now)} is behind entry ${newest.ticket}, which was written ${utcText(newest.utc)}`,
        `one of the two clocks is wrong: if it is this one, ${set}; else set the terminal's`,
      );
    },
  };
}

const MB = 1024 * 1024;
const FREE_FAIL = 100 * MB;
const FREE_WARN = 1024 * MB;
const sizeText = (bytes: number): string =>
  bytes < FREE_WARN ? `${Math.floor(bytes / MB)} MB` : `${(bytes / FREE_WARN).toFixed(1)} GB`;

/** The folder itself, or the nearest one above it that is there; null where a file is in the way. */
async function nearestFolder(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isDirectory() ? path : null;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === "ENOTDIR" || dirname(path) === path) return null;
    if (code !== "ENOENT") throw error;
    return nearestFolder(dirname(path));
  }
}

export function diskProbe({ home, mayUse, freeBytes }: Surroundings): Probe {
  return {
    name: "disk",
    look: async () => {
      const folder = await nearestFolder(resolve(home));
      if (folder === null) return fail(`${home} cannot be a folder: a file is in the way`, "name another with --home");
      if (!(await mayUse(folder))) {
        return fail(`${folder} may not be written`, "take rights to the folder, or name another with --home");
      }
      const free = await freeBytes(folder);
      const text = `${sizeText(free)} free for ${home}`;
      if (free < FREE_FAIL) return fail(text, `make room: less than ${sizeText(FREE_FAIL)} stops an import`);
      return free < FREE_WARN ? warn(text, `make room: ${sizeText(FREE_WARN)} is a safe least`) : ok(text);
    },
  };
}
