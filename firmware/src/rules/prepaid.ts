import type { Purse, PurseKind } from "@cachet/card-layout";
import { allocate, divide, sum } from "./arithmetic.ts";
import { balanceIn, Holding, lotsOf, placeKind } from "./balance.ts";
import type { Effect, Note } from "./effect.ts";
import { worthOf } from "./lots.ts";
import type { Place } from "./place.ts";
import type { PrepaidRule, TopUpBonus } from "./prepaid-rule.ts";
import type { Reason } from "./words.ts";
import type { Step, Working } from "./working.ts";

export const bonusPlace = ({ purse, lots }: TopUpBonus): Place => ({
  index: purse,
  unit: "cents",
  lots,
  carries: false,
});

/** The purses of prepaid money: what was paid in, and what was given on top. */
export function prepaidPurses({ bonus }: PrepaidRule): PurseKind[] {
  return ["prepaid", ...(bonus === null ? [] : [placeKind(bonusPlace(bonus))])];
}

/** Cents paid in, and cents given on top. */
export function prepaidIn(
  purses: readonly Purse[],
  rule: PrepaidRule,
): { readonly paid: number; readonly bonus: number } {
  const purse = purses.find(({ kind, index }) => kind === "prepaid" && index === rule.purse);
  const bonus = rule.bonus === null ? 0 : balanceIn(purses, bonusPlace(rule.bonus)).value;
  return { paid: purse?.kind === "prepaid" ? purse.cents : 0, bonus };
}

export function holdPaid(work: Working, rule: PrepaidRule, cents: number): void {
  work.put({ kind: "prepaid", index: rule.purse, cents }, ["prepaid"]);
}

/** Where the money given on top lies while a visit is evaluated; null where there is none. */
export function bonusHolding(work: Working, { bonus }: PrepaidRule): Holding | null {
  return bonus === null ? null : new Holding(work, bonusPlace(bonus));
}

/** Money given on top whose last day is over leaves the card. */
export function expireBonus({ id, bonus }: PrepaidRule): Step | null {
  if (bonus === null) return null;
  const { funder } = bonus;
  return (work) => {
    const over = new Holding(work, bonusPlace(bonus)).expire(work.expiryDay);
    if (over.length === 0) return;
    work.effects.push({
      type: "expire",
      rule: id,
      unit: "cents",
      value: worthOf(over),
      funder,
      label: "bonus",
      lots: over,
    });
  };
}

/** Takes so many cents out of one part, and says so. What was given on top is a discount of the shop; what was paid in, a tender. */
function payFrom(work: Working, rule: PrepaidRule, part: "paid" | "bonus", cents: number, wouldBe: number): void {
  const shares = allocate(cents, work.openLines());
  work.take({ redeemed: shares, prepaid: shares, ...(part === "bonus" ? { untaxed: shares } : {}) });
  const lots = part === "bonus" ? bonusHolding(work, rule)!.take(cents) : [];
  if (part === "paid") holdPaid(work, rule, prepaidIn(work.purses, rule).paid - cents);
  work.effects.push({
    type: "redeem",
    rule: rule.id,
    unit: "cents",
    value: cents,
    funder: part === "bonus" ? rule.bonus!.funder : rule.funder,
    ...(cents < wouldBe ? ({ wouldBe, reason: "CAP_DAY" } as const) : {}),
    ...(part === "bonus" ? { label: "bonus" } : {}),
    shares,
    ...(lots.length > 0 ? { lots } : {}),
  });
}

/** Why prepaid money does not pay what the till asked of it; null when it does. */
function askedRefusal(work: Working, asked: number, held: number): Reason | null {
  const bar = work.spendingBar();
  if (bar !== null) return bar;
  if (asked > held) return "INSUFFICIENT";
  return asked > work.capLeft() ? "CAP_DAY" : null;
}

/**
 * Pays what cagnottes left open, excluded categories included: it is the customer's own money. Where nobody asked for it,
 * what stands in its way is skipped, not declined.
 */
export const payPrepaid =
  (rule: PrepaidRule): Step =>
  (work) =>
    pay(work, rule);

