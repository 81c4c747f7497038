import type { DateText, In } from "./quantity.ts";
import type { Minimum, When } from "./when.ts";
import type { Funder } from "./words.ts";

/** Something to take part in: a place at an event, a visit behind the scenes. */
export interface Experience {
  /** What the receipt calls it. */
  readonly label: string;
  /** What the receipt says beneath: when, where, what to show. */
  readonly text: string;
  /** What it is worth, in cents. */
  readonly value: In<"cents">;
  /** How many each terminal gives, to all cards together. */
  readonly seats: number;
}

/** A reward after so many visits or items, given on the very visit. */
export interface StampsRule {
  /** The preset: `stamps` writes it. */
  readonly kind: "stamps";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** What is counted: the visit, or each paid item of a category. */
  readonly count:
    | { readonly per: "visit"; readonly stamps: number }
    | { readonly per: "item"; readonly category: string };
  /** Basket in cents, discounts off and exclusions left out, from which a visit counts: `reaches` includes the amount, `exceeds` does not. */
  readonly minimum: Minimum;
  /** When visits count. Left out: always. */
  readonly when?: When;
  /** A stamp less than this many minutes after the last one is not given; exactly this many is enough. 0: no cooldown. */
  readonly cooldownMinutes: number;
  /** Only stamps of so many days count, that of the visit included: with 30, the day itself and the 29 before. Left out: for ever. */
  readonly withinDays?: number;
  /** Whether a visit where nothing is left to pay counts. */
  readonly onZeroPayable: boolean;
  /** Stamps for one reward, 1 to 200. What is kept after a visit is never more, so that it fits the card. */
  readonly grid: number;
  /**
   * What a full grid gives: something that staff hand over, worth so many cents; the cheapest items of this very basket, each one free; or
   * so many cents off this very ticket, as a discount, before other discounts; or an offer, from the next ticket to so many days
   * after this one, for the rules whose `when` names its number. Of cents, what the ticket is too small for is lost, but a reward of
   * which nothing would fit stays on the card; and so does an offer while the card holds the one before.
   * Of a gift with a `stock` each terminal gives so many, to all cards together; then full grids stay on the cards. An experience is something to
   * take part in: `text` says when and where, `seats` is its stock.
   */
  readonly reward:
    | { readonly kind: "gift"; readonly label: string; readonly value: In<"cents">; readonly stock?: number }
    | ({ readonly kind: "experience" } & Experience)
    | { readonly kind: "free-item"; readonly label: string; readonly category: string }
    | { readonly kind: "money"; readonly label: string; readonly value: In<"cents"> }
    | { readonly kind: "offer"; readonly label: string; readonly offer: number; readonly days: number };
  /** What happens to stamps beyond a full grid. */
  readonly excess: "carry" | "lose";
  /**
   * The last local day on which the stamps of a customer's paper card are taken over: once for a card, before its own first stamp of this
   * grid, and one less than a full grid at most. Left out: none are.
   */
  readonly paperThrough?: DateText;
  /** Who pays for what it gives. */
  readonly funder: Funder;
}

export const STAMPS_DEFAULTS = {
  purse: 0,
  count: { per: "visit", stamps: 1 },
  minimum: { kind: "reaches", amount: 0 },
  cooldownMinutes: 0,
  onZeroPayable: true,
  excess: "carry",
  funder: "merchant",
} as const satisfies Partial<StampsRule>;
