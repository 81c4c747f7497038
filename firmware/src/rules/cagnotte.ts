import type { Purse, PurseKind } from "@cachet/card-layout";
import { divide, sum } from "./arithmetic.ts";
import type { CagnotteRule } from "./cagnotte-rule.ts";
import type { Effect, Note, Reason, Working } from "./working.ts";

const BASIS = 10_000;

export function cagnottePurse(rule: CagnotteRule): PurseKind {
  return rule.rounding === "carry" ? "carrying-cagnotte" : "cagnotte";
}

const PURSES: readonly PurseKind[] = ["cagnotte", "carrying-cagnotte"];

/** What the card holds, under whichever kind of purse a version of the programme kept it. */
function held(purses: readonly Purse[], rule: CagnotteRule): { readonly cents: number; readonly remainder: number } {
  const purse = purses.find(({ kind, index }) => PURSES.includes(kind) && index === rule.purse);
  if (purse?.kind === "carrying-cagnotte") return purse;
  return { cents: purse?.kind === "cagnotte" ? purse.cents : 0, remainder: 0 };
}

function hold(work: Working, rule: CagnotteRule, cents: number, remainder: number): void {
  if (rule.rounding === "carry") work.put({ kind: "carrying-cagnotte", index: rule.purse, cents, remainder }, PURSES);
  else work.put({ kind: "cagnotte", index: rule.purse, cents }, PURSES);
}

/** Why a request is refused whole; null when it is not. */
function redeemRefusal(work: Working, asked: number | "max", cents: number): Reason | null {
  const bar = work.spendingBar();
  if (bar !== null || asked === "max") return bar;
  if (asked > cents) return "INSUFFICIENT";
  return asked > work.capLeft() ? "CAP_DAY" : null;
}

/**
 * Redemption: what was asked for, at most what is left to pay. Refused whole when the card holds less than asked, or when
 * less may leave it today; `max` asks for what is possible and is cut instead.
 */
export function redeemCagnotte(work: Working, rule: CagnotteRule): void {
  const { redeem } = work.sale;
  const taken = sum(work.redeemed);
  // Prepaid money that paid by itself in an earlier programme is no answer to the request.
  const earlier = sum(work.facts.before?.redeemed ?? []) - sum(work.facts.before?.prepaid ?? []);
  const asked = redeem === "max" ? "max" : (redeem ?? 0) - taken - earlier;
  if (asked !== "max" && asked <= 0) return;
  const { cents, remainder } = held(work.purses, rule);
  const reason = redeemRefusal(work, asked, cents);
  const wanted = asked === "max" ? cents : asked;
  if (reason !== null) {
    const { id, funder } = rule;
    work.effects.push({ type: "decline", rule: id, unit: "cents", value: wanted, funder, reason });
    return;
  }
  const value = sum(work.spend(rule, wanted));
  if (value > 0) hold(work, rule, cents - value, remainder);
}

/** Earning on what is really paid: eligible lines, each less its share of discounts and redemptions. */
export function earnCagnotte(work: Working, rule: CagnotteRule): void {
  const base = work.eligible(work.openLines());
  const { cents, remainder } = held(work.purses, rule);
  const exact = base * rule.rate + (rule.rounding === "carry" ? remainder : 0);
  const earned = divide(exact, BASIS, rule.rounding === "carry" ? "floor" : rule.rounding);
  const value = Math.max(0, Math.min(earned, rule.balanceMax - cents));
  hold(work, rule, cents + value, rule.rounding === "carry" ? exact % BASIS : 0);
  if (earned === 0) return;
  const capped = value < earned ? ({ wouldBe: earned, reason: "CAP_BALANCE" } as const) : {};
  work.effects.push({ type: "earn", rule: rule.id, unit: "cents", value, funder: rule.funder, ...capped });
}

/** What a receipt says of a cagnotte, from what was done and what the card holds then. */
export function noteCagnotte(rule: CagnotteRule, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  const total = (type: "earn" | "redeem") =>
    effects.reduce((sum, effect) => (effect.type === type && effect.rule === rule.id ? sum + effect.value : sum), 0);
  const { cents } = held(purses, rule);
  return [{ note: "cagnotte", rule: rule.id, earned: total("earn"), redeemed: total("redeem"), balance: cents }];
}
