import { CAGNOTTE_CENTS_MAX } from "@cachet/card-layout";
import type { Rounding } from "./arithmetic.ts";
import type { Funder } from "./words.ts";

/** A rate of every purchase is saved up on the card and spent like money. */
export interface CagnotteRule {
  readonly kind: "cagnotte";
  readonly id: string;
  /** Purse index on the card. */
  readonly purse: number;
  /** Basis points of the earning base. */
  readonly rate: number;
  /** `carry` keeps the unearned fraction of a cent on the card, exactly. */
  readonly rounding: Rounding | "carry";
  /** A card holds at most so many cents; what would go over is not earned, and said. */
  readonly balanceMax: number;
  readonly funder: Funder;
}

export const CAGNOTTE_DEFAULTS = {
  purse: 0,
  rounding: "floor",
  balanceMax: CAGNOTTE_CENTS_MAX,
  funder: "merchant",
} as const satisfies Partial<CagnotteRule>;
