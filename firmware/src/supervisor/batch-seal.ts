import type { JournalStore } from "../journal/index.ts";
import {
  addSums,
  type BatchSeal,
  batchName,
  decodeEntry,
  type Ed25519Sign,
  encodeBatch,
  entryHash,
  movedBy,
  NO_SUMS,
} from "../wire/index.ts";
import { sha256 } from "./crypto.ts";

/** A sealed batch and the range it holds. */
export interface CollectedBatch {
  readonly name: string;
  readonly file: Uint8Array;
  readonly first: number;
  readonly last: number;
}

/** Why a range cannot be collected: it is none, it was dropped after its release, or it is still to come. */
export type RangeRefusal = "bad-range" | "dropped" | "beyond-end";

/** What is wrong with a range that somebody asks for; null where all of it is kept. */
export function rangeRefusal(
  { first: kept, last: end }: JournalStore,
  first: number,
  last: number,
): RangeRefusal | null {
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 1 && first <= last;
  if (!isRange) return "bad-range";
  if (last > end) return "beyond-end";
  return first < kept ? "dropped" : null;
}

/** Seals entries that are kept. `image` is the hash of the one that ran at the last of them. */
export function sealBatch(
  store: JournalStore,
  { first, last }: { readonly first: number; readonly last: number },
  terminal: number,
  image: Uint8Array,
  sign: Ed25519Sign,
): CollectedBatch {
  const stored = Array.from({ length: last - first + 1 }, (_, i) => store.entry(first + i));
  const entries = stored.map(decodeEntry);
  const totals = entries.reduce((sums, entry) => addSums(sums, movedBy(entry)), NO_SUMS);
  const seal: BatchSeal = {
    terminal,
    first,
    last,
    count: stored.length,
    totals,
    previous: entries[0]!.previous,
    head: entryHash(sha256, stored.at(-1)!),
    image,
  };
  return { name: batchName(seal), file: encodeBatch(seal, stored, sign), first, last };
}
