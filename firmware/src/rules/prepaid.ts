import type { Purse, PurseKind } from "@cachet/card-layout";
import { sum } from "./arithmetic.ts";
import type { PrepaidRule } from "./prepaid-rule.ts";
import type { Effect, Note, Reason, Working } from "./working.ts";

export function prepaidPurse(): PurseKind {
  return "prepaid";
}

function held(purses: readonly Purse[], rule: PrepaidRule): number {
  const purse = purses.find(({ kind, index }) => kind === "prepaid" && index === rule.purse);
  return purse?.kind === "prepaid" ? purse.cents : 0;
}

function hold(work: Working, rule: PrepaidRule, cents: number): void {
  work.put({ kind: "prepaid", index: rule.purse, cents }, ["prepaid"]);
}

/**
 * Pays what cagnottes left open, excluded categories included: it is the customer's own money. Nobody asked for it, so
 * what stands in its way is skipped, not declined.
 */
export function payPrepaid(work: Working, rule: PrepaidRule): void {
  const cents = held(work.purses, rule);
  if (work.sale.prepaid === "none" || cents === 0 || sum(work.openLines()) === 0) return;
  const bar = work.spendingBar();
  if (bar !== null) {
    work.skip(rule, bar);
    return;
  }
  const shares = work.spend(rule, cents);
  for (const [i, share] of shares.entries()) work.prepaid[i]! += share;
  hold(work, rule, cents - sum(shares));
}

/** Why this rule does not take so much cash; null when it does. */
function topUpRefusal(rule: PrepaidRule, cents: number, amount: number): Reason | null {
  if (amount < rule.topUpMin) return "BELOW_MINIMUM";
  if (amount > rule.topUpMax) return "ABOVE_MAXIMUM";
  return cents + amount > rule.balanceMax ? "CAP_BALANCE" : null;
}

/** Puts cash on the card, or declines it whole. */
export function topUpPrepaid(work: Working, rule: PrepaidRule, amount: number): void {
  const cents = held(work.purses, rule);
  const reason = topUpRefusal(rule, cents, amount);
  const effect = { rule: rule.id, unit: "cents", value: amount, funder: rule.funder } as const;
  if (reason !== null) {
    work.effects.push({ type: "decline", ...effect, reason });
    return;
  }
  hold(work, rule, cents + amount);
  work.effects.push({ type: "topup", ...effect });
}

/** What a receipt says of prepaid money, from what was done and what the card holds then. */
export function notePrepaid(rule: PrepaidRule, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  const total = (type: "topup" | "redeem") =>
    sum(effects.flatMap((effect) => (effect.type === type && effect.rule === rule.id ? effect.value : [])));
  const balance = held(purses, rule);
  return [{ note: "prepaid", rule: rule.id, toppedUp: total("topup"), spent: total("redeem"), balance }];
}