function pay(work: Working, rule: PrepaidRule): void {
  const held = prepaidIn(work.purses, rule);
  const all = held.paid + held.bonus;
  const asked = work.sale.prepaid;
  const open = sum(work.openLines());
  if (typeof asked === "number") {
    const reason = asked === 0 ? null : askedRefusal(work, asked, all);
    if (reason !== null) work.decline(rule, "cents", asked, reason);
    if (reason !== null || asked === 0) return;
  } else {
    if (asked === "none" || all === 0 || open === 0) return;
    const bar = work.spendingBar();
    if (bar !== null) {
      work.skip(rule, bar);
      return;
    }
  }
  const wouldBe = Math.min(typeof asked === "number" ? asked : all, open);
  const value = Math.min(wouldBe, work.capLeft());
  if (wouldBe === 0) return;
  const order = rule.spendFirst === "bonus" ? (["bonus", "paid"] as const) : (["paid", "bonus"] as const);
  const [first, second] = order.filter((part) => held[part] > 0);
  const ofFirst = Math.min(value, held[first!]);
  const cutBy = wouldBe - value;
  if (value === ofFirst) {
    payFrom(work, rule, first!, value, wouldBe);
    return;
  }
  payFrom(work, rule, first!, ofFirst, ofFirst);
  payFrom(work, rule, second!, value - ofFirst, value - ofFirst + cutBy);
}

/** Why this rule does not take so much cash; null when it does. */
function topUpRefusal(rule: PrepaidRule, cents: number, amount: number): Reason | null {
  if (amount < rule.topUpMin) return "BELOW_MINIMUM";
  if (amount > rule.topUpMax) return "ABOVE_MAXIMUM";
  return cents + amount > rule.balanceMax ? "CAP_BALANCE" : null;
}

/** What a top-up gets on top: the rate of the band that it reaches, or of each band for the part that lies in it. Rounded once. */
export function bonusFor({ bands, counts = "whole", rounding }: TopUpBonus, amount: number): number {
  const reached = bands.filter(({ from }) => amount >= from).sort((a, b) => b.from - a.from);
  const parts =
    counts === "whole"
      ? reached.slice(0, 1).map(({ rate }) => amount * rate)
      : reached.map(({ from, rate }, i) => ((reached[i - 1]?.from ?? amount) - from) * rate);
  return divide(sum(parts), 10_000, rounding);
}

/** Puts cash on the card, or declines it whole. */
export function topUpPrepaid(work: Working, rule: PrepaidRule, amount: number): void {
  const { paid } = prepaidIn(work.purses, rule);
  const reason = topUpRefusal(rule, paid, amount);
  if (reason !== null) {
    work.decline(rule, "cents", amount, reason);
    return;
  }
  holdPaid(work, rule, paid + amount);
  const { id, funder, bonus } = rule;
  work.effects.push({ type: "topup", rule: id, unit: "cents", value: amount, funder });
  const wouldBe = bonus === null ? 0 : bonusFor(bonus, amount);
  if (bonus === null || wouldBe === 0) return;
  const holding = bonusHolding(work, rule)!;
  const value = Math.min(wouldBe, holding.room);
  const lots = lotsOf(work, bonus.validity, value);
  holding.add(lots, 0);
  work.effects.push({
    type: "earn",
    rule: id,
    unit: "cents",
    value,
    funder: bonus.funder,
    label: "bonus",
    ...(value < wouldBe ? ({ wouldBe, reason: "CAP_BALANCE" } as const) : {}),
    ...(bonus.lots > 0 && value > 0 ? { lots } : {}),
  });
}

/** The least top-up that something is given on top of, as far as the account takes it; 0 cents where nothing ever is. */
function suggested({ id, bonus, balanceMax, topUpMin, topUpMax }: PrepaidRule, paid: number): Note {
  const most = Math.min(topUpMax, balanceMax - paid);
  const amounts = (bonus?.bands ?? []).map(({ from }) => Math.max(from, topUpMin)).sort((a, b) => a - b);
  const cents = amounts.find((amount) => amount <= most && bonusFor(bonus!, amount) > 0) ?? 0;
  return { note: "recharge", rule: id, cents, bonus: cents === 0 ? 0 : bonusFor(bonus!, cents) };
}

/** What a receipt says of prepaid money, from what was done and what the card holds then. */
export function notePrepaid(rule: PrepaidRule, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  const total = (type: "topup" | "redeem") =>
    sum(effects.flatMap((effect) => (effect.type === type && effect.rule === rule.id ? effect.value : [])));
  const { paid, bonus } = prepaidIn(purses, rule);
  const [toppedUp, spent] = [total("topup"), total("redeem")];
  const isClosed = effects.some(({ type }) => type === "payout");
  const asks = paid + bonus < rule.suggestBelow && !isClosed ? [suggested(rule, paid)] : [];
  return [{ note: "prepaid", rule: rule.id, toppedUp, spent, balance: paid + bonus, bonus }, ...asks];
}
