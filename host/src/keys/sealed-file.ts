import { ascii, concat, sameBytes } from "@cachet/card-layout";
import { type Cbor, type CborMap, decodeCborItem, encodeCbor, isFormatError } from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, decrypt, encrypt, type ScryptCost, scrypt } from "../ports/sealing.ts";
import { type Content, contentVersion, decodeContent, encodeContent, TIME_MAX } from "./content.ts";
import { wipe } from "./key-record.ts";

/**
 * Sealed key file, versions 1 and 2: a CBOR sequence (RFC 8742) of deterministic CBOR (RFC 8949, 4.2)
 *
 *   header    map { 1: "cachet/keys", 2: version, 3: kind (1 ring, 2 bundle), 4: sealed on (UTC seconds),
 *                   5: log2 N, 6: r, 7: p, 8: salt (16 bytes), 9: nonce (12 bytes) }
 *   sealed    byte string: ChaCha20-Poly1305 (RFC 8439) of the content under scrypt (RFC 7914) of passphrase and salt;
 *             associated data = the header's bytes
 *   checksum  byte string of 32: SHA-256("cachet/keys/file/1" · every byte before this item)
 *
 * Version 2 is a content with certificates (`content.ts`), else it is the same.
 * The checksum tells a damaged file from a wrong passphrase; it protects nothing. Every later version keeps header
 * fields 1 and 2 and the checksum where they are. Golden bytes: vectors/keys-1.json, vectors/keys-2.json. See docs/keys.md.
 */
export const KEY_FILE_VERSION = 2;
export const KEY_FILE_BYTES_MAX = 1024 * 1024;

const MAGIC = "cachet/keys";
const CHECKSUM_TAG = ascii("cachet/keys/file/1");
const CHECKSUM_ITEM_BYTES = 2 + 32;
const SALT_BYTES = 16;

/** What this version of cachet seals with: about 128 MiB and half a second for each guess. */
export const USUAL_COST: ScryptCost = { logN: 17, r: 8, p: 1 };

/** Whether a cost is one to pay: a hostile file may not take more than 1 GiB, nor more than 16 times the usual work. */
export function isBearable({ logN, r, p }: ScryptCost): boolean {
  const blocks = 2 ** logN * r;
  return (
    logN >= 10 && logN <= 20 && r >= 8 && r <= 32 && p >= 1 && p <= 16 && blocks <= 2 ** 23 && blocks * p <= 2 ** 24
  );
}

/** What a sealed file says without its passphrase. Nothing of it is verified before the file was opened. */
export interface SealedHeader {
  readonly kind: "ring" | "bundle";
  /** UTC seconds since 1970. */
  readonly sealedAt: number;
  readonly cost: ScryptCost;
}

/**
 * Why a file was not opened:
 * not-a-key-file · damaged (checksum) · newer-version · malformed (whole, but not what its version says) ·
 * cost-out-of-bounds (scrypt was not run) · wrong-passphrase (or header or content were altered on purpose).
 */
export type SealRefusal =
  | "not-a-key-file"
  | "damaged"
  | "newer-version"
  | "malformed"
  | "cost-out-of-bounds"
  | "wrong-passphrase";
export interface Refused<R extends string = SealRefusal> {
  readonly ok: false;
  readonly refusal: R;
  readonly detail: string;
}
export type HeaderReading = { readonly ok: true; readonly header: SealedHeader } | Refused;
export type ContentReading = { readonly ok: true; readonly header: SealedHeader; readonly content: Content } | Refused;

/** Chance and time, from outside. */
export interface Origin {
  /** `size` bytes that nobody can guess. */
  readonly random: (size: number) => Uint8Array;
  /** UTC seconds since 1970. */
  readonly now: () => number;
}

const KINDS: readonly SealedHeader["kind"][] = ["ring", "bundle"];

const checksumOf = (before: Uint8Array): Uint8Array => sha256(concat(CHECKSUM_TAG, before));

function protect<T>(passphrase: Uint8Array, salt: Uint8Array, cost: ScryptCost, use: (key: Uint8Array) => T): T {
  const key = scrypt(passphrase, salt, cost, AEAD_KEY_BYTES);
  try {
    return use(key);
  } finally {
    wipe(key);
  }
}

/** Seals a content under a passphrase, with a fresh salt and nonce. Throws `RangeError` on what could not be opened again. */
export function sealContent(content: Content, passphrase: Uint8Array, cost: ScryptCost, origin: Origin): Uint8Array {
  if (!isBearable(cost)) throw new RangeError("a cost that no reader would pay");
  const salt = origin.random(SALT_BYTES);
  const nonce = origin.random(AEAD_NONCE_BYTES);
  const header = encodeCbor(
    new Map<number, Cbor>([
      [1, MAGIC],
      [2, contentVersion(content)],
      [3, content.lending === null ? 1 : 2],
      [4, origin.now()],
      [5, cost.logN],
      [6, cost.r],
      [7, cost.p],
      [8, salt],
      [9, nonce],
    ]),
  );
  const plain = encodeContent(content);
  const sealed = protect(passphrase, salt, cost, (key) => encrypt(key, nonce, header, plain));
  wipe(plain);
  const before = concat(header, encodeCbor(sealed));
  const file = concat(before, encodeCbor(checksumOf(before)));
  if (file.length > KEY_FILE_BYTES_MAX) throw new RangeError("more keys than a file may hold");
  return file;
}

