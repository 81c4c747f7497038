import type { Purse, PurseKind } from "@cachet/card-layout";
import { allocate, divide } from "./arithmetic.ts";
import type { CagnotteRule } from "./cagnotte-rule.ts";
import type { Effect, Note, Working } from "./working.ts";

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

/** Redemption: what was asked for, at most what is left to pay. Refused whole when the card holds less than asked. */
export function redeemCagnotte(work: Working, rule: CagnotteRule): void {
  const { redeem } = work.sale;
  const taken = work.redeemed.reduce((sum, share) => sum + share, 0);
  const earlier = (work.facts.before?.redeemed ?? []).reduce((sum, share) => sum + share, 0);
  const asked = redeem === "max" ? "max" : (redeem ?? 0) - taken - earlier;
  if (asked !== "max" && asked <= 0) return;
  const { cents, remainder } = held(work.purses, rule);
  const decline = (reason: "MERCHANT_CANNOT_REDEEM" | "INSUFFICIENT") =>
    work.effects.push({
      type: "decline",
      rule: rule.id,
      unit: "cents",
      value: asked === "max" ? cents : asked,
      funder: rule.funder,
      reason,
    });
  if (work.programme.merchants[work.facts.merchant]!.role === "earn-only") {
    decline("MERCHANT_CANNOT_REDEEM");
    return;
  }
  if (asked !== "max" && asked > cents) {
    decline("INSUFFICIENT");
    return;
  }
  const open = work.openLines();
  const value = Math.min(
    asked === "max" ? cents : asked,
    open.reduce((sum, amount) => sum + amount, 0),
  );
  if (value === 0) return;
  const shares = allocate(value, open);
  for (const [i, share] of shares.entries()) work.redeemed[i]! += share;
  hold(work, rule, cents - value, remainder);
  work.effects.push({ type: "redeem", rule: rule.id, unit: "cents", value, funder: rule.funder, shares });
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
