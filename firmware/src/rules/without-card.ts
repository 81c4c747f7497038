import { type Lot, NEVER, PREPAID_CENTS_MAX, type Purse, purseHead } from "@cachet/card-layout";
import { balanceIn, purseOfBalance, VALUE_MAX } from "./balance.ts";
import type { Effect } from "./effect.ts";
import { placeOf } from "./place.ts";
import { prepaidIn } from "./prepaid.ts";
import type { PrepaidRule } from "./prepaid-rule.ts";
import type { Programme, Rule } from "./programme.ts";
import type { SavingRule } from "./saving-rule.ts";
import { heldIn, stampsPurse } from "./stamps-held.ts";
import type { StampsRule } from "./stamps-rule.ts";
import { rewardStock } from "./stock.ts";

/**
 * Rules that keep value an account without a chip can have: cents, points, prepaid money, and stamps that count without their days and times, for
 * rewards that neither run out nor lie on a card. Money given on top of prepaid money needs a card.
 */
type ValueRule = SavingRule | PrepaidRule | StampsRule;

const isValue = (rule: Rule): rule is ValueRule =>
  rule.kind === "cagnotte" ||
  rule.kind === "points" ||
  rule.kind === "prepaid" ||
  (rule.kind === "stamps" &&
    stampsPurse(rule) === "stamps" &&
    rule.reward.kind !== "offer" &&
    rewardStock(rule) === undefined);

/** What a list and a journal call the purse of a rule: accounts keep neither lots nor fractions. */
const headOf = ({ kind, purse }: ValueRule): number => purseHead({ kind, index: purse });

/**
 * A programme as far as no card has to remember for it: what keeps value, and what changes it by this purchase alone. What counts turns
 * and levels is the office's, or nobody's without a card.
 */
export function withoutCard(programme: Programme): Programme {
  const valued = programme.rules.filter(isValue);
  const rules = programme.rules.filter((rule) => {
    if (isValue(rule)) return true;
    if ("of" in rule && !valued.some(({ id }) => id === rule.of)) return false;
    const isPlain =
      rule.kind === "multiplier" || rule.kind === "bonus" || rule.kind === "cap" || rule.kind === "discount";
    return isPlain && !("limit" in rule && rule.limit !== undefined) && !("stock" in rule && rule.stock !== undefined);
  });
  return { ...programme, rules };
}

/**
 * The same, and what somebody who counts for the account can give it afterwards: levels, turns of a bonus, challenges. Nothing in it takes
 * more off a ticket than the terminal did.
 */
export function withMemory(programme: Programme): Programme {
  const valued = new Set(programme.rules.filter(isValue).map(({ id }) => id));
  const atTerminal = new Set(withoutCard(programme).rules);
  const isCounted = (rule: Rule): boolean => {
    if (rule.kind === "tiers") return true;
    return (rule.kind === "bonus" || rule.kind === "challenge") && rule.of !== undefined && valued.has(rule.of);
  };
  return { ...programme, rules: programme.rules.filter((rule) => atTerminal.has(rule) || isCounted(rule)) };
}

/** The purses of an account, with what may be spent of each, by the head byte of its purse. `today`: days since 2000. */
export function pursesToSpend(programme: Programme, spendable: (purse: number) => number, today: number): Purse[] {
  return programme.rules.filter(isValue).map((rule): Purse => {
    const value = spendable(headOf(rule));
    if (rule.kind === "stamps") return { kind: "stamps", index: rule.purse, count: Math.min(value, 0xff) };
    if (rule.kind === "prepaid")
      return { kind: "prepaid", index: rule.purse, cents: Math.min(value, PREPAID_CENTS_MAX) };
    const held = Math.min(value, VALUE_MAX);
    const lots: readonly Lot[] = held > 0 ? [{ value: held, expires: NEVER, issued: today }] : [];
    return purseOfBalance(placeOf(rule), held, 0, lots);
  });
}

function valueIn(purses: readonly Purse[], rule: ValueRule): number {
  if (rule.kind === "prepaid") return prepaidIn(purses, rule).paid;
  return rule.kind === "stamps" ? heldIn(purses, rule) : balanceIn(purses, placeOf(rule)).value;
}

/** What a visit moves in each purse, from the purses before and after it: what it took, and what came. What a refund moves is below zero. */
export function movesOf(
  programme: Programme,
  before: readonly Purse[],
  after: readonly Purse[],
  effects: readonly Effect[],
): readonly { readonly purse: number; readonly added: number; readonly taken: number }[] {
  return programme.rules.filter(isValue).flatMap((rule) => {
    const taken = effects.reduce((sum, effect) => {
      if (effect.rule !== rule.id) return sum;
      if (effect.type === "return") return sum - effect.value;
      return sum + (effect.type === "redeem" ? effect.value : (effect.taken ?? 0));
    }, 0);
    const added = valueIn(after, rule) - valueIn(before, rule) + taken;
    return added === 0 && taken === 0 ? [] : [{ purse: headOf(rule), added, taken }];
  });
}
