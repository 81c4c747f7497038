import { ascii, concat, sameBytes } from "@cachet/card-layout";
import { decodeCbor, encodeCbor, isFormatError, SHA256_BYTES } from "../wire/index.ts";
import { bstr, type Decoded, integer, key, map } from "../wire/schema.ts";
import { BookCheckpoint, EMPTY_CHECKPOINT } from "./book-checkpoint.ts";
import { JournalDamaged } from "./damage.ts";
import { contentAt, FRAME_BYTES, frame } from "./frames.ts";
import { Marks, NO_MARKS } from "./marks.ts";

/** `cachetJ` and the version of the file's format. Version 1 had no header. */
const MAGIC = ascii("cachetJ");
const VERSION = 2;
const START_BYTES = MAGIC.length + 1;
/** Far more than the memory of all cards takes. */
const HEADER_BYTES_MAX = 64 * 1024 * 1024;

const hash = bstr(SHA256_BYTES);

/**
 * Header of the journal's file: "cachetJ", version u8 = 2, then one frame with this map. It says what the entries that were
 * dropped added up to, so that nothing but their bytes is gone.
 */
export const JournalHeader = map({
  /** Whose journal it is: its root (wire/entry.ts). */
  root: key(1, hash),
  /** Number of the first entry kept. */
  first: key(2, integer({ min: 1, max: 0xffff_ffff })),
  /** What that entry names as its previous hash. */
  previous: key(3, hash),
  /** Hash of the image that ran before it; zeros where no start was noted. */
  image: key(4, hash),
  marks: key(5, Marks),
  book: key(6, BookCheckpoint),
});
export type JournalHeader = Decoded<typeof JournalHeader>;

/** What it says of the entries before the first one, without what they added up to. */
export type HeaderFacts = Pick<JournalHeader, "first" | "previous" | "image">;

/** So far the first bytes of a file go, the CRC-32 of its header among them. */
export const HEADER_BEGIN_BYTES = START_BYTES + FRAME_BYTES;

/** The header of a journal without entries. */
export function newHeader(root: Uint8Array): JournalHeader {
  const image = new Uint8Array(SHA256_BYTES);
  return { root, first: 1, previous: root, image, marks: NO_MARKS, book: EMPTY_CHECKPOINT };
}

export function encodeHeader(header: JournalHeader): Uint8Array {
  return concat(MAGIC, Uint8Array.of(VERSION), frame(encodeCbor(JournalHeader.encode(header))));
}

/** The header of a file, and where its first frame begins. Throws `JournalDamaged`. */
export function readHeader(bytes: Uint8Array): { readonly header: JournalHeader; readonly end: number } {
  const damaged = (problem: string, at = 0) => new JournalDamaged(0, at, problem);
  if (!sameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) throw damaged("this is no journal with a header");
  const version = bytes[MAGIC.length];
  if (version !== VERSION) throw damaged(`format version ${version ?? "none"} is not read`);
  const content = contentAt(bytes, START_BYTES, HEADER_BYTES_MAX);
  if (content === null) throw damaged("not whole", START_BYTES);
  try {
    const header = JournalHeader.decode(decodeCbor(content), "header");
    if (header.first === 1 && !sameBytes(header.previous, header.root)) throw damaged("entry 1 follows the root");
    return { header, end: START_BYTES + FRAME_BYTES + content.length };
  } catch (error) {
    if (isFormatError(error)) throw damaged(error.message, START_BYTES);
    throw error;
  }
}
