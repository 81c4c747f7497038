import type { Chip } from "@cachet/card-layout";
import type { BonusRule, CapRule, DiscountRule, DrawRule, MultiplierRule, ParkingRule } from "./modifier-rules.ts";
import type { PrepaidRule, UnitsRule } from "./prepaid-rule.ts";
import type { In } from "./quantity.ts";
import type { ReferralRule } from "./referral-rule.ts";
import type { CagnotteRule, PointsRule } from "./saving-rule.ts";
import type { StampsRule } from "./stamps-rule.ts";
import type { ChallengeRule, ClubRule, TiersRule } from "./status-rules.ts";
import type { MerchantRole } from "./words.ts";

export type Rule =
  | StampsRule
  | CagnotteRule
  | PointsRule
  | PrepaidRule
  | UnitsRule
  | DiscountRule
  | MultiplierRule
  | BonusRule
  | CapRule
  | TiersRule
  | ClubRule
  | ChallengeRule
  | DrawRule
  | ReferralRule
  | ParkingRule;

/** A programme: everything that decides about value, as plain data; custom rules alone are functions. */
export interface Programme {
  /** Number on the card, 1 to 65535. */
  readonly number: number;
  /** Every change makes a new version, 1 to 65535. */
  readonly version: number;
  /** What customers call it, at most 40 characters. */
  readonly name: string;
  /** A shop's own programme is evaluated before the town's. */
  readonly scope: "shop" | "town";
  /** Time zone of its calendar, by IANA name. */
  readonly zone: string;
  /** Merchants by number, 1 to 65535. */
  readonly merchants: Readonly<Record<number, { readonly name: string; readonly role: MerchantRole }>>;
  /** Categories that neither earn nor count towards a minimum. */
  readonly exclude: readonly string[];
  /** Means of payment that earn nothing; `prepaid` is the card's own. */
  readonly nonEarning: readonly string[];
  /** What several multipliers come to: the best of them, their sum (x2 and x1.5 are x2.5), or their product (x3). */
  readonly stacking: "best-of" | "additive" | "multiplicative";
  /** One rounding at the end, or what is earned is made whole before it is multiplied. */
  readonly roundingStage: "end" | "each";
  /** What a refund does when what it takes back was already spent. */
  readonly spentPolicy: "deduct-from-refund" | "allow-negative" | "clamp-to-zero";
  /** What it gives and takes. Their order in the file says nothing. */
  readonly rules: readonly Rule[];
  /**
   * Most cents of this programme, cagnotte and prepaid together, that one terminal lets one card spend in a day. Bounds what
   * a copied or restored card can take before the office sees it (`exposure`). Left out: no limit.
   */
  readonly offlineCap?: In<"cents">;
  /**
   * Most cents that a terminal gives back by the code of another terminal's receipt: it cannot know whether a third one did. Bounds what
   * one receipt can bring at several terminals before the office sees it; 0 for none. Left out: `REFUND_CAP`.
   */
  readonly refundCap?: In<"cents">;
  /** Media the programme may be opened on. Left out: any that it fits on. */
  readonly media?: readonly Chip[];
}

/** Cents: see `Programme.refundCap`. */
export const REFUND_CAP = 5_000;

export const PROGRAMME_DEFAULTS = {
  zone: "Europe/Paris",
  exclude: [],
  nonEarning: ["prepaid", "gift-card", "voucher"],
  stacking: "best-of",
  roundingStage: "end",
  spentPolicy: "deduct-from-refund",
} as const satisfies Partial<Programme>;
