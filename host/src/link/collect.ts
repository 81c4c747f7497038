import {
  BATCH_BYTES_MAX,
  type Batch,
  type BatchRefusal,
  batchName,
  type GeneralRefusal,
  journalCollected,
  journalStatus,
  type ResponseOf,
  readBatch,
} from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import type { PartialFile } from "../ports/partial-file.ts";
import { download } from "./files.ts";
import type { SmpClient } from "./smp-client.ts";
import type { Progress } from "./upload.ts";

export type JournalStatus = ResponseOf<typeof journalStatus>;

/** Numbers of entries, both ends included. */
export interface EntryRange {
  readonly first: number;
  readonly last: number;
}

/** The folder that batches go to, as far as collecting needs it. */
export interface BatchFolder {
  /** A batch that is there whole. */
  read(name: string): Uint8Array | null;
  /** One that arrives; what an earlier run left is in it. */
  arriving(name: string): PartialFile;
  /** Names of batches of which an earlier run left a part. */
  begun(): readonly string[];
}

/** Whose entries, and the key that seals them. */
export interface Collected {
  readonly terminal: number;
  readonly key: Uint8Array;
}

/** A batch that is on the disk, whole, sealed by this terminal. */
export interface CollectedFile extends EntryRange {
  readonly name: string;
  readonly batch: Batch;
  /** Bytes that an earlier run had brought. */
  readonly resumedAt: number;
}

export type Collecting =
  | { readonly ok: true; readonly file: CollectedFile }
  | { readonly ok: false; readonly what: "refused"; readonly refusal: string; readonly detail: string }
  | { readonly ok: false; readonly what: "damaged"; readonly refusal: BatchRefusal };

const NAME = /^T-(\d{4,5})-(\d{1,10})-(\d{1,10})\.batch$/;

function rangeOf(name: string, terminal: number): EntryRange | null {
  const [, own, first, last] = NAME.exec(name) ?? [];
  return own !== undefined && Number(own) === terminal ? { first: Number(first), last: Number(last) } : null;
}

/** The range to fetch next: one that was begun goes on, whatever was added to the journal since. Null where everything is collected. */
export function nextRange(status: JournalStatus, { terminal }: Collected, folder: BatchFolder): EntryRange | null {
  if (status.last <= status.collected) return null;
  const first = Math.max(status.collected + 1, status.first);
  const begun = folder
    .begun()
    .map((name) => rangeOf(name, terminal))
    .filter((range): range is EntryRange => range !== null && range.first === first && range.last <= status.last);
  return begun.sort((a, b) => b.last - a.last)[0] ?? { first, last: status.last };
}

function verified(file: Uint8Array, { terminal, key }: Collected) {
  return readBatch(file, sha256, verifyEd25519, (number) => (number === terminal ? key : null));
}

/** Downloads what is missing of a batch; a part that does not become a good batch is brought anew, once. */
async function fetched(
  client: SmpClient,
  name: string,
  whose: Collected,
  part: PartialFile,
  onProgress: (progress: Progress) => void,
): Promise<Collecting> {
  for (let from = part.length; ; from = 0) {
    const options = { from, max: BATCH_BYTES_MAX, onProgress };
    const told = await download(client, `/batches/${name}`, options, (piece) => part.append(piece));
    if (!told.ok && (told.refusal !== "beyond-file" || from === 0)) {
      return { ok: false, what: "refused", refusal: told.refusal, detail: told.detail };
    }
    const reading = told.ok ? verified(part.bytes(), whose) : null;
    if (reading?.ok) {
      part.finish();
      const { first, last } = reading.batch.seal;
      return { ok: true, file: { name, first, last, batch: reading.batch, resumedAt: from } };
    }
    part.clear();
    if (from === 0 && reading !== null) return { ok: false, what: "damaged", refusal: reading.refusal };
  }
}

/**
 * Brings entries `first` to `last` as a batch file onto the disk and verifies it. One that is there already is taken as it is.
 * The terminal keeps everything. Rejects with `LinkFault`; what arrived by then stays, and the next run goes on behind it.
 */
export async function fetchBatch(
  client: SmpClient,
  range: EntryRange,
  whose: Collected,
  folder: BatchFolder,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Collecting> {
  const name = batchName({ terminal: whose.terminal, ...range });
  const there = folder.read(name);
  const reading = there === null ? null : verified(there, whose);
  if (reading?.ok) return { ok: true, file: { name, ...range, batch: reading.batch, resumedAt: there!.length } };
  const part = folder.arriving(name);
  try {
    return await fetched(client, name, whose, part, onProgress);
  } finally {
    part.close();
  }
}

/** Tells the terminal that a batch is safe. Repeating it changes nothing. */
export async function noteCollected(
  client: SmpClient,
  { first, last, batch }: CollectedFile,
): Promise<{ readonly refusal: string; readonly detail: string } | null> {
  const answer = await client.call(journalCollected, { first, last, head: batch.seal.head });
  return answer.ok ? null : answer;
}

/** How far the journal is; the refusal where the terminal does not tell. */
export async function statusOf(client: SmpClient): Promise<JournalStatus | GeneralRefusal> {
  const answer = await client.call(journalStatus, {});
  return answer.ok ? answer.value : answer.refusal;
}

/** `312 entries (4021 to 4332)`. */
export const rangeText = ({ first, last }: EntryRange): string =>
  `${last - first + 1} ${last === first ? "entry" : "entries"} (${first} to ${last})`;
