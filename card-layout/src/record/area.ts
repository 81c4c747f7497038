import { sameBytes } from "./bytes.ts";
import type { CardState } from "./state.ts";

/** One slot of an area, read and checked. `sealed` is the record without its MAC. */
export type Slot =
  | { readonly kind: "blank" }
  /** No valid record, and its last page is blank: a first write that was cut before its end. */
  | { readonly kind: "unfinished" }
  | { readonly kind: "invalid" }
  /** Claims a lower sequence than its valid sibling: it is not the current one whatever it is, and was not checked. */
  | { readonly kind: "older" }
  | { readonly kind: "valid"; readonly sealed: Uint8Array; readonly state: CardState };

export type SlotIndex = 0 | 1;

/** What an area holds, on a medium without a commit counter. */
export type AreaReading =
  /** No record was ever committed here. */
  | { readonly kind: "free" }
  /** `slot` holds the current record; the next one goes to the other slot. */
  | { readonly kind: "current"; readonly slot: SlotIndex; readonly sealed: Uint8Array; readonly state: CardState }
  /** Two valid records of one sequence and different content: somebody put a kept record back. */
  | { readonly kind: "conflict" }
  /** Something was written here and none of it is valid. */
  | { readonly kind: "damaged" };

/**
 * The current record by the rule of media without a usable counter: the highest valid sequence.
 *
 * An area's first record goes to slot A. Slot B blank and slot A unfinished is thus a first write that tore, and the area is
 * still free. A tear inside the very last page of a first write cannot be told from a damaged first record: such an area is
 * `damaged`, except to the terminal whose intent says what was being written (`isCutWriteOf`).
 */
export function readArea(a: Slot, b: Slot): AreaReading {
  if (a.kind === "valid" && b.kind === "valid") {
    if (a.state.programme !== b.state.programme) return { kind: "conflict" };
    if (a.state.sequence === b.state.sequence && !sameBytes(a.sealed, b.sealed)) return { kind: "conflict" };
    return a.state.sequence >= b.state.sequence
      ? { ...a, kind: "current", slot: 0 }
      : { ...b, kind: "current", slot: 1 };
  }
  if (a.kind === "valid") return { ...a, kind: "current", slot: 0 };
  if (b.kind === "valid") return { ...b, kind: "current", slot: 1 };
  const neverCommitted = b.kind === "blank" && (a.kind === "blank" || a.kind === "unfinished");
  return neverCommitted ? { kind: "free" } : { kind: "damaged" };
}
