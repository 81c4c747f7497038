import type { In } from "./quantity.ts";
import type { Minimum, When } from "./when.ts";
import type { Funder } from "./words.ts";

/** Something for a customer who brings another one, and for the one who is brought. */
export interface ReferralRule {
  /** The preset: `referral` writes it. */
  readonly kind: "referral";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** The rule whose purse gets it, on the one card and on the other. */
  readonly of: string;
  /** What the first purchase must come to. */
  readonly minimum: Minimum;
  /** What the card that is new gets at once, in the unit of that rule; 0: nothing. */
  readonly godchild: In<"cents" | "points">;
  /** What the card that it names is owed, in the same unit: the office puts it there later; 0: nothing. */
  readonly godparent: In<"cents" | "points">;
  /** When it is given. Left out: always. */
  readonly when?: When;
  /** Who pays for what it gives. */
  readonly funder: Funder;
}

export const REFERRAL_DEFAULTS = {
  minimum: { kind: "reaches", amount: 0 },
  funder: "merchant",
} as const satisfies Partial<ReferralRule>;
