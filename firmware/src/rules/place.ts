import type { LotCount } from "./lots.ts";
import type { SavingRule } from "./saving-rule.ts";

/** Where a rule keeps its value on a card. */
export interface Place {
  readonly index: number;
  readonly unit: "cents" | "points";
  readonly lots: LotCount;
  /** Keeps the unearned fraction. */
  readonly carries: boolean;
}

/** Where a saving rule keeps its value. */
export function placeOf(rule: SavingRule): Place {
  const unit = rule.kind === "cagnotte" ? "cents" : "points";
  return { index: rule.purse, unit, lots: rule.lots, carries: rule.rounding === "carry" };
}
