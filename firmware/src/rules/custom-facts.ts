import type { Weekday } from "./calendar/period.ts";

/** One line of a sale, as a custom rule sees it. */
export interface CustomLine {
  /** Cents, tax included, after every discount. */
  readonly amount: number;
  /** The part of `amount` that earns: less what the card and tenders that earn nothing paid; 0 for excluded goods. */
  readonly earning: number;
  /** Units that are paid for: those given free are left out. */
  readonly quantity: number;
  readonly category: string | null;
}

/** Local date and time of the visit, in the programme's zone. */
export interface CustomTime {
  readonly year: number;
  /** 1 to 12, and 1 to 31. */
  readonly month: number;
  readonly dayOfMonth: number;
  /** 1 Monday to 7 Sunday. */
  readonly weekday: Weekday;
  /** Minute of the day, 0 to 1439. */
  readonly minute: number;
}

/** Everything that a custom rule knows of a purchase. The same facts always give the same value. */
export interface CustomFacts {
  /** Number of the merchant, as the programme lists it. */
  readonly merchant: number;
  /** Null where the terminal's clock was reset: it proves no date and gives no dated advantage. */
  readonly time: CustomTime | null;
  readonly lines: readonly CustomLine[];
  /** Level held when the card was read; null where the programme has no tiers. */
  readonly tier: string | null;
  /** The card's first visit in this programme. */
  readonly isFirst: boolean;
  /** What the purse that `of` names held before this purchase earned, in its own unit. */
  readonly balance: number;
  /** What this purchase earns there by `of` and its multipliers. */
  readonly earned: number;
}

/** A function of the programme's author that says what a purchase earns on top. */
export interface CustomEarning {
  /** What customers are told, on the rules sheet. */
  readonly says: string;
  /**
   * A whole number from 0 to 1 000 000 000, in the unit of the purse that `of` names. Anything else, and a throw, gives nothing
   * (`BAD_VALUE`, `RULE_THREW`); one that takes more steps than the evaluation has ends in the base rule (`STEP_BUDGET`).
   */
  readonly earn: (facts: CustomFacts) => number;
}
