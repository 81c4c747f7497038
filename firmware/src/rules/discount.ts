import { allocate, divide, sum } from "./arithmetic.ts";
import { bar } from "./bar.ts";
import type { DiscountRule } from "./modifier-rules.ts";
import type { Working } from "./working.ts";

function covers(work: Working, { categories }: DiscountRule, line: number): boolean {
  const { category } = work.sale.lines[line]!;
  if (categories !== undefined) return category !== undefined && categories.includes(category);
  return !work.isExcluded(work.sale.lines[line]!);
}

/** What a discount would take off each line; never more than is left to pay of it, by what programmes before this one redeemed too. */
function sharesOf(work: Working, rule: DiscountRule): readonly number[] {
  const covered = (amounts: readonly number[]) => amounts.map((amount, i) => (covers(work, rule, i) ? amount : 0));
  const open = covered(work.openLines());
  const basis = rule.basis === "running" ? work.discountedLines() : work.sale.lines.map(({ amount }) => amount);
  const wanted =
    "rate" in rule.off ? divide(sum(covered(basis)) * rule.off.rate, 10_000, rule.rounding) : rule.off.cents;
  return allocate(Math.min(wanted, sum(open)), open);
}

function give(work: Working, { id, funder }: DiscountRule, shares: readonly number[]): void {
  const value = sum(shares);
  if (value === 0) return;
  work.takeDiscount(shares);
  work.effects.push({ type: "discount", rule: id, unit: "cents", value, funder, shares });
}

/** The best of a group by what it takes off now; the first of equals. */
function bestOf(work: Working, rules: readonly DiscountRule[]): DiscountRule {
  return rules.reduce((a, b) => (sum(sharesOf(work, b)) > sum(sharesOf(work, a)) ? b : a));
}

/** Discounts one after the other; of a group, the best one. */
export function giveDiscounts(work: Working): void {
  if (work.facts.paid === true) return;
  const done = new Set<string>();
  for (const rule of work.plan.discounts) {
    const { group } = rule;
    if (group !== undefined && done.has(group)) continue;
    const together = group === undefined ? [rule] : work.plan.discounts.filter((other) => other.group === group);
    if (group !== undefined) done.add(group);
    const matching = together.filter((other) => {
      const reason = bar(work, other.when);
      if (reason !== null) work.skip(other, reason);
      return reason === null;
    });
    if (matching.length === 0) continue;
    const best = bestOf(work, matching);
    for (const other of matching) if (other !== best) work.skip(other, "OTHER_IS_BETTER");
    give(work, best, sharesOf(work, best));
  }
}
