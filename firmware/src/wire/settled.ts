import { CENTS_MAX } from "./effect.ts";
import { programmeNumber } from "./intent.ts";
import { type Decoded, integer, key, map, uint } from "./schema.ts";
import { Sums } from "./sums.ts";

/** The area of an intent was written, read back and is the card's current record. Repeats its sums. */
export const Commit = map({ intent: key(1, uint()), programme: key(2, programmeNumber), sums: key(3, Sums) });
export type Commit = Decoded<typeof Commit>;

/** The area of an intent was not written, and never can be any more. */
export const Abort = map({ intent: key(1, uint()), programme: key(2, programmeNumber) });
export type Abort = Decoded<typeof Abort>;

/** The cash of a top-up that never happened goes back to the customer: stored before anybody is told. */
export const CashBack = map({ intent: key(1, uint()), cents: key(2, integer({ min: 1, max: CENTS_MAX })) });
export type CashBack = Decoded<typeof CashBack>;
