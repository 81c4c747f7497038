import { type CommitRule, PREDECESSOR_BYTES, sameBytes } from "@cachet/card-layout";

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
 * What becomes of an intent. `...-after-write`: only once a later write on that area has committed on top of what is shown;
 * until then the intent stays open. `open`: the card shows neither state; the office decides.
 *
 * On every medium `abort-after-write` is said of a card that shows the old state: a torn record may exist that somebody kept,
 * and the next commit burns it. On media with a commit counter nothing is believed on reading: before a commit, a torn record
 * and a re-sealed one may both fit the counter, and the holder shows the one he likes (docs/decisions/0008).
 */
export type DoubtDecision = "committed" | "aborted" | "commit-after-write" | "abort-after-write" | "open";

/** Whether an intent happened on the card, decided by state hashes alone (docs/formats/journal.md, "In doubt"). */
export function decideDoubt(area: DoubtfulArea, shown: ShownState, commit: CommitRule): DoubtDecision {
  const believed = commit === "highest-sequence";
  const follows = (hash: Uint8Array) =>
    shown.predecessor !== null && sameBytes(shown.predecessor, hash.subarray(0, PREDECESSOR_BYTES));
  if (sameBytes(shown.hash, area.newHash) || follows(area.newHash))
    return believed ? "committed" : "commit-after-write";
  if (sameBytes(shown.hash, area.oldHash)) return "abort-after-write";
  if (follows(area.oldHash)) return believed ? "aborted" : "abort-after-write";
  return "open";
}
