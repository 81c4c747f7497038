import { decodeEntry, type Entry } from "@cachet/firmware/wire";
import { sql } from "kysely";
import type { Ledger, LedgerTables } from "./schema.ts";

export type IntentEntry = Entry & { readonly kind: "intent" };

/** An entry of a terminal's journal as it is stored, read; null where the ledger has none of that number. */
export async function entryAt(ledger: Ledger, terminal: number, number: number): Promise<Entry | null> {
  const row = await ledger
    .selectFrom("entry")
    .select("stored")
    .where("terminal", "=", terminal)
    .where("number", "=", number)
    .executeTakeFirst();
  return row === undefined ? null : decodeEntry(row.stored);
}

/** An intent of a terminal's journal; null where the ledger has none of that number, or another entry. */
export async function intentAt(ledger: Ledger, terminal: number, number: number): Promise<IntentEntry | null> {
  const entry = await entryAt(ledger, terminal, number);
  return entry?.kind === "intent" ? entry : null;
}

const PAGE = 2_000;

/** Every entry of some kinds, by terminal and number; memory holds some thousands of them. */
export async function* entriesOf<Kind extends Entry["kind"]>(
  ledger: Ledger,
  ...kinds: readonly Kind[]
): AsyncGenerator<{ readonly terminal: number; readonly entry: Entry & { readonly kind: Kind } }> {
  let [terminal, number] = [0, 0];
  for (;;) {
    const { rows } = await sql<Pick<LedgerTables["entry"], "terminal" | "number" | "stored">>`
      select terminal, number, stored from entry
       where kind in (${sql.join(kinds)}) and (terminal, number) > (${terminal}, ${number})
       order by terminal, number limit ${PAGE}`.execute(ledger);
    for (const row of rows) {
      [terminal, number] = [row.terminal, row.number];
      yield { terminal, entry: decodeEntry(row.stored) as Entry & { readonly kind: Kind } };
    }
    if (rows.length < PAGE) return;
  }
}
