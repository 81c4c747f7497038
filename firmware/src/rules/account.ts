import type { Lot } from "@cachet/card-layout";
import { Holding } from "./balance.ts";
import { withLots, worthOf } from "./lots.ts";
import { bonusHolding, holdPaid, prepaidIn } from "./prepaid.ts";
import { holdingOf, placeOf, unitOf } from "./saving.ts";
import { holdUnits, unitPrice, unitsIn } from "./units.ts";
import type { Working } from "./working.ts";

/** Closes an account: what the customer paid in goes back to him, what was given is lost, and both are said. */
export function closeAccount(work: Working): void {
  const { prepaid, units, savings } = work.plan;
  if (prepaid !== null) {
    const { paid, bonus } = prepaidIn(work.purses, prepaid);
    const { id, funder } = prepaid;
    if (paid > 0) work.effects.push({ type: "payout", rule: id, unit: "cents", value: paid, funder });
    if (bonus > 0) {
      bonusHolding(work, prepaid)!.take(bonus);
      work.effects.push({ type: "forfeit", rule: id, unit: "cents", value: bonus, funder: prepaid.bonus!.funder });
    }
    holdPaid(work, prepaid, 0);
  }
  for (const rule of units) {
    const { paid, bonus } = unitsIn(work.purses, rule);
    const { id, funder } = rule;
    if (paid > 0) {
      work.effects.push({
        type: "payout",
        rule: id,
        unit: "cents",
        value: paid * unitPrice(rule),
        funder,
        taken: paid,
      });
    }
    if (bonus > 0) work.effects.push({ type: "forfeit", rule: id, unit: "units", value: bonus, funder });
    holdUnits(work, rule, 0, 0);
  }
  for (const { rule } of savings) {
    const { value } = holdingOf(work, rule).held;
    if (value === 0) continue;
    holdingOf(work, rule).take(value);
    work.effects.push({ type: "forfeit", rule: rule.id, unit: unitOf(rule), value, funder: rule.funder });
  }
}

/** Takes value off this card for another one: the nearest expiry first, with its days. Declined whole when there is too little. */
export function giveValue(work: Working, of: string, value: number): void {
  const rule = work.plan.savings.find((saving) => saving.rule.id === of)?.rule;
  if (rule === undefined) return;
  const holding = holdingOf(work, rule);
  const reason = work.spendingBar() ?? (holding.held.value < value ? "INSUFFICIENT" : null);
  if (reason !== null) {
    work.decline(rule, unitOf(rule), value, reason);
    return;
  }
  const lots = holding.take(value);
  const kept = lots.length > 0 ? { lots } : {};
  work.effects.push({ type: "give", rule: of, unit: unitOf(rule), value, funder: rule.funder, ...kept });
}

/** Puts value of another card on this one, with the days that it had there. Declined whole when it would hold too much. */
export function receiveValue(work: Working, of: string, lots: readonly Lot[]): void {
  const rule = work.plan.savings.find((saving) => saving.rule.id === of)?.rule;
  if (rule === undefined) return;
  const holding = new Holding(work, placeOf(rule));
  const { held } = holding;
  const value = worthOf(lots);
  if (held.value + value > rule.balanceMax) {
    work.decline(rule, unitOf(rule), value, "CAP_BALANCE");
    return;
  }
  if (rule.lots > 0) holding.keepLots(withLots(held.lots, lots, rule.lots));
  else holding.add(lots, held.remainder);
  work.effects.push({ type: "receive", rule: of, unit: unitOf(rule), value, funder: rule.funder, lots });
}
