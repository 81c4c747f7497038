import { ascii, concat, sameBytes } from "@cachet/card-layout";
import { decodeCbor, encodeCbor, isFormatError, Provisioned, SHA256_BYTES, type Sha256 } from "../wire/index.ts";
import { bstr, bstrUpTo, type Decoded, integer, key, list, map, maybe, uint } from "../wire/schema.ts";
import { BookState } from "./book-state.ts";
import { HEADER_BEGIN_BYTES } from "./header.ts";
import { Marks } from "./marks.ts";
import { RefusalsOfDay } from "./refusals.ts";

/** `cachetK`, then the version of the format. */
const START = concat(ascii("cachetK"), Uint8Array.of(1));

const hash = bstr(SHA256_BYTES);
const number = integer({ min: 1, max: 0xffff_ffff });

/**
 * What the journal's entries add up to at one of them, so that a start reads only those behind it. A file of its own: "cachetK", version
 * u8 = 1, SHA-256 of the rest, then this map. The journal is the truth: a checkpoint that is missing, damaged, or not of this journal is
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

export function encodeCheckpoint(checkpoint: Checkpoint, sha256: Sha256): Uint8Array {
  const content = encodeCbor(Checkpoint.encode(checkpoint));
  return concat(START, sha256(content), content);
}

/** The checkpoint of a file; null where it holds none that is whole. */
export function readCheckpoint(bytes: Uint8Array, sha256: Sha256): Checkpoint | null {
  const content = bytes.subarray(START.length + SHA256_BYTES);
  if (!sameBytes(bytes.subarray(0, START.length), START)) return null;
  if (!sameBytes(bytes.subarray(START.length, START.length + SHA256_BYTES), sha256(content))) return null;
  try {
    return Checkpoint.decode(decodeCbor(content), "checkpoint");
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}
