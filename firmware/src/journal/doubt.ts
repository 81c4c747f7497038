import { PREDECESSOR_BYTES, sameBytes } from "@cachet/card-layout";

/** The two states between which one area of an intent is in doubt. */
export interface DoubtfulArea {
  readonly oldHash: Uint8Array;
  readonly newHash: Uint8Array;
}

/** What the card shows of the programme now. `predecessor` is null where no record was ever committed. */
export interface ShownState {
  readonly hash: Uint8Array;
  readonly predecessor: Uint8Array | null;
}

/**
 * `abort-after-write`: the card still shows the old state, but a torn record may exist that somebody kept. It is burnt
 * only once a later write on that area has committed; until then the intent stays open.
 * `open`: the card shows neither; the office decides.
 */
export type DoubtDecision = "committed" | "aborted" | "abort-after-write" | "open";

/** Whether an intent happened on the card, decided by state hashes alone (docs/formats/journal.md, "In doubt"). */
export function decideDoubt(area: DoubtfulArea, shown: ShownState): DoubtDecision {
  const follows = (hash: Uint8Array) =>
    shown.predecessor !== null && sameBytes(shown.predecessor, hash.subarray(0, PREDECESSOR_BYTES));
  if (sameBytes(shown.hash, area.newHash) || follows(area.newHash)) return "committed";
  if (sameBytes(shown.hash, area.oldHash)) return "abort-after-write";
  return follows(area.oldHash) ? "aborted" : "open";
}
