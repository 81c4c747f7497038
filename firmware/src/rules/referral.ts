import { isCardNumber } from "@cachet/card-layout";
import { barOf, basketBarOf, firstOf } from "./bar.ts";
import { giveBonus } from "./challenge.ts";
import type { Effect, Note } from "./effect.ts";
import type { Plan } from "./plan.ts";
import type { ReferralRule } from "./referral-rule.ts";
import { unitOf } from "./saving.ts";
import type { Reason } from "./words.ts";
import type { Step, Working } from "./working.ts";

/** What a card that somebody recommended gets at its first purchase, and what the card that was named is owed. */
export function refer(rule: ReferralRule): Step {
  const bar = firstOf([barOf(rule.when), basketBarOf(rule.minimum)].filter((one) => one !== null));
  return (work) => {
    const { referredBy } = work.sale;
    if (referredBy === undefined) return;
    const saving = work.plan.savings.find((one) => one.rule.id === rule.of)!.rule;
    const reason = refusal(work, referredBy) ?? bar?.(work) ?? null;
    if (reason !== null) {
      work.decline(rule, unitOf(saving), rule.godchild, reason);
      return;
    }
    const { id, funder, godchild, godparent } = rule;
    if (godchild > 0) giveBonus(work, rule, godchild);
    if (godparent === 0) return;
    work.effects.push({ type: "owe", rule: id, unit: unitOf(saving), value: godparent, funder, toCard: referredBy });
  };
}

/** Why a card cannot name this one. Being new is what keeps a card from being brought twice: nothing more is kept on it. */
function refusal({ facts, isFirst }: Working, referredBy: number): Reason | null {
  if (!isCardNumber(referredBy)) return "NO_SUCH_CARD";
  if (referredBy === facts.card) return "SAME_CARD";
  // Even where a counter was torn: nothing leaves the card, and the office looks at what is owed before it delivers it.
  return isFirst ? null : "SEEN_BEFORE";
}

/** What a receipt says of a referral. */
export function noteReferral({ savings }: Plan, { id, of }: ReferralRule, effects: readonly Effect[]): Note[] {
  const own = effects.filter(({ rule }) => rule === id);
  const earned = own.find(({ type }) => type === "earn");
  const owed = own.find(({ type }) => type === "owe");
  if (earned === undefined && owed === undefined) return [];
  const saving = savings.find(({ rule }) => rule.id === of)?.rule;
  const unitName = saving?.kind === "points" ? saving.unitName : null;
  const { value: godparent = 0, toCard: card = 0 } = owed ?? {};
  return [{ note: "referral", rule: id, unitName, value: earned?.value ?? 0, card, godparent }];
}
