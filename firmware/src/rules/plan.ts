import { sum } from "./arithmetic.ts";
import type { BonusRule, CapRule, DiscountRule, DrawRule, MultiplierRule, ParkingRule } from "./modifier-rules.ts";
import { type Place, placeOf } from "./place.ts";
import type { PrepaidRule, UnitsRule } from "./prepaid-rule.ts";
import type { Programme, Rule } from "./programme.ts";
import { type Ratio, ratio } from "./ratio.ts";
import type { ReferralRule } from "./referral-rule.ts";
import type { SavingRule } from "./saving-rule.ts";
import type { StampsRule } from "./stamps-rule.ts";
import type { ChallengeRule, ClubRule, TiersRule } from "./status-rules.ts";
import { alsoOf } from "./when.ts";

/** A rate of all. */
export const BASIS_POINTS = 10_000;

/** A rule that saves, with everything that changes what it earns. */
export interface SavingPlan {
  readonly rule: SavingRule;
  readonly place: Place;
  /** What one cent earns, exactly; null where cents do not earn one by one. */
  readonly perCent: Ratio | null;
  /** The best first. */
  readonly multipliers: readonly MultiplierRule[];
  readonly bonuses: readonly BonusRule[];
  readonly caps: readonly CapRule[];
  readonly hasTiers: boolean;
}

/**
 * A programme's rules by what they do, each in the order in which they speak, whatever their order in the file; with all that depends
 * on the programme alone, worked out once, since a terminal sells all day.
 */
export interface Plan {
  readonly programme: Programme;
  readonly inOrder: readonly Rule[];
  readonly discounts: readonly DiscountRule[];
  readonly savings: readonly SavingPlan[];
  readonly stamps: readonly StampsRule[];
  readonly prepaid: PrepaidRule | null;
  readonly units: readonly UnitsRule[];
  readonly tiers: TiersRule | null;
  /** What each level multiplies by. */
  readonly levelRatios: readonly Ratio[];
  readonly clubs: readonly ClubRule[];
  readonly challenges: readonly ChallengeRule[];
  readonly draws: readonly DrawRule[];
  readonly referral: ReferralRule | null;
  /** For each purse that marks where the card was used, one of the rules that ask for it. */
  readonly seen: readonly Rule[];
  readonly parkings: readonly ParkingRule[];
  /** Sums with days of their own that its purses keep, all together. */
  readonly lots: number;
}

const byId = (a: Rule, b: Rule): number => (a.id < b.id ? -1 : 1);
const orderOf = (rule: Rule): number => ("purse" in rule ? rule.purse : "order" in rule ? rule.order : 0);

function lotsOf(rule: Rule): number {
  if (rule.kind === "prepaid") return rule.bonus?.lots ?? 0;
  return "lots" in rule ? rule.lots : 0;
}

function perCentOf(rule: SavingRule): Ratio | null {
  if (rule.kind === "cagnotte") return ratio(rule.rate, BASIS_POINTS);
  const { earn } = rule;
  return earn.per === "amount" && earn.groups === "exact" ? ratio(earn.points, earn.cents) : null;
}

function makePlan(programme: Programme): Plan {
  const { rules } = programme;
  const inOrder = [...rules].sort((a, b) => orderOf(a) - orderOf(b) || byId(a, b));
  const of = <K extends Rule["kind"]>(...kinds: readonly K[]) =>
    inOrder.filter((rule): rule is Extract<Rule, { kind: K }> => (kinds as readonly string[]).includes(rule.kind));
  const [tiers = null] = of("tiers");
  const [prepaid = null] = of("prepaid");
  const [referral = null] = of("referral");
  const purses = rules.map((rule) => alsoOf(rule)?.purse);
  return {
    programme,
    inOrder,
    discounts: of("discount"),
    savings: of("cagnotte", "points").map((rule) => ({
      rule,
      place: placeOf(rule),
      perCent: perCentOf(rule),
      multipliers: of("multiplier")
        .filter((modifier) => modifier.of === rule.id)
        .sort((a, b) => b.permille - a.permille || byId(a, b)),
      bonuses: of("bonus").filter((modifier) => modifier.of === rule.id),
      caps: of("cap").filter((modifier) => modifier.of === rule.id),
      hasTiers: tiers?.of.includes(rule.id) ?? false,
    })),
    stamps: of("stamps"),
    prepaid,
    units: of("units"),
    tiers,
    levelRatios: (tiers?.levels ?? []).map(({ permille }) => ratio(permille, 1_000)),
    clubs: of("club"),
    challenges: of("challenge"),
    draws: of("draw"),
    referral,
    seen: rules.filter((_, i) => purses[i] !== undefined && purses.indexOf(purses[i]) === i),
    parkings: of("parking"),
    lots: sum(inOrder.map(lotsOf)),
  };
}

const plans = new WeakMap<Programme, Plan>();
/** The plan that was asked for last: one sale after the other is made under the same programme. */
let last: { readonly programme: Programme; readonly plan: Plan } | null = null;

export function planOf(programme: Programme): Plan {
  if (last?.programme === programme) return last.plan;
  const plan = plans.get(programme) ?? makePlan(programme);
  plans.set(programme, plan);
  last = { programme, plan };
  return plan;
}
