import { PREPAID_CENTS_MAX } from "@cachet/card-layout";
import type { Rounding } from "./arithmetic.ts";
import type { LotCount, Validity } from "./lots.ts";
import type { Funder } from "./words.ts";

/** From so many cents on, this rate of a top-up is given on top. */
export interface Band {
  readonly from: number;
  /** Basis points. */
  readonly rate: number;
  /** Why it is not between 5 and 10 %, where it is meant so. */
  readonly reason?: string;
}

/** Money given on top of a top-up, kept apart from what was paid in: it is no debt, and is never paid out. */
export interface TopUpBonus {
  readonly bands: readonly Band[];
  /**
   * Of 100 euros with bands from 50 and from 100: `whole`, or left out, the rate of the band reached counts for all of them;
   * `part`, each rate counts for the part of the amount that lies in its band.
   */
  readonly counts?: "whole" | "part";
  /** Purse index on the card. */
  readonly purse: number;
  readonly rounding: Rounding;
  readonly validity: Validity | null;
  readonly lots: LotCount;
  readonly funder: Funder;
}

/** Money that the customer pays in and that pays by itself at every sale. */
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
  readonly bonus: TopUpBonus | null;
  /** Which of the two pays first. */
  readonly spendFirst: "bonus" | "paid";
  /** Below so many cents the receipt asks for a top-up; 0: never. */
  readonly suggestBelow: number;
  /** Who owes the customer the money: whoever took the cash. */
  readonly funder: Funder;
}

export const PREPAID_DEFAULTS = {
  purse: 0,
  balanceMax: PREPAID_CENTS_MAX,
  topUpMin: 1,
  topUpMax: PREPAID_CENTS_MAX,
  bonus: null,
  spendFirst: "bonus",
  suggestBelow: 0,
  funder: "merchant",
} as const satisfies Partial<PrepaidRule>;

/** Sessions, rentals, photos or copies that are paid for beforehand, in packs. */
export interface UnitsRule {
  readonly kind: "units";
  readonly id: string;
  readonly purse: number;
  /** What one is called: séance, copie. */
  readonly unitName: string;
  readonly packs: readonly { readonly units: number; readonly price: number }[];
  /** Basis points of a pack's units that are given on top, whole ones only. */
  readonly bonusRate: number;
  readonly spendFirst: "bonus" | "paid";
  readonly funder: Funder;
}

export const UNITS_DEFAULTS = {
  purse: 0,
  bonusRate: 0,
  spendFirst: "bonus",
  funder: "merchant",
} as const satisfies Partial<UnitsRule>;
