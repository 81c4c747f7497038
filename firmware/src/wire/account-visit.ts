import { CARD_MAX, CENTS_MAX, StoredEffect, sumsOf } from "./effect.ts";
import { programmeNumber, RefundOf, StoredSale } from "./intent.ts";
import { type Decoded, integer, key, list, map, maybe, orZero, truth, uint } from "./schema.ts";
import type { Sums } from "./sums.ts";

const U16_MAX = 0xffff;
/** Below zero only in a refund. */
const moved = integer({ min: -CENTS_MAX, max: CENTS_MAX });

/** What a visit moved in one purse of an account: in the purse's own unit. */
export const PurseMove = map({
  /** By its head byte on cards: kind << 3 | index. */
  purse: key(1, integer({ min: 1, max: 0xff })),
  /** Spendable nowhere until the office has put it into a ceiling. */
  added: orZero(2, moved),
  /** Counts towards this terminal's ceiling. */
  taken: orZero(3, moved),
});
export type PurseMove = Decoded<typeof PurseMove>;

/** What a receipt says that its holder has of one purse. */
export const HeldByTicket = map({
  programme: key(1, programmeNumber),
  /** By its head byte on cards. */
  purse: key(2, integer({ min: 1, max: 0xff })),
  value: key(3, uint(CENTS_MAX)),
});
export type HeldByTicket = Decoded<typeof HeldByTicket>;

/** One programme's part in it. */
export const AccountArea = map({
  programme: key(1, programmeNumber),
  version: key(2, uint(U16_MAX)),
  effects: key(3, list(StoredEffect, 100)),
  purses: key(4, list(PurseMove, 16)),
});
export type AccountArea = Decoded<typeof AccountArea>;

/**
 * A sale to an account without a chip, or to a card that is not there, or its refund: nothing is written anywhere else, so that it has
 * happened once it is stored, and needs no COMMIT.
 */
export const AccountVisit = map({
  /** Number of the account or the card. */
  account: key(1, uint(CARD_MAX)),
  /** The till's number of the visit: a retry carries the same one. */
  visit: key(2, uint()),
  merchant: key(3, uint(U16_MAX)),
  sale: key(4, StoredSale),
  areas: key(5, list(AccountArea, 8)),
  /** The clock was reset since it was last trusted (CLOCK_SUSPECT). */
  clockSuspect: maybe(6, truth),
  /** There where it takes back a visit without a card of this terminal. */
  refund: maybe(7, RefundOf),
  /** Of a receipt that carries points: what it says that there is now. */
  holds: maybe(8, list(HeldByTicket, 64)),
});
export type AccountVisit = Decoded<typeof AccountVisit>;

/** What it moved, all programmes together. */
export const sumsOfAccount = ({ areas }: AccountVisit): Sums => sumsOf(areas.flatMap(({ effects }) => effects));

/** What makes a visit unfit to be kept; null when nothing does: each programme once, each purse once in it, and less than nothing in refunds alone. */
export function accountFault({ areas, refund }: AccountVisit): string | null {
  const isTwice = <T>(items: readonly T[]): boolean => new Set(items).size !== items.length;
  if (areas.length === 0 || isTwice(areas.map(({ programme }) => programme))) return "it names each programme once";
  const moves = areas.flatMap(({ purses }) => purses);
  if (moves.some(({ added, taken }) => (refund === undefined ? added < 0 || taken < 0 : added > 0 || taken > 0)))
    return "a refund takes back, and nothing else does";
  return areas.some(({ purses }) => isTwice(purses.map(({ purse }) => purse))) ? "it names each purse once" : null;
}
