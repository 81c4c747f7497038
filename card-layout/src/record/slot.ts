import { PAGE_BYTES } from "../media/card-map.ts";
import type { Slot } from "./area.ts";
import { isBlank, readBigEndian, sameBytes } from "./bytes.ts";
import { MAC_BYTES, unpackState } from "./state.ts";

/** The parts of a slot's bytes: the record without its MAC, the MAC, and what it claims to be. */
export function splitSlot(bytes: Uint8Array): {
  readonly sealed: Uint8Array;
  readonly mac: Uint8Array;
  readonly programme: number;
  readonly generation: number;
  readonly sequence: number;
} {
  return {
    sealed: bytes.slice(0, bytes.length - MAC_BYTES),
    mac: bytes.slice(bytes.length - MAC_BYTES),
    generation: bytes[1]!,
    programme: readBigEndian(bytes, 2, 2),
    sequence: readBigEndian(bytes, 4, 3),
  };
}

/** What a slot holds; `macIsRight` was found over exactly these bytes. A right MAC around a record we cannot read is "newer". */
export function readSlot(bytes: Uint8Array, macIsRight: boolean): Slot | "newer" {
  if (isBlank(bytes)) return { kind: "blank" };
  if (!macIsRight) {
    return isBlank(bytes.subarray(bytes.length - PAGE_BYTES)) ? { kind: "unfinished" } : { kind: "invalid" };
  }
  const { sealed } = splitSlot(bytes);
  const state = unpackState(sealed);
  return state.ok ? { kind: "valid", sealed, state: state.value } : "newer";
}

/** Pages that cut writes may leave as neither of the records they were writing. More than two cuts in a row end at the office. */
const TORN_PAGES_MAX = 2;

/**
 * Whether a slot that was blank may hold what cut writes of these whole records (MAC included) leave: every page is blank or
 * as one of the records has it, but for one page for each record, at most two.
 */
export function isCutWriteOf(bytes: Uint8Array, records: readonly Uint8Array[]): boolean {
  let strange = 0;
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.subarray(at, at + PAGE_BYTES);
    const known = isBlank(page) || records.some((record) => sameBytes(page, record.subarray(at, at + PAGE_BYTES)));
    if (!known) strange += 1;
  }
  return strange <= Math.min(records.length, TORN_PAGES_MAX);
}
