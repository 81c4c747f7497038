import type { Slot } from "./area.ts";
import { isBlank, readBigEndian, sameBytes } from "./bytes.ts";
import { unpackState } from "./state.ts";

const PAGE_BYTES = 4;
const MAC_BYTES = 8;

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

/**
 * Whether a slot that was blank may hold what a cut write of `sealed` leaves: pages are written in order, so those before
 * the cut are as intended, one page may hold anything, and those behind it are blank. The MAC is not known here: where the
 * record itself is whole, its pages may hold anything.
 */
export function isCutWriteOf(bytes: Uint8Array, sealed: Uint8Array): boolean {
  for (let at = 0; at < sealed.length; at += PAGE_BYTES) {
    if (!sameBytes(bytes.subarray(at, at + PAGE_BYTES), sealed.subarray(at, at + PAGE_BYTES))) {
      return isBlank(bytes.subarray(at + PAGE_BYTES));
    }
  }
  return true;
}
