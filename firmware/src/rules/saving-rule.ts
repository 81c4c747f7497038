import { CAGNOTTE_CENTS_MAX, POINTS_MAX } from "@cachet/card-layout";
import type { Rounding } from "./arithmetic.ts";
import type { LotCount, Validity } from "./lots.ts";
import type { When } from "./when.ts";
import type { Funder } from "./words.ts";

/** What every rule that saves value on the card has. */
interface SavingBase {
  readonly id: string;
  /** Purse index on the card. */
  readonly purse: number;
  /** `carry` keeps the unearned fraction on the card, exactly. */
  readonly rounding: Rounding | "carry";
  /** A card holds at most so much; what would go over is not earned, and said. */
  readonly balanceMax: number;
  readonly funder: Funder;
  /** When purchases earn. Left out: always. */
  readonly when?: When;
  /** How long what is earned can be spent; null: for ever. */
  readonly validity: Validity | null;
  /** How many sums with days of their own a card keeps apart. */
  readonly lots: LotCount;
  /** What it is on the ticket when it pays: a tender leaves the taxes of the sale as they are, a discount lowers them. */
  readonly pays: "tender" | "discount";
  /** Least cents of one redemption, and most of the basket, in basis points. */
  readonly redeemMin: number;
  readonly redeemShareMax: number;
}

/** A rate of every purchase is saved up on the card and spent like money. */
export interface CagnotteRule extends SavingBase {
  readonly kind: "cagnotte";
  /** Basis points of the earning base. */
  readonly rate: number;
}

/** What points are given for. */
export type PointsFor =
  /**
   * For every so many cents. `groups`: whether half of such an amount counts half, before anything is rounded, or not at all.
   * `beyond`: only baskets above so many cents earn, for `all` of them or for what is `above`.
   */
  | {
      readonly per: "amount";
      readonly cents: number;
      readonly points: number;
      readonly groups: "exact" | "whole";
      readonly beyond?: { readonly amount: number; readonly counts: "all" | "above" };
    }
  | { readonly per: "visit"; readonly points: number }
  /** For each paid item of a category. */
  | { readonly per: "item"; readonly category: string; readonly points: number };

/** Something that points are exchanged for. */
export interface Gift {
  readonly id: string;
  readonly label: string;
  readonly points: number;
  /** What it is worth, in cents. */
  readonly value: number;
}

/** Points for purchases, exchanged for money off or for gifts of a catalogue. */
export interface PointsRule extends SavingBase {
  readonly kind: "points";
  readonly earn: PointsFor;
  /** What one step of points takes off a basket; null: they pay nothing. */
  readonly redeem: { readonly points: number; readonly cents: number } | null;
  readonly gifts: readonly Gift[];
  /** What they are called on the receipt: points, minutes, tickets. */
  readonly unitName: string;
}

export type SavingRule = CagnotteRule | PointsRule;

const SAVING_DEFAULTS = {
  purse: 0,
  rounding: "floor",
  funder: "merchant",
  validity: null,
  lots: 0,
  pays: "tender",
  redeemMin: 0,
  redeemShareMax: 10_000,
} as const;

export const CAGNOTTE_DEFAULTS = {
  ...SAVING_DEFAULTS,
  balanceMax: CAGNOTTE_CENTS_MAX,
} as const satisfies Partial<CagnotteRule>;

export const POINTS_DEFAULTS = {
  ...SAVING_DEFAULTS,
  balanceMax: POINTS_MAX,
  redeem: null,
  gifts: [],
  unitName: "points",
} as const satisfies Partial<PointsRule>;
