import type { Purse, PurseKind } from "@cachet/card-layout";
import { allocate, divide, sum } from "./arithmetic.ts";
import { type Balance, balanceIn, Holding, placeKind } from "./balance.ts";
import type { Effect, Note } from "./effect.ts";
import { worthOf } from "./lots.ts";
import { placeOf } from "./place.ts";
import type { Plan, SavingPlan } from "./plan.ts";
import type { Gift, PointsRule, SavingRule } from "./saving-rule.ts";
import { fromStock, giftStock } from "./stock.ts";
import type { Reason } from "./words.ts";
import type { Step, Working } from "./working.ts";

export const savingPurse = (rule: SavingRule): PurseKind => placeKind(placeOf(rule));
export const unitOf = (rule: SavingRule): "cents" | "points" => (rule.kind === "cagnotte" ? "cents" : "points");
export const holdingOf = (work: Working, rule: SavingRule): Holding => new Holding(work, placeOf(rule));

/** Lots whose last day is over leave the card. */
export function expireSaving({ rule, place }: SavingPlan): Step {
  const { id, funder } = rule;
  return (work) => {
    if (!work.hasLots(place.index)) return;
    const over = new Holding(work, place).expire(work.expiryDay);
    if (over.length === 0) return;
    work.effects.push({ type: "expire", rule: id, unit: unitOf(rule), value: worthOf(over), funder, lots: over });
  };
}

/** What one step takes from the purse and off the ticket. */
const stepOf = (rule: SavingRule): { readonly taken: number; readonly cents: number } | null => {
  if (rule.kind === "cagnotte") return { taken: 1, cents: 1 };
  return rule.redeem === null ? null : { taken: rule.redeem.points, cents: rule.redeem.cents };
};

/** What the value of a purse could pay, in cents. */
function payableBy(rule: SavingRule, value: number): number {
  const step = stepOf(rule);
  return step === null ? 0 : divide(value, step.taken, "floor") * step.cents;
}

/** Why a request is refused whole; null when it is not. */
function refusal(work: Working, rule: SavingRule, asked: number | "max", cents: number, most: number): Reason | null {
  const bar = work.spendingBar();
  if (bar !== null || asked === "max") return bar;
  if (asked > cents) return "INSUFFICIENT";
  if (asked < Math.max(rule.redeemMin, stepOf(rule)!.cents)) return "BELOW_MINIMUM";
  if (Math.min(asked, sum(work.openLines())) > most) return "ABOVE_MAXIMUM";
  return asked > work.capLeft() ? "CAP_DAY" : null;
}

/** What earlier rules and programmes already paid of what the customer asked for. */
function stillAsked({ sale, taken, facts }: Working): number | "max" {
  if (sale.redeem === "max") return "max";
  // Prepaid money that paid by itself in an earlier programme is no answer to the request.
  const earlier = sum(facts.before?.redeemed ?? []) - sum(facts.before?.prepaid ?? []);
  return (sale.redeem ?? 0) - sum(taken.redeemed) - earlier;
}

/**
 * Redemption: what was asked for, at most what is left to pay, in whole steps. Refused whole when the card holds less than asked, or
 * when less may leave it; `max` asks for what is possible and is cut instead.
 */
export function redeemSaving({ rule }: SavingPlan): Step | null {
  const step = stepOf(rule);
  if (step === null) return null;
  return (work) => {
    if (work.sale.redeem !== undefined) redeem(work, rule, step);
  };
}

function redeem(work: Working, rule: SavingRule, step: { readonly taken: number; readonly cents: number }): void {
  const asked = stillAsked(work);
  if (asked !== "max" && asked <= 0) return;
  const holding = holdingOf(work, rule);
  const { value: held } = holding.held;
  const cents = payableBy(rule, held);
  const most = divide(sum(work.discountedLines()) * rule.redeemShareMax, 10_000, "floor");
  const reason = refusal(work, rule, asked, cents, most);
  const wanted = asked === "max" ? cents : asked;
  if (wanted === 0) return;
  if (reason !== null) {
    work.decline(rule, "cents", wanted, reason);
    return;
  }
  const open = Math.min(sum(work.openLines()), asked === "max" ? most : Number.POSITIVE_INFINITY);
  const wouldBe = Math.min(wanted, open);
  const steps = divide(Math.min(wouldBe, work.capLeft()), step.cents, "floor");
  const paid = steps * step.cents;
  if (wouldBe < Math.max(rule.redeemMin, step.cents)) return;
  const isCapped = paid < divide(wouldBe, step.cents, "floor") * step.cents;
  const shares = allocate(paid, work.openLines());
  work.take({ redeemed: shares, ...(rule.pays === "discount" ? { untaxed: shares } : {}) });
  const lots = paid > 0 ? holding.take(steps * step.taken) : [];
  work.effects.push({
    type: "redeem",
    rule: rule.id,
    unit: unitOf(rule),
    value: steps * step.taken,
    funder: rule.funder,
    ...(rule.kind === "points" ? { cents: paid } : {}),
    ...(isCapped ? { wouldBe: divide(wouldBe, step.cents, "floor") * step.taken, reason: "CAP_DAY" as const } : {}),
    shares,
    ...(lots.length > 0 ? { lots } : {}),
  });
}

/** A gift of a catalogue, for points. What no catalogue of the programme has is declined, where it has one at all. */
export function takeGift({ savings }: Plan): Step | null {
  const catalogues = savings.flatMap(({ rule }) => (rule.kind === "points" && rule.gifts.length > 0 ? [rule] : []));
  if (catalogues.length === 0) return null;
  return (work) => {
    const { gift, giftPoints } = work.sale;
    if (gift !== undefined) giveGift(work, catalogues, gift, giftPoints);
  };
}

