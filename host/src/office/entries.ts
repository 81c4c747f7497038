import { decodeEntry, type Entry } from "@cachet/firmware/wire";
import type { Ledger } from "./schema.ts";

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
