import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Ledger } from "../office/schema.ts";
import { openDatabase } from "../ports/database/index.ts";
import { type Console, progressLine } from "./console.ts";
import { Failure } from "./failure.ts";

const SQLITE_FULL = 13;
/** What is read for them is not written to: it is theirs that has no room. */
const isFull = (error: unknown): boolean => (error as { readonly errcode?: number }).errcode === SQLITE_FULL;
const noRoom = (folder: string) =>
  new Failure("C-FILE-03", `there is no room for a test ledger in ${dirname(folder)}`, "the ledger was only read", [
    "make room there, as much as the ledger takes twice, or name another folder in TMPDIR",
  ]);

/** Some empty databases in a temporary folder, which go with the work that they are for. */
export async function withScratch<T>(count: number, use: (...ledgers: Ledger[]) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "cachet-scratch-"));
  const ledgers = Array.from(
    { length: count },
    (_, i): Ledger => openDatabase(`sqlite:${join(folder, `${i}.sqlite`)}`),
  );
  try {
    return await use(...ledgers);
  } catch (error) {
    throw isFull(error) ? noRoom(folder) : error;
  } finally {
    for (const ledger of ledgers) await ledger.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

const spanText = (seconds: number): string => (seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`);

/** Before this much of some work is done, nobody can tell how long it takes. */
const ESTIMATE_FROM = 0.02;

/** Shows how far some work is, in hundredths, and how long it will take from here; wipes the line at its end. */
export async function withProgress<T>(
  console: Console,
  what: string,
  work: (progress: (done: number, of: number) => void) => Promise<T>,
): Promise<T> {
  const line = progressLine(console, Date.now);
  const began = Date.now();
  try {
    return await work((done, of) => {
      const part = done / Math.max(1, of);
      const seconds = ((Date.now() - began) * (1 - part)) / (1_000 * part);
      const left = part < ESTIMATE_FROM ? "" : `, about ${spanText(Math.ceil(seconds))} left`;
      line.show(`${what}: ${Math.floor(100 * part)} %${left}`);
    });
  } finally {
    line.end();
  }
}
