import { ascii, concat, sameBytes } from "@cachet/card-layout";
import {
  decodeCbor,
  ED25519_KEY_BYTES,
  encodeCbor,
  fromStored,
  isFormatError,
  type ListContents,
  SHA256_BYTES,
  type Sha256,
  StoredContents,
  toStored,
} from "../wire/index.ts";
import { bstr, key, map, uint } from "../wire/schema.ts";

/** The terminal's list as it lies in its file, with what the journal says of the last change. */
export interface HeldList {
  /** The office key that the terminal was provisioned with when this list came. */
  readonly pinned: Uint8Array;
  /** Base of the last list that was taken: 0 for a full one. */
  readonly base: number;
  /** SHA-256 of the last list that was taken, signature included. */
  readonly hash: Uint8Array;
  readonly contents: ListContents;
}

/** The list's file holds something that no power cut leaves behind. Nothing was changed. */
export class ListDamaged extends Error {
  constructor(problem: string) {
    super(`the list's file is damaged: ${problem}`);
    this.name = "ListDamaged";
  }
}

const FILE_VERSION = 1;
const FILE_TAG = ascii("cachet/held-list/1");
const StoredList = map({
  version: key(1, uint(0xff)),
  pinned: key(2, bstr(ED25519_KEY_BYTES)),
  base: key(3, uint(0xffff_ffff)),
  hash: key(4, bstr(SHA256_BYTES)),
  contents: key(5, StoredContents),
});

const checksum = (sha256: Sha256, body: Uint8Array): Uint8Array => sha256(concat(FILE_TAG, body));

/** The file: SHA-256 over "cachet/held-list/1" and the rest, then one deterministic CBOR map. It never leaves the terminal. */
export function encodeHeldList(sha256: Sha256, { contents, ...rest }: HeldList): Uint8Array {
  const body = encodeCbor(StoredList.encode({ version: FILE_VERSION, ...rest, contents: toStored(contents) }));
  return concat(checksum(sha256, body), body);
}

/** Null for an empty file. Throws `ListDamaged`. */
export function decodeHeldList(sha256: Sha256, file: Uint8Array): HeldList | null {
  if (file.length === 0) return null;
  const body = file.subarray(SHA256_BYTES);
  if (!sameBytes(checksum(sha256, body), file.subarray(0, SHA256_BYTES)))
    throw new ListDamaged("its checksum is wrong");
  try {
    const { version: _, contents, ...rest } = StoredList.decode(decodeCbor(body), "list");
    return { ...rest, contents: fromStored(contents) };
  } catch (error) {
    if (isFormatError(error)) throw new ListDamaged(error.message);
    throw error;
  }
}
