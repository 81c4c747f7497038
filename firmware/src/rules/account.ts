import type { Lot } from "@cachet/card-layout";
import { ArithmeticFault, whole } from "./arithmetic.ts";
import { endMembership } from "./club.ts";
import { worthOf } from "./lots.ts";
import { bonusHolding, holdPaid, prepaidIn } from "./prepaid.ts";
import { holdingOf, unitOf } from "./saving.ts";
import type { SavingRule } from "./saving-rule.ts";
import { holdUnits, unitsIn, unitsWorth } from "./units.ts";
import type { Working } from "./working.ts";

/** No money goes out for what a card holds while an old record could pass for this one, and be paid out again. Says so, and gives true. */
export function payoutBar(work: Working): boolean {
  if (work.facts.earnOnly !== true) return false;
  work.decline({ id: "", funder: "merchant" }, "cents", 0, "COUNTER_TORN");
  return true;
}

/** Cents that customers paid for what the card holds. */
function paidInto({ plan: { prepaid, units }, purses }: Working): number {
  const money = prepaid === null ? 0 : prepaidIn(purses, prepaid).paid;
  return units.reduce((sum, rule) => sum + unitsWorth(rule, unitsIn(purses, rule).paid), money);
}

/** Closes an account, unless it would pay out more than may still leave the card today (`CAP_DAY`): what the customer paid in goes back to him, what was given is lost, memberships end, and all of it is said. */
export function closeAccount(work: Working): void {
  if (payoutBar(work)) return;
  const { prepaid, units, savings } = work.plan;
  const paidIn = paidInto(work);
  if (paidIn > work.capLeft()) {
    work.decline({ id: "", funder: "merchant" }, "cents", paidIn, "CAP_DAY");
    return;
  }
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
    if (paid > 0)
      work.effects.push({
        type: "payout",
        rule: id,
        unit: "units",
        value: paid,
        funder,
        cents: unitsWorth(rule, paid),
      });
    if (bonus > 0) work.effects.push({ type: "forfeit", rule: id, unit: "units", value: bonus, funder });
    holdUnits(work, rule, 0, 0);
  }
  for (const { rule } of savings) {
    const { value } = holdingOf(work, rule).held;
    if (value === 0) continue;
    holdingOf(work, rule).take(value);
    work.effects.push({ type: "forfeit", rule: rule.id, unit: unitOf(rule), value, funder: rule.funder });
  }
  for (const rule of work.plan.clubs) endMembership(work, rule);
}

function savingRule({ plan }: Working, id: string): SavingRule {
  const found = plan.savings.find(({ rule }) => rule.id === id);
  if (found === undefined) throw new ArithmeticFault(`there is no rule "${id}" for this`);
  return found.rule;
}

/** Takes value off this card for another one: the nearest expiry first, with its days. Declined whole when there is too little. */
export function giveValue(work: Working, of: string, value: number): void {
  const rule = savingRule(work, of);
  if (whole(value, "value") <= 0) throw new ArithmeticFault(`value is ${value}, not more than nothing`);
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
  const rule = savingRule(work, of);
  if (lots.some((lot) => whole(lot.value, "value") <= 0)) throw new ArithmeticFault("a lot is not more than nothing");
  const holding = holdingOf(work, rule);
  const { held } = holding;
  const value = worthOf(lots);
  if (held.value - held.owed + value > rule.balanceMax) {
    work.decline(rule, unitOf(rule), value, "CAP_BALANCE");
    return;
  }
  holding.add(lots, held.remainder);
  work.effects.push({ type: "receive", rule: of, unit: unitOf(rule), value, funder: rule.funder, lots });
}
