import { allocate, divide, sum } from "./arithmetic.ts";
import { type Guarded, guarded, lets } from "./bar.ts";
import type { DiscountRule } from "./modifier-rules.ts";
import type { Plan } from "./plan.ts";
import { fromStock } from "./stock.ts";
import { countUsed, limitBar } from "./used.ts";
import type { Step, Working } from "./working.ts";

function covers(work: Working, { categories }: DiscountRule, line: number): boolean {
  const { category } = work.sale.lines[line]!;
  if (categories !== undefined) return category !== undefined && categories.includes(category);
  return !work.isExcluded(work.sale.lines[line]!);
}

/** What a discount would take off each line; never more than is left to pay of it, by what programmes before this one redeemed too. */
function sharesOf(work: Working, rule: DiscountRule): readonly number[] {
  const covered = (amounts: readonly number[]) => amounts.map((amount, i) => (covers(work, rule, i) ? amount : 0));
  const open = covered(work.openLines());
  const basis = rule.basis === "running" ? work.discountedLines() : work.amounts();
  const wanted =
    "rate" in rule.off ? divide(sum(covered(basis)) * rule.off.rate, 10_000, rule.rounding) : rule.off.cents;
  return allocate(Math.min(wanted, sum(open)), open);
}

function give(work: Working, { id, funder, limit, stock }: DiscountRule, shares: readonly number[]): void {
  const value = sum(shares);
  if (value === 0) return;
  work.take({ discounts: shares });
  work.effects.push({ type: "discount", rule: id, unit: "cents", value, funder, shares, ...fromStock(id, stock) });
  if (limit !== undefined) countUsed(work, limit.per, limit.purse, 1);
}

/** The best of a group by what it takes off now; the first of equals. */
function bestOf(work: Working, rules: readonly DiscountRule[]): DiscountRule {
  return rules.reduce((a, b) => (sum(sharesOf(work, b)) > sum(sharesOf(work, a)) ? b : a));
}

/** Discounts one after the other; of a group, the best one. */
export function giveDiscounts({ discounts }: Plan): Step | null {
  if (discounts.length === 0) return null;
  const all = discounts.map(guarded);
  const together = all.flatMap((one, i) => {
    const { group } = one.rule;
    if (group === undefined) return [[one]];
    return all.findIndex(({ rule }) => rule.group === group) < i
      ? []
      : [all.filter(({ rule }) => rule.group === group)];
  });
  return (work) => {
    if (work.facts.paid === true) return;
    for (const group of together) giveBest(work, group);
  };
}

/** Whether any piece is left; whoever would have got one is told. */
function isThere(work: Working, rule: DiscountRule): boolean {
  if (work.stockLeft(rule.id, rule.stock) > 0) return true;
  const value = sum(sharesOf(work, rule));
  if (value > 0) work.decline(rule, "cents", value, "EPUISE");
  return false;
}

function hasTurn(work: Working, rule: DiscountRule): boolean {
  const reason = limitBar(work, rule.limit);
  if (reason !== null) work.skip(rule, reason);
  return reason === null && isThere(work, rule);
}

function giveBest(work: Working, group: readonly Guarded<DiscountRule>[]): void {
  const matching = group.filter((one) => lets(work, one) && hasTurn(work, one.rule)).map(({ rule }) => rule);
  if (matching.length === 0) return;
  const best = bestOf(work, matching);
  for (const other of matching) if (other !== best) work.skip(other, "OTHER_IS_BETTER");
  give(work, best, sharesOf(work, best));
}
