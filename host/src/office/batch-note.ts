import type { Batch } from "@cachet/firmware/wire";
import { queueByArrival } from "./audit.ts";
import type { BatchRead } from "./batch-read.ts";
import type { Fork } from "./forks.ts";
import type { LedgerTransaction } from "./schema.ts";

/** A file that came to the office. */
export interface BatchFile {
  readonly name: string;
  readonly file: Uint8Array;
  /** The same, read and verified ahead of its import. Left out, or null: its import reads it. */
  readonly read?: BatchRead | null;
}

/** What became of a batch file. Whatever it is, the ledger is whole: a file counts entirely or not at all. */
export type ImportOutcome =
  | {
      readonly status: "accepted";
      readonly accepted: number;
      readonly duplicates: number;
      /** Cards with two histories that this batch brought to light. The batch counts all the same: the money moved. */
      readonly forks: readonly Fork[];
    }
  | { readonly status: "already-imported"; readonly duplicates: number }
  /** Entries before it are missing; it goes in by itself once they came. */
  | { readonly status: "waiting"; readonly gap: readonly [number, number] }
  /** Set aside for a person to look at. `number` is the first entry that is wrong, where one is. */
  | { readonly status: "quarantined"; readonly reason: string; readonly detail: string; readonly number?: number }
  | { readonly status: "still-being-written" };

function detailOf(outcome: ImportOutcome): string {
  switch (outcome.status) {
    case "accepted":
      return `${outcome.accepted} entries`;
    case "waiting":
      return `gap ${outcome.gap[0]}-${outcome.gap[1]}`;
    case "quarantined":
      return `${outcome.reason}: ${outcome.detail}`;
    default:
      return "";
  }
}

/** What is noted of a file beside its name: its SHA-256, and its seal where it is a batch. */
export interface FileSeen {
  readonly hash: Uint8Array;
  readonly batch: Pick<Batch, "seal" | "trailer"> | null;
}

/** Notes a file and what became of it. Files that are not in are kept whole: nothing that came is lost. */
export async function noteBatch(
  ledger: LedgerTransaction,
  { name, file }: BatchFile,
  { hash, batch }: FileSeen,
  outcome: ImportOutcome,
): Promise<void> {
  const terminal = batch?.seal.terminal ?? 0;
  const before = await ledger
    .selectFrom("batch")
    .select("status")
    .where("terminal", "=", terminal)
    .where("hash", "=", hash)
    .executeTakeFirst();
  if (before?.status === "accepted" || outcome.status === "still-being-written") return;
  await queueByArrival(ledger);
  const last = await ledger
    .selectFrom("batch")
    .select(({ fn }) => fn.max<number | null>("arrival").as("arrival"))
    .executeTakeFirst();
  const isIn = outcome.status === "accepted" || outcome.status === "already-imported";
  const became = {
    status: outcome.status,
    detail: detailOf(outcome),
    ...(isIn ? { file: null, trailer: batch?.trailer ?? null } : { file, trailer: null }),
  };
  await ledger
    .insertInto("batch")
    .values({
      terminal,
      hash,
      name,
      first: batch?.seal.first ?? null,
      last: batch?.seal.last ?? null,
      arrival: (last?.arrival ?? 0) + 1,
      ...became,
    })
    .onConflict((conflict) => conflict.columns(["terminal", "hash"]).doUpdateSet(became))
    .execute();
}
