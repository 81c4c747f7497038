import type { Purse } from "@cachet/card-layout";
import { divide } from "./arithmetic.ts";
import type { Effect, Note } from "./effect.ts";
import type { UnitsRule } from "./prepaid-rule.ts";
import type { Step, Working } from "./working.ts";

export const UNITS_MAX = 0xffff;

/** Units that were paid for, and units given on top. */
export function unitsIn(purses: readonly Purse[], rule: UnitsRule): { readonly paid: number; readonly bonus: number } {
  const purse = purses.find(({ kind, index }) => kind === "units" && index === rule.purse);
  return purse?.kind === "units" ? purse : { paid: 0, bonus: 0 };
}

export function holdUnits(work: Working, rule: UnitsRule, paid: number, bonus: number): void {
  work.put({ kind: "units", index: rule.purse, paid, bonus }, ["units"]);
}

/** Cents that so many units are worth when they are paid back: at the price of the cheapest pack by the unit, so that nobody gets back more than was paid. */
export const unitsWorth = ({ packs }: UnitsRule, count: number): number =>
  Math.min(...packs.map(({ units, price }) => divide(count * price, units, "ceil")));

/** Puts the units of a pack on the card; `pack` counts from 1. */
export function buyPack(work: Working, rule: UnitsRule, pack: number): void {
  const { id, funder, bonusRate } = rule;
  const bought = rule.packs[pack - 1];
  if (bought === undefined) {
    work.decline(rule, "units", pack, "NO_SUCH_GIFT");
    return;
  }
  const held = unitsIn(work.purses, rule);
  const bonus = divide(bought.units * bonusRate, 10_000, "floor");
  if (held.paid + bought.units > UNITS_MAX || held.bonus + bonus > UNITS_MAX) {
    work.decline(rule, "units", bought.units, "CAP_BALANCE");
    return;
  }
  holdUnits(work, rule, held.paid + bought.units, held.bonus + bonus);
  work.effects.push({ type: "topup", rule: id, unit: "units", value: bought.units, funder, cents: bought.price });
  if (bonus > 0) work.effects.push({ type: "earn", rule: id, unit: "units", value: bonus, funder, label: "bonus" });
}

/** Uses units, those of the first part first. Declined whole when there are too few. */
export const useUnits =
  (rule: UnitsRule): Step =>
  (work) => {
    const { use } = work.sale;
    if (use !== undefined && use > 0) take(work, rule, use);
  };

function take(work: Working, rule: UnitsRule, use: number): void {
  const { id, funder, spendFirst } = rule;
  const held = unitsIn(work.purses, rule);
  const reason = work.spendingBar() ?? (use > held.paid + held.bonus ? "INSUFFICIENT" : null);
  if (reason !== null) {
    work.decline(rule, "units", use, reason);
    return;
  }
  const first = Math.min(use, held[spendFirst]);
  const [bonus, paid] = spendFirst === "bonus" ? [first, use - first] : [use - first, first];
  holdUnits(work, rule, held.paid - paid, held.bonus - bonus);
  const parts = [
    { value: bonus, label: "bonus" },
    { value: paid, label: "paid" },
  ];
  for (const { value, label } of parts) {
    if (value > 0) work.effects.push({ type: "redeem", rule: id, unit: "units", value, funder, cents: 0, label });
  }
}

export function noteUnits(rule: UnitsRule, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  const { paid, bonus } = unitsIn(purses, rule);
  const { id, unitName } = rule;
  const used = effects.reduce(
    (sum, { type, rule: of, value }) => (type === "redeem" && of === id ? sum + value : sum),
    0,
  );
  return [{ note: "units", rule: id, unitName, used, left: paid + bonus }];
}
