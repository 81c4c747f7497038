import { ascii, concat, sameBytes } from "@cachet/card-layout";
import { decodeCborItem, encodeCbor, isFormatError, Provisioned, SHA256_BYTES, type Sha256 } from "../wire/index.ts";
import { bstr, bstrUpTo, type Decoded, integer, key, list, map, maybe, uint } from "../wire/schema.ts";
import { BookState } from "./book-state.ts";
import { HEADER_BEGIN_BYTES } from "./header.ts";
import type { KeptCards } from "./kept-cards.ts";
import { Marks } from "./marks.ts";
import { RefusalsOfDay } from "./refusals.ts";

/** `cachetK`, then the version of the format. */
const START = concat(ascii("cachetK"), Uint8Array.of(2));
const CONTENT_AT = START.length + SHA256_BYTES;

const hash = bstr(SHA256_BYTES);
const number = integer({ min: 1, max: 0xffff_ffff });

/**
 * What the journal's entries add up to at one of them, so that a start reads only those behind it. A file of its own: "cachetK", version
 * u8 = 2, SHA-256 of the rest, this map, then the cards as `KeptCards` writes them. The journal is the truth: a checkpoint that is missing, damaged, or not of this journal is
 * one that was never written.
 */
export const Checkpoint = map({
  /** Whose journal it is, and where its file stands (`StorePoint`). */
  root: key(1, hash),
  first: key(2, number),
  previous: key(3, hash),
  image: key(4, hash),
  begin: key(5, bstr(HEADER_BEGIN_BYTES)),
  headerEnd: key(6, uint(0xffff_ffff)),
  marks: key(7, Marks),
  starts: key(8, bstrUpTo(1 << 24)),
  /** Hash of the last entry taken in. */
  head: key(9, hash),
  /** The images that ran, each from an entry on. */
  images: key(10, list(map({ from: key(1, uint(0xffff_ffff)), image: key(2, hash) }), 100_000)),
  lastList: maybe(11, hash),
  lastProvision: maybe(12, Provisioned),
  refusals: key(13, RefusalsOfDay),
  book: key(14, BookState),
});
export type Checkpoint = Decoded<typeof Checkpoint>;

/** A whole checkpoint as a file, and the part of it that is the cards. */
export interface WrittenCheckpoint {
  readonly file: Uint8Array;
  readonly cards: Uint8Array;
}

/** Writes a checkpoint and the book's cards. Nothing large is copied more than once. */
export function encodeCheckpoint(checkpoint: Checkpoint, kept: KeptCards, sha256: Sha256): WrittenCheckpoint {
  const content = encodeCbor(Checkpoint.encode(checkpoint));
  const before = CONTENT_AT + content.length;
  const file = kept.written(before);
  file.set(START);
  file.set(content, CONTENT_AT);
  file.set(sha256(file.subarray(CONTENT_AT)), START.length);
  return { file, cards: file.subarray(before) };
}

/** The checkpoint of a file and the book's cards; null where it holds none that is whole. */
export function readCheckpoint(
  bytes: Uint8Array,
  sha256: Sha256,
): { readonly checkpoint: Checkpoint; readonly cards: Uint8Array } | null {
  if (!sameBytes(bytes.subarray(0, START.length), START)) return null;
  if (!sameBytes(bytes.subarray(START.length, CONTENT_AT), sha256(bytes.subarray(CONTENT_AT)))) return null;
  try {
    const { value, end } = decodeCborItem(bytes, CONTENT_AT);
    // What stands before them is not needed any more, and would be kept with them.
    return { checkpoint: Checkpoint.decode(value, "checkpoint"), cards: bytes.slice(end) };
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}
