import type { ReasonTold } from "./reason-told.ts";
import { REASONS_OF_RULES } from "./reasons-of-rules.ts";
import { REASONS_OF_VISITS } from "./reasons-of-visits.ts";

/** Every word by which a visit says why it did less than was asked, or nothing. */
export const REASONS: Readonly<Record<string, ReasonTold>> = { ...REASONS_OF_VISITS, ...REASONS_OF_RULES };

/** A reason, told; null of a word that is none. */
export const reasonTold = (word: string): ReasonTold | null => (Object.hasOwn(REASONS, word) ? REASONS[word]! : null);
