import { REASONS_OF_RULES } from "./reasons-of-rules.ts";
import { REASONS_OF_VISITS } from "./reasons-of-visits.ts";

/** A reason word, told. */
export interface ReasonTold {
  /** What the word means. */
  readonly meaning: string;
  /** What whoever stands at the till does. */
  readonly staff: string;
  /** What the customer is told, in French and English. */
  readonly fr: string;
  readonly en: string;
}

/** Every word by which a visit says why it did less than was asked, or nothing. */
export const REASONS: Readonly<Record<string, ReasonTold>> = { ...REASONS_OF_VISITS, ...REASONS_OF_RULES };

/** A reason, told; null of a word that is none. */
export const reasonTold = (word: string): ReasonTold | null => (Object.hasOwn(REASONS, word) ? REASONS[word]! : null);
