import { PREPAID_CENTS_MAX } from "@cachet/card-layout";
import type { Funder } from "./words.ts";

/** Money that the customer pays in and that pays by itself at every sale. Paid money only: no bonus. */
export interface PrepaidRule {
  readonly kind: "prepaid";
  readonly id: string;
  /** Purse index on the card. */
  readonly purse: number;
  /** A card holds at most so many cents; a top-up that would go over is refused whole. */
  readonly balanceMax: number;
  /** Least and most cents of one top-up. */
  readonly topUpMin: number;
  readonly topUpMax: number;
  /** Who owes the customer the money: whoever took the cash. */
  readonly funder: Funder;
}

export const PREPAID_DEFAULTS = {
  purse: 0,
  balanceMax: PREPAID_CENTS_MAX,
  topUpMin: 1,
  topUpMax: PREPAID_CENTS_MAX,
  funder: "merchant",
} as const satisfies Partial<PrepaidRule>;
