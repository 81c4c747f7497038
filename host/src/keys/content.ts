import { type Cbor, decodeCbor, encodeCbor, FormatFault } from "@cachet/firmware/wire";
import {
  compareKeys,
  GENERATION_MAX,
  type KeyRecord,
  type KeyState,
  nameOfKey,
  SECRET_BYTES,
  wipe,
} from "./key-record.ts";

/** Whose bundle it is, and until when an honest laptop opens it. */
export interface Lending {
  readonly holder: string;
  /** UTC seconds since 1970: from then on it is expired. */
  readonly expiresAt: number;
}

/** An installer's certificate as the office issued it (wire/installer.ts). */
export interface IssuedCertificate {
  readonly certificate: Uint8Array;
  /** Whether the lists are to name its key: terminals refuse it then. */
  readonly revoked: boolean;
}

/** What is sealed: the office's whole ring, or the part of it that is lent to an installer. */
export interface Content {
  readonly keys: readonly KeyRecord[];
  /** Null in the office's ring. */
  readonly lending: Lending | null;
  /** In the ring every certificate that was issued, in that order; in a bundle the installer's own. Not there where there is none. */
  readonly certificates?: readonly IssuedCertificate[];
}

/**
 * The version of a content: 1 is without certificates, 2 has some. A content is written in the lowest version that can say it,
 * so that an older cachet reads what it can understand.
 */
export const contentVersion = ({ certificates = [] }: Content): 1 | 2 => (certificates.length === 0 ? 1 : 2);

export const KEYS_MAX = 5_000;
export const CERTIFICATES_MAX = 2_000;
const CERTIFICATE_BYTES_MAX = 1_024;
export const HOLDER_CHARACTERS_MAX = 80;
/** The last second of the year 9999: later times have no name. */
export const TIME_MAX = 253_402_300_799;
const NUMBER_MAX = 0xffff_ffff;
const ROLE = /^[a-z][a-z0-9-]{0,31}$/;
const STATES: readonly KeyState[] = ["current", "previous", "retired", "revoked"];

const isRole = (role: string): boolean => ROLE.test(role);

/** Deterministic CBOR (RFC 8949, 4.2). Throws `RangeError` on what `decodeContent` would refuse. */
export function encodeContent(content: Content): Uint8Array {
  const { keys, lending, certificates = [] } = content;
  const sorted = [...keys]
    .sort(compareKeys)
    .map(
      (key): Cbor => [
        key.role,
        key.number,
        key.generation,
        STATES.indexOf(key.state) + 1,
        key.madeAt,
        key.test,
        key.secret,
      ],
    );
  const lent: readonly Cbor[] = lending === null ? [] : [lending.holder, lending.expiresAt];
  const issued = certificates.map(({ certificate, revoked }): Cbor => [certificate, revoked]);
  const bytes = encodeCbor([sorted, ...lent, ...(issued.length === 0 ? [] : [issued])]);
  try {
    wipe(...decodeContent(bytes, lending !== null, contentVersion(content)).keys.map(({ secret }) => secret));
  } catch (error) {
    throw new RangeError(`not a content to seal: ${error instanceof Error ? error.message : String(error)}`);
  }
  return bytes;
}

function uint(item: Cbor | undefined, path: string, min: number, max: number): number {
  if (typeof item === "number" && item >= min && item <= max) return item;
  throw new FormatFault(path, `not an integer ${min} to ${max}`);
}

function text(item: Cbor | undefined, path: string, fits: (text: string) => boolean): string {
  if (typeof item === "string" && fits(item)) return item;
  throw new FormatFault(path, "not the text it must be");
}

function row(item: Cbor | undefined, path: string, size: number): readonly Cbor[] {
  if (Array.isArray(item) && item.length === size) return item;
  throw new FormatFault(path, `not an array of ${size}`);
}

function decodeKey(item: Cbor, path: string): KeyRecord {
  const [role, number, generation, state, madeAt, test, secret] = row(item, path, 7);
  if (typeof test !== "boolean") throw new FormatFault(`${path}.test`, "not true or false");
  if (!(secret instanceof Uint8Array) || secret.length !== SECRET_BYTES) {
    throw new FormatFault(`${path}.secret`, `not ${SECRET_BYTES} bytes`);
  }
  return {
    role: text(role, `${path}.role`, isRole),
    number: uint(number, `${path}.number`, 0, NUMBER_MAX),
    generation: uint(generation, `${path}.generation`, 1, GENERATION_MAX),
    state: STATES[uint(state, `${path}.state`, 1, STATES.length) - 1]!,
    madeAt: uint(madeAt, `${path}.made`, 0, TIME_MAX),
    test,
    secret,
  };
}

function checkOrder(keys: readonly KeyRecord[]): void {
  const taken = new Set<string>();
  for (const [at, key] of keys.entries()) {
    const before = keys[at - 1];
    if (before !== undefined && compareKeys(before, key) >= 0) {
      throw new FormatFault(`keys[${at}]`, `${nameOfKey(key)} is not in its place`);
    }
    if (key.state !== "current" && key.state !== "previous") continue;
    const place = `${key.role} ${key.number} ${key.state}`;
    if (taken.has(place))
      throw new FormatFault(`keys[${at}]`, `a second ${key.state} key of ${key.role} ${key.number}`);
    taken.add(place);
  }
}

function decodeCertificates(item: Cbor | undefined): readonly IssuedCertificate[] {
  if (!Array.isArray(item) || item.length === 0 || item.length > CERTIFICATES_MAX) {
    throw new FormatFault("certificates", `not 1 to ${CERTIFICATES_MAX}`);
  }
  return item.map((entry: Cbor, at) => {
    const [certificate, revoked] = row(entry, `certificates[${at}]`, 2);
    if (!(certificate instanceof Uint8Array) || certificate.length > CERTIFICATE_BYTES_MAX) {
      throw new FormatFault(`certificates[${at}]`, "no certificate");
    }
    if (typeof revoked !== "boolean") throw new FormatFault(`certificates[${at}].revoked`, "not true or false");
    return { certificate, revoked };
  });
}

/** Reads what `encodeContent` wrote and nothing else. Throws `CborFault` or `FormatFault`; no secret is in their text. */
export function decodeContent(bytes: Uint8Array, isLent: boolean, version: 1 | 2 = 1): Content {
  const items = row(decodeCbor(bytes), "", (isLent ? 3 : 1) + (version - 1));
  const [list, holder, expiresAt] = items;
  if (!Array.isArray(list) || list.length > KEYS_MAX) throw new FormatFault("keys", `not at most ${KEYS_MAX}`);
  const keys = list.map((item: Cbor, at) => decodeKey(item, `keys[${at}]`));
  checkOrder(keys);
  const issued = version === 1 ? {} : { certificates: decodeCertificates(items.at(-1)) };
  if (!isLent) return { keys, lending: null, ...issued };
  const lending = { holder: text(holder, "holder", isHolder), expiresAt: uint(expiresAt, "expires", 0, TIME_MAX) };
  return { keys, lending, ...issued };
}

/** Whether a name can stand on a bundle: 1 to 80 characters, none of them a control character. */
export const isHolder = (name: string): boolean =>
  name.length > 0 && name.length <= HOLDER_CHARACTERS_MAX && !/\p{Cc}/u.test(name);
