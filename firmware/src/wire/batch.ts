import { concat, sameBytes } from "@cachet/card-layout";
import { type Cbor, CborFault, decodeCbor, decodeCborItem, encodeCbor, endOfCborItem } from "./cbor.ts";
import { decodeSign1, encodeSign1, SIGN1_TAG, type Sign1, verifySign1 } from "./cose.ts";
import { type Ed25519Sign, type Ed25519Verify, SHA256_BYTES, type Sha256 } from "./crypto.ts";
import { addSums, NO_SUMS } from "./effect.ts";
import { decodeEntry, type Entry, entryHash, isFormatError, movedBy, terminalName } from "./entry.ts";
import { bstr, type Decoded, integer, key, map, text, uint } from "./schema.ts";
import { Sums } from "./sums.ts";

/**
 * Batch file: a CBOR sequence (RFC 8742) of
 *
 *   header    map { 1: "cachet/batch", 2: format version, 3: terminal, 4: first, 5: last }
 *   entries   exactly as the terminal stored them, `first` to `last`
 *   trailer   COSE_Sign1 by the terminal's key over BatchSeal; kid is the terminal's name
 *
 * The chain of entry hashes binds the entries to the trailer's head hash; the header repeats what the trailer signs.
 * A file without a trailer is still being written.
 */
export const BATCH_VERSION = 1;
/** More than a full journal; bounds what a reader takes apart before it knows the sender. */
export const BATCH_BYTES_MAX = 64 * 1024 * 1024;
const BATCH_CONTENT_TYPE = "application/vnd.cachet.batch";
const number = integer({ min: 1, max: 0xffff_ffff });

const BatchHeader = map({
  format: key(1, text(20)),
  version: key(2, uint(255)),
  terminal: key(3, uint(0xffff)),
  first: key(4, number),
  last: key(5, number),
});

/** What the terminal signs. */
export const BatchSeal = map({
  terminal: key(1, uint(0xffff)),
  first: key(2, number),
  last: key(3, number),
  count: key(4, number),
  /** Sums of the COMMITs in the range. */
  totals: key(5, Sums),
  /** Previous hash of the first entry. */
  previous: key(6, bstr(SHA256_BYTES)),
  /** Hash of the last entry. */
  head: key(7, bstr(SHA256_BYTES)),
  /** Hash of the image that ran at the last entry, as its container states it; zeros where no start was noted. */
  image: key(8, bstr(SHA256_BYTES)),
});
export type BatchSeal = Decoded<typeof BatchSeal>;

export interface BatchEntry {
  readonly entry: Entry;
  /** The bytes as stored. */
  readonly stored: Uint8Array;
  readonly hash: Uint8Array;
}

export interface Batch {
  readonly seal: BatchSeal;
  readonly entries: readonly BatchEntry[];
  /** The signed trailer as it came: with the entries, all that shows who sealed them. */
  readonly trailer: Uint8Array;
}

/** Why a file is no batch to import. `number` is the first entry that is wrong, where one is. */
export interface BatchRefusal {
  readonly reason:
    | "unfinished"
    | "not-a-batch"
    | "newer-format"
    | "unknown-terminal"
    | "bad-signature"
    | "broken-chain"
    | "bad-entry"
    | "wrong-totals";
  readonly detail: string;
  readonly number?: number;
}

export type BatchReading =
  | { readonly ok: true; readonly batch: Batch }
  | { readonly ok: false; readonly refusal: BatchRefusal };

/** The name a batch file carries: `T-0042-4021-4332.batch`. */
export function batchName({ terminal, first, last }: Pick<BatchSeal, "terminal" | "first" | "last">): string {
  return `${terminalName(terminal)}-${first}-${last}.batch`;
}

function encodeHeader({ terminal, first, last }: Pick<BatchSeal, "terminal" | "first" | "last">): Uint8Array {
  return encodeCbor(BatchHeader.encode({ format: "cachet/batch", version: BATCH_VERSION, terminal, first, last }));
}

/** How every batch file of any version begins behind its first byte: key 1, "cachet/batch". */
const START = encodeHeader({ terminal: 0, first: 1, last: 1 }).subarray(1, 15);
const VERSION_KEY = 2;

function refuseNewer(header: Uint8Array): void {
  const map = decodeCbor(header);
  const version = map instanceof Map ? map.get(VERSION_KEY) : undefined;
  if (typeof version === "number" && version > BATCH_VERSION) refuse("newer-format", `format version ${version}`);
}

/** Writes a batch of stored entries. The caller's entries are consecutive and chained. */
export function encodeBatch(seal: BatchSeal, stored: readonly Uint8Array[], sign: Ed25519Sign): Uint8Array {
  const trailer = encodeSign1(
    { contentType: BATCH_CONTENT_TYPE, keyId: terminalName(seal.terminal), formatVersion: BATCH_VERSION },
    encodeCbor(BatchSeal.encode(seal)),
    sign,
  );
  return joinBatch(seal, stored, trailer);
}

/** The file that entries as stored and their signed trailer make. */
export const joinBatch = (
  range: Pick<BatchSeal, "terminal" | "first" | "last">,
  stored: readonly Uint8Array[],
  trailer: Uint8Array,
): Uint8Array => concat(encodeHeader(range), ...stored, trailer);