/** Ends the reading of a file. */
class Unreadable extends Error {
  readonly refusal: SealRefusal;
  constructor(refusal: SealRefusal, detail: string) {
    super(detail);
    this.refusal = refusal;
  }
}

function refuse(refusal: SealRefusal, detail: string): never {
  throw new Unreadable(refusal, detail);
}

/** Runs a step of reading; what it finds out of form becomes a refusal. */
function formed<T>(refusal: SealRefusal, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (isFormatError(error)) refuse(refusal, error.message);
    throw error;
  }
}

interface Parts {
  readonly header: SealedHeader;
  readonly version: 1 | 2;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** The header's bytes, as they stand in the file. */
  readonly headerBytes: Uint8Array;
  readonly sealed: Uint8Array;
}

function mapAtStart(file: Uint8Array): { readonly map: CborMap; readonly end: number } {
  if (file.length > KEY_FILE_BYTES_MAX) refuse("not-a-key-file", `${file.length} bytes, at most ${KEY_FILE_BYTES_MAX}`);
  const { value, end } = formed("not-a-key-file", () => decodeCborItem(file, 0));
  if (!(value instanceof Map) || value.get(1) !== MAGIC) refuse("not-a-key-file", "it does not begin like one");
  return { map: value, end };
}

function split(file: Uint8Array): Parts {
  const { map, end } = mapAtStart(file);
  const before = file.subarray(0, Math.max(end, file.length - CHECKSUM_ITEM_BYTES));
  if (!sameBytes(file.subarray(before.length), encodeCbor(checksumOf(before)))) {
    refuse("damaged", "its bytes do not match its checksum");
  }
  const version = map.get(2);
  if (typeof version === "number" && version > KEY_FILE_VERSION) refuse("newer-version", `version ${version}`);
  const [kind, sealedAt, logN, r, p] = [3, 4, 5, 6, 7].map((field) => {
    const item = map.get(field);
    return typeof item === "number" && item >= 0 && item <= TIME_MAX
      ? item
      : refuse("malformed", `header field ${field}`);
  }) as [number, number, number, number, number];
  const [salt, nonce] = [map.get(8), map.get(9)];
  if (!(salt instanceof Uint8Array) || salt.length !== SALT_BYTES) refuse("malformed", "salt");
  if (!(nonce instanceof Uint8Array) || nonce.length !== AEAD_NONCE_BYTES) refuse("malformed", "nonce");
  if ((version !== 1 && version !== 2) || map.size !== 9) refuse("malformed", "header");
  const word = KINDS[kind - 1] ?? refuse("malformed", `kind ${kind}`);
  const item = formed("malformed", () => decodeCborItem(before, end));
  if (!(item.value instanceof Uint8Array) || item.end !== before.length) refuse("malformed", "sealed part");
  return {
    header: { kind: word, sealedAt, cost: { logN, r, p } },
    version,
    salt,
    nonce,
    headerBytes: file.subarray(0, end),
    sealed: item.value,
  };
}

function open(file: Uint8Array, passphrase: Uint8Array) {
  const { header, version, salt, nonce, headerBytes, sealed } = split(file);
  const { logN, r, p } = header.cost;
  if (!isBearable(header.cost)) refuse("cost-out-of-bounds", `scrypt with N = 2^${logN}, r = ${r}, p = ${p}`);
  const plain = protect(passphrase, salt, header.cost, (key) => decrypt(key, nonce, headerBytes, sealed));
  if (plain === null) refuse("wrong-passphrase", "the passphrase does not open it");
  try {
    return { header, content: formed("malformed", () => decodeContent(plain, header.kind === "bundle", version)) };
  } finally {
    wipe(plain);
  }
}

function reading<T>(read: () => T): ({ readonly ok: true } & T) | Refused {
  try {
    return { ok: true, ...read() };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, refusal: error.refusal, detail: error.message };
    throw error;
  }
}

/** What a file says of itself, its checksum checked and nothing else: scrypt is not run. */
export const readHeader = (file: Uint8Array): HeaderReading => reading(() => ({ header: split(file).header }));

/** Opens a sealed file. The secrets in the content are the caller's to wipe. */
export const openContent = (file: Uint8Array, passphrase: Uint8Array): ContentReading =>
  reading(() => open(file, passphrase));
