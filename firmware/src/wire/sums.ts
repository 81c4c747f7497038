import { type Decoded, key, map, orZero, uint } from "./schema.ts";

/** What commits moved. */
export const Sums = map({
  earnedCents: key(1, uint()),
  spentCents: key(2, uint()),
  discountCents: key(3, uint()),
  rewardCents: key(4, uint()),
  stampsAdded: key(5, uint()),
  stampsTaken: key(6, uint()),
  toppedUpCents: orZero(7, uint()),
  /** What the office's credits put on the card. */
  creditedCents: orZero(8, uint()),
  creditedStamps: orZero(9, uint()),
  pointsAdded: orZero(10, uint()),
  pointsTaken: orZero(11, uint()),
  /** What refunds gave back to cards, and what came from other cards. */
  returnedCents: orZero(12, uint()),
  /** What refunds took back, what went to other cards, and what was paid out or lost with an account. */
  takenBackCents: orZero(13, uint()),
  expiredCents: orZero(14, uint()),
});
export type Sums = Decoded<typeof Sums>;
