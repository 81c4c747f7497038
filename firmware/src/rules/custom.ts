import { civilOf } from "@cachet/card-layout";
import type { CustomEarning, CustomFacts } from "./custom-facts.ts";
import { metered } from "./custom-steps.ts";
import type { BonusRule } from "./modifier-rules.ts";
import type { SavingPlan } from "./plan.ts";
import { holdingOf } from "./saving.ts";
import { STEPS_MAX, StepsExhausted } from "./steps.ts";
import type { Working } from "./working.ts";

/** The most that a custom rule gives at once. */
export const CUSTOM_VALUE_MAX = 1_000_000_000;

function timeOf({ facts, now }: Working): CustomFacts["time"] {
  if (facts.clockSuspect) return null;
  const { year, month, dayOfMonth } = civilOf(now.day);
  return { year, month, dayOfMonth, weekday: now.weekday, minute: now.minute };
}

/** Made anew for each function: what one does to its facts no other sees. */
function factsFor(work: Working, { rule }: SavingPlan, earned: number): CustomFacts {
  const amounts = work.discountedLines();
  const earning = work.earningLines();
  return {
    merchant: work.facts.merchant,
    time: timeOf(work),
    lines: work.sale.lines.map((line, i) => ({
      amount: amounts[i]!,
      earning: work.isExcluded(line) ? 0 : earning[i]!,
      quantity: work.unitsLeft(i),
      category: line.category ?? null,
    })),
    tier: work.plan.tiers === null ? null : work.tierHeld(),
    isFirst: work.isFirst,
    balance: holdingOf(work, rule).held.value,
    earned,
  };
}

/** What a custom rule gives; 0 where it fails, which is said. Throws `StepsExhausted`. */
export function customValue(
  work: Working,
  plan: SavingPlan,
  rule: BonusRule,
  { earn }: CustomEarning,
  earned: number,
): number {
  const facts = factsFor(work, plan, earned);
  const ended = metered(STEPS_MAX - work.steps, () => earn(facts));
  if (ended.left < 0) throw new StepsExhausted(rule.id);
  work.steps = STEPS_MAX - ended.left;
  if (ended.threw) {
    work.skip(rule, "RULE_THREW");
    return 0;
  }
  const { value } = ended;
  if (Number.isSafeInteger(value) && value >= 0 && value <= CUSTOM_VALUE_MAX) return value;
  work.skip(rule, "BAD_VALUE");
  return 0;
}
