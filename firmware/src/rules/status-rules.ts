import type { In } from "./quantity.ts";
import type { When } from "./when.ts";
import type { Funder } from "./words.ts";

/** One step of the ladder. */
export interface Level {
  /** What customers are told, and what `when.tiers` names. */
  readonly name: string;
  /** Cents spent in the window from which it is reached, that amount included. */
  readonly from: In<"cents">;
  /** Thousandths of what the rules of `of` earn. */
  readonly permille: number;
}

/** Bronze, argent, or: reached by what was spent in a window, kept until a review. */
export interface TiersRule {
  /** The preset: `tiers` writes it. */
  readonly kind: "tiers";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** From the lowest, which begins at 0, to the highest. */
  readonly levels: readonly Level[];
  /** Rules whose earnings the level multiplies. */
  readonly of: readonly string[];
  /** What counts: this calendar year, or this month and the eleven before it. */
  readonly window: "year" | "rolling-12-months";
  /** A purchase that reaches a level earns as before it, or from there on as after it. */
  readonly crossing: "before" | "marginal";
  /** Held every year at the end of this day, `12-31`; null: nobody ever goes down. */
  readonly review: {
    readonly on: string;
    /** Whole days after the review in which nothing is lost yet. */
    readonly graceDays: number;
    /** One step down, or to the level that the window gives. */
    readonly down: "one" | "to-window";
  } | null;
  /** Who pays for what it gives. */
  readonly funder: Funder;
}

/** A yearly fee, and advantages while it lasts (`when: { memberOf }`). */
export interface ClubRule {
  /** The preset: `club` writes it. */
  readonly kind: "club";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** What a membership costs. */
  readonly fee: In<"cents">;
  /** How long it lasts from the day it is bought, or from the end of the one before. */
  readonly months: number;
  /** Who keeps the fee and pays for the advantages. */
  readonly funder: Funder;
}

/** A bonus, a badge or both for visits to so many different merchants. */
export interface ChallengeRule {
  /** The preset: `challenge` writes it. */
  readonly kind: "challenge";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** Tells it from the one that was in the same purse last year, 1 to 255. */
  readonly number: number;
  /** The rule whose purse gets the bonus. Left out: there is none. */
  readonly of?: string;
  /** The bonus, in the unit of that rule; 0: none, only the badge. */
  readonly gives: In<"cents" | "points">;
  /** A badge for whoever wins, said on the receipt: `10 merchants visited`. Left out: none. */
  readonly label?: string;
  /** How many different merchants it takes. */
  readonly distinct: number;
  /** How often a card can win. */
  readonly timesMax: number;
  /** When visits count. Left out: always. */
  readonly when?: When;
  /** Who pays for what it gives. */
  readonly funder: Funder;
}

export const TIERS_DEFAULTS = {
  purse: 0,
  of: [],
  window: "rolling-12-months",
  crossing: "before",
  review: null,
  funder: "merchant",
} as const satisfies Partial<TiersRule>;

export const CLUB_DEFAULTS = { purse: 0, months: 12, funder: "merchant" } as const satisfies Partial<ClubRule>;

export const CHALLENGE_DEFAULTS = {
  purse: 0,
  number: 1,
  gives: 0,
  timesMax: 1,
  funder: "association",
} as const satisfies Partial<ChallengeRule>;
