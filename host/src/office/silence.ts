import type { Ledger } from "./schema.ts";
import { listTerminals } from "./terminals.ts";

/** A terminal in use of which nothing came for some days. */
export interface SilentTerminal {
  readonly terminal: number;
  readonly merchant: number;
  /** When its last batch came, or it was made known where none ever came: UTC seconds by the office's clock. */
  readonly since: number;
  /** Nothing of it was ever imported. */
  readonly isNew: boolean;
  /** Whole days since. */
  readonly days: number;
}

const DAY_SECONDS = 86_400;

/** Terminals of which nothing came for too long by the office's own clock: those of terminals may say anything. `at` in UTC seconds. */
export async function silentTerminals(ledger: Ledger, at: number, silentDays: number): Promise<SilentTerminal[]> {
  const heard = await ledger
    .selectFrom("audit")
    .select(({ fn }) => ["terminal", fn.max("at").as("at")])
    .where("kind", "in", ["batch", "terminal"])
    .groupBy("terminal")
    .execute();
  const last = new Map(heard.map((row) => [row.terminal, row.at]));
  return (await listTerminals(ledger))
    .filter(({ state }) => state === "active")
    .map(({ number: terminal, merchant, imported_to }) => {
      const since = last.get(terminal) ?? at;
      return { terminal, merchant, since, isNew: imported_to === 0, days: Math.floor((at - since) / DAY_SECONDS) };
    })
    .filter(({ days }) => days >= silentDays);
}
