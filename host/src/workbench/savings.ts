import type { Purse, PurseKind } from "@cachet/card-layout";
import { type CagnotteRule, divide, type PointsRule, type Programme } from "@cachet/firmware/rules";

type SavingRule = CagnotteRule | PointsRule;

/** A rule that saves value on cards, and what that value comes to. */
export interface Saving {
  readonly rule: SavingRule;
  readonly kind: PurseKind;
  /** So many cents for every so many of what it saves. */
  readonly worth: { readonly per: number; readonly cents: number };
}

/** What value is worth: by the rate at which it pays, else by the gift for the fewest points, else nothing. */
function worthOf(rule: SavingRule): Saving["worth"] {
  if (rule.kind === "cagnotte") return { per: 1, cents: 1 };
  if (rule.redeem !== null) return { per: rule.redeem.points, cents: rule.redeem.cents };
  const [cheapest] = rule.gifts
    .filter(({ to }) => to === undefined)
    .sort((a, b) => a.points - b.points || b.value - a.value);
  return cheapest === undefined ? { per: 1, cents: 0 } : { per: cheapest.points, cents: cheapest.value };
}

function kindOf({ kind, lots, rounding }: SavingRule): PurseKind {
  if (lots !== 0) return kind === "cagnotte" ? `cagnotte-lots-${lots}` : `points-lots-${lots}`;
  if (kind === "cagnotte") return rounding === "carry" ? "carrying-cagnotte" : "cagnotte";
  return rounding === "carry" ? "carrying-points" : "points";
}

/** The rules of a programme that save value. */
export function savingsOf({ rules }: Programme): readonly Saving[] {
  return rules.flatMap((rule) =>
    rule.kind === "cagnotte" || rule.kind === "points" ? { rule, kind: kindOf(rule), worth: worthOf(rule) } : [],
  );
}

/** What so many points or cents come to, in whole cents. */
export const centsOf = ({ worth }: Saving, value: number): number => divide(value * worth.cents, worth.per, "floor");

/** Cents that so much more comes to on a card: fractions of a cent wait for the next, so that the parts sum to the whole. */
export const centsMore = (saving: Saving, before: number, more: number): number =>
  centsOf(saving, before + more) - centsOf(saving, before);

/** What a card holds of it that is not over on a day, in the rule's own unit. */
export function usableIn(purses: readonly Purse[], { kind, rule }: Saving, day: number): number {
  const purse = purses.find((one) => one.kind === kind && one.index === rule.purse);
  if (purse === undefined) return 0;
  if ("lots" in purse) return purse.lots.reduce((all, { value, expires }) => (expires < day ? all : all + value), 0);
  if ("cents" in purse) return purse.cents;
  return "count" in purse ? purse.count : 0;
}