class Refused extends Error {
  readonly refusal: BatchRefusal;
  constructor(refusal: BatchRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

function refuse(reason: BatchRefusal["reason"], detail: string, at?: number): never {
  throw new Refused(at === undefined ? { reason, detail } : { reason, detail, number: at });
}

/** The items of the sequence as raw bytes. A last item that is cut off means that the file is still being written. Throws `CborFault`. */
function splitSequence(file: Uint8Array): { readonly items: Uint8Array[]; readonly cutAt: number | null } {
  const items: Uint8Array[] = [];
  let at = 0;
  while (at < file.length) {
    let end: number;
    try {
      end = endOfCborItem(file, at);
    } catch (error) {
      if (error instanceof CborFault && error.isCut) return { items, cutAt: at };
      throw error;
    }
    items.push(file.subarray(at, end));
    at = end;
  }
  return { items, cutAt: null };
}

/** How an item begins that is tagged as a COSE_Sign1 (RFC 8949, 3.4). */
const SIGN1_START = 0xc0 | SIGN1_TAG;
const isSign1 = (item: Uint8Array): boolean => item[0] === SIGN1_START;

function readSeal(trailer: Uint8Array): { readonly sign1: Sign1; readonly seal: BatchSeal } {
  const sign1 = decodeSign1(decodeCbor(trailer));
  if (sign1.contentType !== BATCH_CONTENT_TYPE) refuse("not-a-batch", `content type ${sign1.contentType}`);
  if (sign1.formatVersion > BATCH_VERSION) refuse("newer-format", `format version ${sign1.formatVersion}`);
  if (sign1.formatVersion !== BATCH_VERSION) refuse("not-a-batch", `format version ${sign1.formatVersion}`);
  const seal = BatchSeal.decode(decodeCbor(sign1.payload), "seal");
  if (sign1.keyId !== terminalName(seal.terminal)) refuse("not-a-batch", `signed as ${sign1.keyId}`);
  return { sign1, seal };
}

function readEntries(sha256: Sha256, seal: BatchSeal, items: readonly Uint8Array[]): BatchEntry[] {
  if (items.length !== seal.count || seal.last - seal.first + 1 !== seal.count) {
    refuse("bad-entry", `${items.length} entries where the trailer counts ${seal.count}`);
  }
  let previous = seal.previous;
  let totals = NO_SUMS;
  const entries = items.map((stored, index) => {
    const expected = seal.first + index;
    let entry: Entry;
    try {
      entry = decodeEntry(stored);
    } catch (error) {
      if (isFormatError(error)) refuse("bad-entry", error.message, expected);
      throw error;
    }
    if (entry.number !== expected) refuse("bad-entry", `entry carries number ${entry.number}`, expected);
    if (!sameBytes(entry.previous, previous)) refuse("broken-chain", "previous hash does not match", expected);
    previous = entryHash(sha256, stored);
    const moved = movedBy(entry);
    if (moved !== NO_SUMS) totals = addSums(totals, moved);
    return { entry, stored, hash: previous };
  });
  if (!sameBytes(previous, seal.head)) refuse("broken-chain", "head hash does not match", seal.last);
  for (const field of Object.keys(totals) as (keyof Sums)[]) {
    if (totals[field] !== seal.totals[field]) {
      refuse("wrong-totals", `${field}: entries give ${totals[field]}, the trailer says ${seal.totals[field]}`);
    }
  }
  return entries;
}

/**
 * Reads a batch file: trailer signature first, then header, chain, numbers and totals. Nothing of an unverified entry is used.
 * `keyOf` gives the public key of a terminal, or null when it is not known.
 */
export function readBatch(
  file: Uint8Array,
  sha256: Sha256,
  verify: Ed25519Verify,
  keyOf: (terminal: number) => Uint8Array | null,
): BatchReading {
  try {
    const start = file.subarray(1, 1 + START.length);
    if (!sameBytes(start, START.subarray(0, start.length))) refuse("not-a-batch", "no batch header");
    if (file.length > BATCH_BYTES_MAX) refuse("not-a-batch", `${file.length} bytes, at most ${BATCH_BYTES_MAX}`);
    const { items, cutAt } = splitSequence(file);
    const [header, trailer] = [items[0], items.at(-1)];
    if (header !== undefined) refuseNewer(header);
    if (items.slice(0, cutAt === null ? -1 : undefined).some(isSign1))
      refuse("not-a-batch", "something follows the trailer");
    if (header === undefined || trailer === undefined || items.length < 2 || !isSign1(trailer)) {
      refuse("unfinished", cutAt === null ? "no trailer" : `no trailer; the last whole item ends at byte ${cutAt}`);
    }
    const { sign1, seal } = readSeal(trailer);
    const publicKey = keyOf(seal.terminal);
    if (publicKey === null) refuse("unknown-terminal", `no key for ${terminalName(seal.terminal)}`);
    if (!verifySign1(verify, publicKey, sign1)) refuse("bad-signature", `not sealed by ${terminalName(seal.terminal)}`);
    if (!sameBytes(header, encodeHeader(seal))) refuse("not-a-batch", "header does not say what the trailer signs");
    const entries = readEntries(sha256, seal, items.slice(1, -1));
    return { ok: true, batch: { seal, entries, trailer: trailer.slice() } };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    if (isFormatError(error)) return { ok: false, refusal: { reason: "not-a-batch", detail: error.message } };
    throw error;
  }
}

/** The terminal that a file says it is from, without checking any seal; null where it says none. */
export function claimedTerminal(file: Uint8Array): number | null {
  try {
    return BatchHeader.decode(decodeCborItem(file, 0).value, "header").terminal;
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}

/** What the parts of a file claim, without checking any seal: for inspection only. */
export function inspectBatch(file: Uint8Array): {
  readonly header: Cbor;
  readonly items: number;
  readonly cutAt: number | null;
} {
  const { items, cutAt } = splitSequence(file);
  return { header: items[0] ? decodeCbor(items[0]) : null, items: items.length, cutAt };
}
