import { ascii, concat, toHex } from "@cachet/card-layout";
import { sha256 } from "../ports/crypto.ts";

export const SECRET_BYTES = 32;
export const GENERATION_MAX = 255;

/** Where a key stands in its life. A role and number has at most one `current` and one `previous` key. */
export type KeyState = "current" | "previous" | "retired" | "revoked";

/**
 * What a key is for: a word. `identity` seals identity records, `area` state records. `office` signs for the association and
 * `installer` opens terminals: Ed25519. `receipt` and `list` are a merchant's: MAC of refund codes, keyed hashes of phone
 * numbers. Other words are kept as they are.
 */
export const IDENTITY = "identity";
export const AREA = "area";
export const OFFICE = "office";
export const INSTALLER = "installer";
export const RECEIPT = "receipt";
export const LIST = "list";

/** A key without its secret: what may be shown. */
export interface KeyName {
  readonly role: string;
  /** What the role counts: issuer for `identity`, programme for `area`, merchant for `receipt` and `list`, certificate for `installer`; 0 for `office`. */
  readonly number: number;
  readonly generation: number;
}

/** One key of a ring. */
export interface KeyRecord extends KeyName {
  readonly state: KeyState;
  /** When it was made: UTC seconds since 1970. */
  readonly madeAt: number;
  /** Test keys are published with the project: worth nothing, and refused by production terminals. */
  readonly test: boolean;
  /** 32 secret bytes: a master key, or the seed of a signing key. */
  readonly secret: Uint8Array;
}

/** The order of a ring: by role, number, generation. Zero only for the same key. */
export function compareKeys(a: KeyName, b: KeyName): number {
  if (a.role !== b.role) return a.role < b.role ? -1 : 1;
  return a.number - b.number || a.generation - b.generation;
}

/** A key's name for people, like `area 20, generation 3`. */
export const nameOfKey = ({ role, number, generation }: KeyName): string =>
  `${role} ${number}, generation ${generation}`;

const FINGERPRINT_TAG = ascii("cachet/key-fingerprint/1");

/**
 * 8 hex digits by which two people compare a key without showing it: the first 4 bytes of SHA-256 over
 * "cachet/key-fingerprint/1" and the secret. Of 256 random bits they give nothing away.
 */
export const fingerprint = (secret: Uint8Array): string =>
  toHex(sha256(concat(FINGERPRINT_TAG, secret)).subarray(0, 4));

/** Overwrites secrets in memory. Copies that the JavaScript engine made on its own stay out of reach. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
