import type { Span } from "./calendar/span.ts";
import type { CustomEarning } from "./custom-facts.ts";
import type { In } from "./quantity.ts";
import type { Minimum, When } from "./when.ts";
import type { Funder } from "./words.ts";

/** More of what a rule earns, at some times or for some goods. */
export interface MultiplierRule {
  /** The preset: `multiplier` writes it. */
  readonly kind: "multiplier";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** The rule whose earnings are multiplied. */
  readonly of: string;
  /** Thousandths: 2000 doubles. */
  readonly permille: number;
  /** Only lines of these categories. Left out: all that earn. */
  readonly categories?: readonly string[];
  /** When it multiplies. Left out: always. */
  readonly when?: When;
}

/** A fixed number on top of what a rule earns; never multiplied. */
export interface BonusRule {
  /** The preset: `bonus` writes it. */
  readonly kind: "bonus";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** The rule whose purse gets it. */
  readonly of: string;
  /** So much, so much for every so many that this purchase earned, or what a function of the author's says. In the unit of the rule. */
  readonly gives:
    | In<"cents" | "points">
    | { readonly every: In<"cents" | "points">; readonly gives: In<"cents" | "points"> }
    | CustomEarning;
  /** Who pays for what it gives. */
  readonly funder: Funder;
  /** When it is given. Left out: always. */
  readonly when?: When;
  /** At most so often in a period. Left out: every time. */
  readonly limit?: Limit;
}

export type Period = Span;

/** So many turns in a day, week, month or year of the calendar. */
export interface Limit {
  /** How often. */
  readonly times: number;
  /** In which period. */
  readonly per: Period;
  /** Purse index where the card counts, 0 to 7. */
  readonly purse: number;
}

/** The most that a rule may earn, bonuses included. */
export interface CapRule {
  /** The preset: `cap` writes it. */
  readonly kind: "cap";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** The rule that is capped. */
  readonly of: string;
  /** In one visit, or in a day, week, month or year of the calendar. */
  readonly per: Period | "visit";
  /** In the unit of the rule. What is cut is said. */
  readonly most: In<"cents" | "points">;
  /** Purse index where the card counts, 0 to 7; of no use for one visit. */
  readonly purse: number;
}

/** Money off at once, spread over the lines. */
export interface DiscountRule {
  /** The preset: `discount` writes it. */
  readonly kind: "discount";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** A rate of the lines, or so many cents of them together. */
  readonly off: { readonly rate: In<"basis points"> } | { readonly cents: In<"cents"> };
  /** How a fraction of a cent is made whole. */
  readonly rounding: "floor" | "half-up" | "ceil";
  /** Only lines of these categories. Left out: all that are not excluded. */
  readonly categories?: readonly string[];
  /** A rate of the lines as they were rung up, or of what discounts before it left. */
  readonly basis: "initial" | "running";
  /** Lower ones first; equal ones by id. */
  readonly order: number;
  /** Of all discounts with the same word here that match, only the one that takes off most is given. */
  readonly group?: string;
  /** At most so often in a period: a coffee a month. Left out: every time. */
  readonly limit?: Limit;
  /** How often each terminal gives it, to all cards together, once a ticket. Left out: without end. */
  readonly stock?: number;
  /** When it is given. Left out: always. */
  readonly when?: When;
  /** Who pays for what it gives. */
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
  /** The preset: `draw` writes it. */
  readonly kind: "draw";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Cents of one entry; what is left over counts for nothing. */
  readonly cents: In<"cents">;
  /** Most entries of one visit. */
  readonly entriesMax: number;
  /** When visits take part. Left out: always. */
  readonly when?: When;
  /** Who pays for what it gives. */
  readonly funder: Funder;
}

/** Minutes of parking with a purchase. They lie on no card: the office tells the town's operator (`cachet office parking`). */
export interface ParkingRule {
  /** The preset: `parking` writes it. */
  readonly kind: "parking";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Minutes that one purchase gives. */
  readonly minutes: number;
  /** Basket in cents, discounts off and exclusions left out, from which a purchase counts: `reaches` includes the amount, `exceeds` does not. */
  readonly minimum: Minimum;
  /** They are to be used within so many hours of the purchase. Left out: by the end of its local day. */
  readonly withinHours?: number;
  /** When purchases count. Left out: always. */
  readonly when?: When;
  /** Who pays for what it gives. */
  readonly funder: Funder;
}

export const PARKING_DEFAULTS = {
  minimum: { kind: "reaches", amount: 0 },
  funder: "association",
} as const satisfies Partial<ParkingRule>;
export const BONUS_DEFAULTS = { funder: "merchant" } as const satisfies Partial<BonusRule>;
export const CAP_DEFAULTS = { purse: 0 } as const satisfies Partial<CapRule>;
export const DRAW_DEFAULTS = { entriesMax: 100, funder: "association" } as const satisfies Partial<DrawRule>;
