import type { Chip } from "@cachet/card-layout";
import type { CagnotteRule } from "./cagnotte-rule.ts";
import type { PrepaidRule } from "./prepaid-rule.ts";
import type { StampsRule } from "./stamps-rule.ts";
import type { MerchantRole } from "./words.ts";

export type Rule = StampsRule | CagnotteRule | PrepaidRule;

/** A programme: everything that decides about value, as plain data. */
export interface Programme {
  /** Number on the card, 1 to 65535. */
  readonly number: number;
  /** Every change makes a new version, 1 to 65535. */
  readonly version: number;
  readonly name: string;
  /** A shop's own programme is evaluated before the town's. */
  readonly scope: "shop" | "town";
  /** Time zone of its calendar, by IANA name. */
  readonly zone: string;
  /** Merchants by number. */
  readonly merchants: Readonly<Record<number, { readonly name: string; readonly role: MerchantRole }>>;
  /** Categories that neither earn nor count towards a minimum. */
  readonly exclude: readonly string[];
  readonly rules: readonly Rule[];
  /**
   * Most cents of this programme, cagnotte and prepaid together, that one terminal lets one card spend in a day. Bounds what
   * a copied or restored card can take before the office sees it (`exposure`). Left out: no limit.
   */
  readonly offlineCap?: number;
  /** Media the programme may be opened on. Left out: any that it fits on. */
  readonly media?: readonly Chip[];
}
