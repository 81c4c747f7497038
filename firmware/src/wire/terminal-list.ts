import { decodeCbor, encodeCbor } from "./cbor.ts";
import { ED25519_KEY_BYTES, type Ed25519Sign, type Ed25519Verify, SHA256_BYTES } from "./crypto.ts";
import { isFormatError } from "./entry.ts";
import { TableFault } from "./list-column.ts";
import { PutRows, RemovedRows } from "./list-sections.ts";
import { openByOffice, sealByOffice } from "./office-seal.ts";
import { bstr, type Decoded, FormatFault, integer, key, map, maybe, uint } from "./schema.ts";

export const LIST_VERSION = 1;
/** More than a list with every section full; bounds what is looked at before the sender is known. */
export const LIST_BYTES_MAX = 5 * 1024 * 1024;
const FORMAT = { contentType: "application/vnd.cachet.list", version: LIST_VERSION } as const;
const U32_MAX = 0xffff_ffff;

export const issuerCodec = uint(0xffff);
export const listVersionCodec = integer({ min: 1, max: U32_MAX });
export const officeKeyCodec = bstr(ED25519_KEY_BYTES);
/** State layouts end below the mark of the short header (card-layout, record/state.ts). */
export const layoutCodec = integer({ min: 1, max: 0x7f });

/**
 * List for terminals: what the office tells all of them, COSE_Sign1 by the office key, kid "office". A full list (base 0) says
 * everything; a delta says what leads from the list of version `base`, and from no other, to this one.
 */
export const TerminalList = map({
  /** The association, by the issuer number of its cards. */
  issuer: key(1, issuerCodec),
  version: key(2, listVersionCodec),
  base: key(3, uint(U32_MAX)),
  /** UTC seconds, by the office's clock. */
  issued: key(4, uint()),
  /** The key that signs from the next list on, where it is another than the one that signed this. */
  officeKey: maybe(5, officeKeyCodec),
  /** The newest state layout that terminals may write. */
  writeLayout: maybe(6, layoutCodec),
  put: maybe(7, PutRows),
  /** In deltas alone. */
  removed: maybe(8, RemovedRows),
  /** In deltas, always: the contents hash (list-contents.ts) of what a terminal holds afterwards. */
  result: maybe(9, bstr(SHA256_BYTES)),
});
export type TerminalList = Decoded<typeof TerminalList>;

/** Why a terminal does not take a list. */
export type ListRefusal =
  | "not-a-list"
  | "forged"
  | "newer-format"
  | "other-issuer"
  | "older"
  | "already"
  | "missing-delta"
  | "too-many"
  | "inconsistent";

export interface RefusedList {
  readonly ok: false;
  readonly refusal: ListRefusal;
  readonly detail: string;
}

export const refuseList = (refusal: ListRefusal, detail: string): RefusedList => ({ ok: false, refusal, detail });

function faultOf({ base, version, removed, result, put }: TerminalList): string | null {
  if (base >= version) return `version ${version} on base ${base}`;
  if (base === 0 && (removed !== undefined || result !== undefined)) return "a full list removes nothing";
  if (base !== 0 && result === undefined) return "a delta says what it leads to";
  // A map without a section would be a second encoding of one that is left out.
  const isEmpty = (rows: object | undefined) => rows !== undefined && Object.keys(rows).length === 0;
  return isEmpty(put) || isEmpty(removed) ? "an empty map is left out, not written" : null;
}

/** Throws `RangeError` on what no list says. */
export function encodeTerminalList(list: TerminalList, sign: Ed25519Sign): Uint8Array {
  const fault = faultOf(list);
  if (fault !== null) throw new RangeError(fault);
  const bytes = sealByOffice(FORMAT, encodeCbor(TerminalList.encode(list)), sign);
  if (bytes.length > LIST_BYTES_MAX) throw new RangeError(`a list of ${bytes.length} bytes, at most ${LIST_BYTES_MAX}`);
  return bytes;
}

/** Reads a signed list: signature first, then its form. Says nothing yet of what a terminal holds. */
export function readTerminalList(
  bytes: Uint8Array,
  verify: Ed25519Verify,
  officeKey: Uint8Array,
): { readonly ok: true; readonly list: TerminalList } | RefusedList {
  if (bytes.length > LIST_BYTES_MAX) return refuseList("too-many", `${bytes.length} bytes, at most ${LIST_BYTES_MAX}`);
  const opened = openByOffice(FORMAT, bytes, verify, officeKey);
  if (!opened.ok) return refuseList(opened.fault === "not-ours" ? "not-a-list" : opened.fault, opened.detail);
  try {
    const list = TerminalList.decode(decodeCbor(opened.payload), "list");
    const fault = faultOf(list);
    if (fault !== null) throw new FormatFault("list", fault);
    return { ok: true, list };
  } catch (error) {
    if (error instanceof TableFault && error.reason === "too-many") return refuseList("too-many", error.message);
    if (isFormatError(error)) return refuseList("not-a-list", error.message);
    throw error;
  }
}