/** Cents above which nobody means a gift. */
const GIFT_CENTS_MAX = 1_000_000_000;

/** What so many points of a gift are worth to whoever gets it, and why they cannot be given. */
function givenFor({ points, value, to }: Gift, asked: number): { readonly cents: number; readonly bar: Reason | null } {
  if (asked === points) return { cents: value, bar: null };
  if (to === undefined) return { cents: value, bar: "NO_SUCH_GIFT" };
  const cents = divide(asked * value, points, to.rounding);
  return { cents, bar: cents === 0 ? "BELOW_MINIMUM" : cents > GIFT_CENTS_MAX ? "ABOVE_MAXIMUM" : null };
}

function giveGift(work: Working, catalogues: readonly PointsRule[], wanted: string, asked: number | undefined): void {
  const rule = catalogues.find(({ gifts }) => gifts.some(({ id }) => id === wanted));
  const gift = rule?.gifts.find(({ id }) => id === wanted);
  if (rule === undefined || gift === undefined) {
    work.decline(catalogues[0]!, "points", 0, "NO_SUCH_GIFT");
    return;
  }
  const holding = holdingOf(work, rule);
  const { id, funder } = rule;
  const { label, to } = gift;
  const points = asked ?? gift.points;
  const { cents: value, bar } = givenFor(gift, points);
  const isGone = work.stockLeft(gift.id, giftStock(gift)) === 0;
  const short = isGone ? "EPUISE" : holding.held.value < points ? "INSUFFICIENT" : null;
  const reason = bar ?? work.spendingBar() ?? short;
  if (reason !== null) {
    work.decline(rule, "points", points, reason, label);
    return;
  }
  const lots = holding.take(points);
  const kept = lots.length > 0 ? { lots } : {};
  // Points that pay for a gift take nothing off the ticket.
  work.effects.push(
    { type: "redeem", rule: id, unit: "points", value: points, funder, cents: 0, label, ...kept },
    to === undefined
      ? {
          type: "reward",
          rule: id,
          unit: "cents",
          value,
          funder,
          label,
          times: 1,
          ...fromStock(wanted, giftStock(gift)),
        }
      : { type: "owe", rule: id, unit: "cents", value, funder, label, to: to.name },
  );
}

const sumOf = (effects: readonly Effect[], rule: SavingRule, type: Effect["type"]) =>
  effects.reduce((all, effect) => (effect.type === type && effect.rule === rule.id ? all + effect.value : all), 0);

/** The lots that end next, for the receipt. */
function noteExpiry(rule: SavingRule, { lots }: Balance): Note[] {
  const [next] = lots;
  if (next === undefined || rule.validity === null) return [];
  const unitName = rule.kind === "points" ? rule.unitName : null;
  return [{ note: "expiry", rule: rule.id, unitName, value: next.value, day: next.expires }];
}

/** Most things that are within reach, that the receipt names. */
const REACHED_MAX = 3;

/**
 * What points are exchanged for, the dearest that can be had first, and what comes next. Not what may run out, of which a receipt
 * cannot know, nor what is for somebody else.
 */
function noteReach({ id, unitName, redeem, redeemMin, gifts }: PointsRule, balance: number): Note[] {
  const steps = redeem === null ? 0 : Math.max(1, divide(redeemMin, redeem.cents, "ceil"));
  const prices = [
    ...gifts.flatMap(({ label, points, value, stock, seats, to }) =>
      stock === undefined && seats === undefined && to === undefined ? { label, points, value } : [],
    ),
    ...(redeem === null ? [] : [{ label: null, points: steps * redeem.points, value: steps * redeem.cents }]),
  ].sort((a, b) => a.points - b.points);
  const next = prices.findIndex(({ points }) => points > balance);
  const had = prices.slice(0, next < 0 ? prices.length : next).slice(-REACHED_MAX);
  return [...had.reverse(), ...prices.slice(next, next + (next < 0 ? 0 : 1))].map(({ label, points, value }) => ({
    note: "reach",
    rule: id,
    label,
    value,
    unitName,
    missing: Math.max(0, points - balance),
  }));
}

/** What a receipt says of a purse, from what was done and what the card holds then. `earners`: the rules that put value into it. */
export function noteSaving(
  rule: SavingRule,
  purses: readonly Purse[],
  effects: readonly Effect[],
  earners: readonly string[],
): Note[] {
  const balance = balanceIn(purses, placeOf(rule));
  const earned = effects.reduce(
    (all, effect) => (effect.type === "earn" && earners.includes(effect.rule) ? all + effect.value : all),
    0,
  );
  const redeemed = sumOf(effects, rule, "redeem");
  if (rule.kind === "cagnotte") {
    return [
      { note: "cagnotte", rule: rule.id, earned, redeemed, balance: balance.value },
      ...noteExpiry(rule, balance),
    ];
  }
  const gifts = effects.flatMap(({ type, rule: of, label = "", value, stock, to = "" }): Note[] => {
    if (type === "owe" && of === rule.id) return [{ note: "donation", rule: of, label, to, value }];
    if (type !== "reward" || of !== rule.id) return [];
    const text = rule.gifts.find(({ id }) => id === stock)?.text;
    const said = { rule: rule.id, label, value };
    return [text === undefined ? { note: "reward", ...said } : { note: "experience", ...said, text }];
  });
  const { unitName } = rule;
  return [
    ...gifts,
    { note: "points", rule: rule.id, unitName, earned, taken: redeemed, balance: balance.value },
    ...noteReach(rule, balance.value),
    ...noteExpiry(rule, balance),
  ];
}
