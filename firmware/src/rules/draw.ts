import { divide } from "./arithmetic.ts";
import { guarded, lets } from "./bar.ts";
import type { DrawRule } from "./modifier-rules.ts";
import type { Step, Working } from "./working.ts";

/** Chances in a draw for what was paid. */
export function drawEntries(rule: DrawRule): Step {
  const own = guarded(rule);
  return (work) => {
    if (lets(work, own)) draw(work, rule);
  };
}

function draw(work: Working, rule: DrawRule): void {
  const wouldBe = divide(work.eligible(work.paidLines()), rule.cents, "floor");
  const value = Math.min(wouldBe, rule.entriesMax);
  if (wouldBe === 0) return;
  const { id, funder } = rule;
  const capped = value < wouldBe ? ({ wouldBe, reason: "CAP_VISIT" } as const) : {};
  work.effects.push({ type: "entries", rule: id, unit: "entries", value, funder, ...capped });
}
