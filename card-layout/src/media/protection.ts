import type { CommitRule } from "./card-map.ts";

/** What somebody can try with a card in hand (docs/threat-model.md). */
export const ATTACKS = ["edit", "move", "clone", "restore", "tear", "fall-back", "replay"] as const;
export type Attack = (typeof ATTACKS)[number];

/** `prevents`: it does not work. `detects`: it works once; the terminal that saw the card, or import, finds it. */
export type Stand = "prevents" | "detects";

export interface Protection {
  readonly stand: Stand;
  readonly how: string;
}

const MAC: Protection = { stand: "prevents", how: "every record carries a MAC under a key that no card holds" };
const UID_IN_MAC: Protection = { stand: "prevents", how: "the MAC covers the UID" };
const CLONE: Protection = {
  stand: "detects",
  how: "a chip with a writable UID repeats everything; the two histories part at import (fork)",
};
const REPLAY: Protection = { stand: "prevents", how: "entries are numbered and chained; each counts once at import" };

/** What each way of committing prevents, and what can only be found afterwards. */
export const PROTECTION: Readonly<Record<CommitRule, Readonly<Record<Attack, Protection>>>> = {
  "highest-sequence": {
    edit: MAC,
    move: UID_IN_MAC,
    clone: CLONE,
    restore: { stand: "detects", how: "refused where the card was seen later; elsewhere import finds the fork" },
    tear: { stand: "prevents", how: "goods only once the new record is read back; the old one stays until then" },
    "fall-back": { stand: "detects", how: "spoiling the newer slot looks like an honest tear; found as a restore is" },
    replay: REPLAY,
  },
  "odd-even-counter": {
    edit: MAC,
    move: UID_IN_MAC,
    clone: CLONE,
    restore: {
      stand: "prevents",
      how: "a record must fit the chip's one-way counter (P2); lab attacks on the counter remain",
    },
    tear: {
      stand: "prevents",
      how: "goods only once the counter is read back; what was torn is burnt by the next commit",
    },
    "fall-back": { stand: "prevents", how: "the older slot does not fit the counter" },
    replay: REPLAY,
  },
};

/** Whether an old dump written back is refused by the card's own counter. */
export function preventsRollback(commit: CommitRule): boolean {
  return PROTECTION[commit].restore.stand === "prevents";
}
