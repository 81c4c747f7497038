import { PREPAID_CENTS_MAX } from "@cachet/card-layout";
import type { Rounding } from "./arithmetic.ts";
import type { LotCount, Validity } from "./lots.ts";
import type { In } from "./quantity.ts";
import type { Funder } from "./words.ts";

/** From so many cents on, this rate of a top-up is given on top. */
export interface Band {
  /** The least top-up of the band, in cents, that amount included. */
  readonly from: In<"cents">;
  /** What is given on top. */
  readonly rate: In<"basis points">;
  /** Why it is not between 5 and 10 %, where it is meant so. */
  readonly reason?: string;
}

/** Money given on top of a top-up, kept apart from what was paid in: it is no debt, and is never paid out. */
export interface TopUpBonus {
  /** In any order; below the lowest nothing is given on top. */
  readonly bands: readonly Band[];
  /**
   * Of 100 euros with bands from 50 and from 100: `whole`, or left out, the rate of the band reached counts for all of them;
   * `part`, each rate counts for the part of the amount that lies in its band.
   */
  readonly counts?: "whole" | "part";
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** How a fraction of a cent is made whole. */
  readonly rounding: Rounding;
  /** How long it can be spent; null: for ever. */
  readonly validity: Validity | null;
  /** How many sums with days of their own a card keeps apart. */
  readonly lots: LotCount;
  /** Who pays for what is given on top. */
  readonly funder: Funder;
}

/** Money that the customer pays in and that pays by itself at every sale. */
export interface PrepaidRule {
  /** The preset: `prepaid` writes it. */
  readonly kind: "prepaid";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** A card holds at most so many cents; a top-up that would go over is refused whole. */
  readonly balanceMax: In<"cents">;
  /** Least cents of one top-up. */
  readonly topUpMin: In<"cents">;
  /** Most cents of one top-up. */
  readonly topUpMax: In<"cents">;
  /** What is given on top; null: nothing. */
  readonly bonus: TopUpBonus | null;
  /** Which of the two pays first. */
  readonly spendFirst: "bonus" | "paid";
  /** Below so many cents the receipt asks for a top-up; 0: never. */
  readonly suggestBelow: In<"cents">;
  /** Who owes the customer the money: whoever took the cash. */
  readonly funder: Funder;
}

/** Its purse is the last one: the first ones are those of cagnottes. */
const BONUS_DEFAULTS = {
  purse: 7,
  rounding: "floor",
  validity: null,
  lots: 0,
  funder: "merchant",
} as const satisfies Partial<TopUpBonus>;

/** A bonus as its author writes it: what has a usual value may be left out. */
export type TopUpBonusDraft = Omit<TopUpBonus, keyof typeof BONUS_DEFAULTS> &
  Partial<Pick<TopUpBonus, keyof typeof BONUS_DEFAULTS>>;

/** Fills in usual values; one that expires is kept in four sums with days of their own. */
export function topUpBonus(draft: TopUpBonusDraft): TopUpBonus {
  const expires = draft.validity !== undefined && draft.validity !== null;
  return { ...BONUS_DEFAULTS, ...(expires ? ({ lots: 4 } as const) : {}), ...draft };
}

export const PREPAID_DEFAULTS = {
  purse: 0,
  balanceMax: PREPAID_CENTS_MAX,
  topUpMin: 1,
  topUpMax: PREPAID_CENTS_MAX,
  bonus: null,
  spendFirst: "bonus",
  suggestBelow: 0,
  funder: "merchant",
} as const satisfies Partial<PrepaidRule>;

/** Sessions, rentals, photos or copies that are paid for beforehand, in packs. */
export interface UnitsRule {
  /** The preset: `units` writes it. */
  readonly kind: "units";
  /** Its name in the journal, in examples and for modifiers: lower-case letters, digits and hyphens. */
  readonly id: string;
  /** Purse index on the card, 0 to 7. */
  readonly purse: number;
  /** What one is called: séance, copie. */
  readonly unitName: string;
  /** What is sold: so many units for so many cents. */
  readonly packs: readonly { readonly units: number; readonly price: In<"cents"> }[];
  /** Basis points of a pack's units that are given on top, whole ones only. */
  readonly bonusRate: In<"basis points">;
  /** Which are used first: those given on top, or those paid for. */
  readonly spendFirst: "bonus" | "paid";
  /** Who owes the customer the units. */
  readonly funder: Funder;
}

export const UNITS_DEFAULTS = {
  purse: 0,
  bonusRate: 0,
  spendFirst: "bonus",
  funder: "merchant",
} as const satisfies Partial<UnitsRule>;
