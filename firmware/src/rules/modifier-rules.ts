import type { Span } from "./calendar/span.ts";
import type { CustomEarning } from "./custom-facts.ts";
import type { When } from "./when.ts";
import type { Funder } from "./words.ts";

/** More of what a rule earns, at some times or for some goods. */
export interface MultiplierRule {
  readonly kind: "multiplier";
  readonly id: string;
  /** The rule whose earnings are multiplied. */
  readonly of: string;
  /** Thousandths: 2000 doubles. */
  readonly permille: number;
  /** Only lines of these categories. Left out: all that earn. */
  readonly categories?: readonly string[];
  readonly when?: When;
}

/** A fixed number on top of what a rule earns; never multiplied. */
export interface BonusRule {
  readonly kind: "bonus";
  readonly id: string;
  readonly of: string;
  /** So much, so much for every so many that this purchase earned, or what a function of the author's says. */
  readonly gives: number | { readonly every: number; readonly gives: number } | CustomEarning;
  readonly funder: Funder;
  readonly when?: When;
  /** At most so often in a period, counted on the card in `purse`. */
  readonly limit?: { readonly times: number; readonly per: Period; readonly purse: number };
}

export type Period = Span;

/** The most that a rule may earn, bonuses included. */
export interface CapRule {
  readonly kind: "cap";
  readonly id: string;
  readonly of: string;
  readonly per: Period | "visit";
  readonly most: number;
  /** Where the card counts; of no use for one visit. */
  readonly purse: number;
}

/** Money off at once, spread over the lines. */
export interface DiscountRule {
  readonly kind: "discount";
  readonly id: string;
  /** Basis points, or cents. */
  readonly off: { readonly rate: number } | { readonly cents: number };
  readonly rounding: "floor" | "half-up" | "ceil";
  /** Only lines of these categories. Left out: all that are not excluded. */
  readonly categories?: readonly string[];
  /** A rate of the lines as they were rung up, or of what discounts before it left. */
  readonly basis: "initial" | "running";
  /** Lower ones first; equal ones by id. */
  readonly order: number;
  /** Of all discounts with the same word here that match, only the one that takes off most is given. */
  readonly group?: string;
  readonly when?: When;
  readonly funder: Funder;
}

export const DISCOUNT_DEFAULTS = {
  rounding: "half-up",
  basis: "running",
  order: 0,
  funder: "merchant",
} as const satisfies Partial<DiscountRule>;

/** One draw entry for every so many cents. The numbers of the entries follow from the ticket. */
export interface DrawRule {
  readonly kind: "draw";
  readonly id: string;
  readonly cents: number;
  readonly entriesMax: number;
  readonly when?: When;
  readonly funder: Funder;
}

export const BONUS_DEFAULTS = { funder: "merchant" } as const satisfies Partial<BonusRule>;
export const CAP_DEFAULTS = { purse: 0 } as const satisfies Partial<CapRule>;
export const DRAW_DEFAULTS = { entriesMax: 100, funder: "association" } as const satisfies Partial<DrawRule>;
