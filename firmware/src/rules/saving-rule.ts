import { CAGNOTTE_CENTS_MAX, POINTS_MAX } from "@cachet/card-layout";
import type { Rounding } from "./arithmetic.ts";
import type { LotCount, Validity } from "./lots.ts";
import type { In } from "./quantity.ts";
import type { When } from "./when.ts";
import type { Funder } from "./words.ts";

/** From tenders that earn nothing, nothing is earned on any of these. */
export type Basis = "net" | "before-redemption" | "gross";

/** What every rule that saves value on the card has. */
interface SavingBase {
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** How a fraction is made whole; `carry` keeps the unearned fraction on the card, exactly. */
  readonly rounding: Rounding | "carry";
  /** Who pays for what it gives. */
  readonly funder: Funder;
  /** What earns of a line: what is left of it to pay, what was left before anything was redeemed, or all of it. */
  readonly basis: Basis;
  /** When purchases earn. Left out: always. */
  readonly when?: When;
  /** How long what is earned can be spent; null: for ever. */
  readonly validity: Validity | null;
  /** How many sums with days of their own a card keeps apart. */
  readonly lots: LotCount;
  /** What it is on the ticket when it pays: a tender leaves the taxes of the sale as they are, a discount lowers them. */
  readonly pays: "tender" | "discount";
  /** Least cents of one redemption. */
  readonly redeemMin: In<"cents">;
  /** Most of the basket that one redemption pays. */
  readonly redeemShareMax: In<"basis points">;
}

/** A rate of every purchase is saved up on the card and spent like money. */
export interface CagnotteRule extends SavingBase {
  /** The preset: `cagnotte` writes it. */
  readonly kind: "cagnotte";
  /** What is saved of every cent that earns. */
  readonly rate: In<"basis points">;
  /** A card holds at most so many cents; what would go over is not earned, and said. */
  readonly balanceMax: In<"cents">;
}

/** What points are given for. */
export type PointsFor =
  /**
   * For every so many cents. `groups`: whether half of such an amount counts half, before anything is rounded, or not at all.
   * `beyond`: only baskets above so many cents earn, for `all` of them or for what is `above`.
   */
  | {
      readonly per: "amount";
      readonly cents: In<"cents">;
      readonly points: In<"points">;
      readonly groups: "exact" | "whole";
      readonly beyond?: { readonly amount: In<"cents">; readonly counts: "all" | "above" };
    }
  | { readonly per: "visit"; readonly points: In<"points"> }
  /** For each paid item of a category. */
  | { readonly per: "item"; readonly category: string; readonly points: In<"points"> };

/** Something that points are exchanged for. Of one with `seats` each terminal gives so many places, and the receipt says its `text`. */
export interface Gift {
  /** What a till names it by; no other gift of the programme has it. */
  readonly id: string;
  /** What the receipt calls it. */
  readonly label: string;
  /** What it costs. */
  readonly points: In<"points">;
  /** What it is worth, in cents. */
  readonly value: In<"cents">;
  /** Who is owed its value instead of the customer getting a thing. Left out: nobody. */
  readonly to?: Recipient;
  /** How many each terminal gives, to all cards together. Left out: without end. */
  readonly stock?: number;
  /** It is an experience: when, where, what to show. With `seats`, which is its stock. */
  readonly text?: string;
  /** How many places each terminal gives. With `text`, and no `stock`. */
  readonly seats?: number;
}

/** An association or a partner that points are given to. A till may name any number of them (`giftPoints`). */
export interface Recipient {
  /** What the books and the receipt call it; gifts with one name are owed to one. */
  readonly name: string;
  /** How a fraction of a cent is made whole, where another number of points is given than the catalogue says. */
  readonly rounding: Rounding;
}

/** Points for purchases, exchanged for money off or for gifts of a catalogue. */
export interface PointsRule extends SavingBase {
  /** The preset: `points` writes it. */
  readonly kind: "points";
  /** What points are given for. */
  readonly earn: PointsFor;
  /** What one step of points takes off a basket; null: they pay nothing. */
  readonly redeem: { readonly points: In<"points">; readonly cents: In<"cents"> } | null;
  /** What they are exchanged for at the till, by the gift's id. */
  readonly gifts: readonly Gift[];
  /** What they are called on the receipt: points, minutes, tickets. */
  readonly unitName: string;
  /** A card holds at most so many points; what would go over is not earned, and said. */
  readonly balanceMax: In<"points">;
}

export type SavingRule = CagnotteRule | PointsRule;

const SAVING_DEFAULTS = {
  purse: 0,
  rounding: "floor",
  funder: "merchant",
  basis: "net",
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
