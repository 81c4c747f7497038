import { divide } from "./arithmetic.ts";
import { bar } from "./bar.ts";
import type { DrawRule } from "./modifier-rules.ts";
import type { Working } from "./working.ts";

/** Chances in a draw for what was paid. */
export function drawEntries(work: Working, rule: DrawRule): void {
  const reason = bar(work, rule.when);
  if (reason !== null) {
    work.skip(rule, reason);
    return;
  }
  const wouldBe = divide(work.eligible(work.paidLines()), rule.cents, "floor");
  const value = Math.min(wouldBe, rule.entriesMax);
  if (wouldBe === 0) return;
  const { id, funder } = rule;
  const capped = value < wouldBe ? ({ wouldBe, reason: "CAP_VISIT" } as const) : {};
  work.effects.push({ type: "entries", rule: id, unit: "entries", value, funder, ...capped });
}
