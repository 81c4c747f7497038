import type { Lot } from "@cachet/card-layout";
import { allocate, divide, sum } from "./arithmetic.ts";
import { placeOfMerchant, unmeetChallenge } from "./challenge.ts";
import { carriedIn, countUsed, usedOf } from "./earning.ts";
import { withLots } from "./lots.ts";
import type { SavingPlan } from "./plan.ts";
import { bonusHolding, holdPaid, prepaidIn } from "./prepaid.ts";
import { holdingOf, unitOf } from "./saving.ts";
import type { SavingRule } from "./saving-rule.ts";
import { addStamps, stampsIn } from "./stamps.ts";
import { unspendTiers } from "./tiers.ts";
import { holdUnits, unitsIn } from "./units.ts";
import type { Reason } from "./words.ts";
import { type Effect, type Facts, type Sale, Working } from "./working.ts";

/** What was stored of a sale that is given back, in part or whole. */
export interface Refund {
  readonly kind: "refund";
  /** The sale, and its effects under this programme, as they were stored. */
  readonly sale: Sale;
  readonly effects: readonly Effect[];
  /** Seconds since 2000 of the sale, and who sold. */
  readonly soldAt: number;
  readonly merchant: number;
  /** Lines to take back, by index, and those that were taken back before. */
  readonly lines: readonly number[];
  readonly before: readonly number[];
}

/** One refund under way. */
class Reversal {
  readonly work: Working;
  readonly refund: Refund;
  /** Every line is back now: what belongs to the visit as a whole goes with the last one. */
  readonly isLast: boolean;
  /** Cents that what was already spent takes off the money that goes back. */
  deducted = 0;

  constructor(work: Working, refund: Refund) {
    this.work = work;
    this.refund = refund;
    this.isLast = refund.sale.lines.every((_, i) => refund.lines.includes(i) || refund.before.includes(i));
  }

  /** The part of a value that lies on the lines of this refund; the whole of it with the last line where it lies on none. */
  partOf(value: number, shares: readonly number[] | undefined): number {
    const { sale, lines } = this.refund;
    if (shares === undefined || shares.length !== sale.lines.length) return this.isLast ? value : 0;
    // Shares are in cents where the value is in points: the same proportions, exactly.
    const own = sum(shares) === value ? shares : allocate(value, shares);
    return sum(lines.map((line) => own[line]!));
  }

  say(type: "clawback" | "return", of: Effect, value: number, more: Partial<Effect> = {}): void {
    if (value === 0 && more.wouldBe === undefined) return;
    const { rule, unit, funder, label } = of;
    const named = label === undefined ? {} : { label };
    this.work.effects.push({ type, rule, unit, value, funder, ...named, ...more });
  }
}

/** The saving rule whose purse an effect moved. */
function savingOf({ work }: Reversal, { rule: id }: Effect): SavingPlan | undefined {
  const { savings, challenges } = work.plan;
  const target = challenges.find((challenge) => challenge.id === id)?.of ?? id;
  return savings.find(({ rule, bonuses }) => rule.id === target || bonuses.some((bonus) => bonus.id === target));
}

/** Cents that so much value pays, dearer rather than cheaper: whoever spent it owes what it was worth. */
function worth(rule: SavingRule, value: number): number {
  if (rule.kind === "cagnotte") return value;
  return rule.redeem === null ? 0 : divide(value * rule.redeem.cents, rule.redeem.points, "floor");
}

/** What the card no longer has, by the programme's policy. */
function settleMissing(reversal: Reversal, rule: SavingRule, missing: number): void {
  const { work } = reversal;
  switch (work.programme.spentPolicy) {
    case "allow-negative":
      holdingOf(work, rule).owe(missing);
      return;
    case "deduct-from-refund":
      reversal.deducted += worth(rule, missing);
      return;
    case "clamp-to-zero":
  }
}

/** Takes back what was earned: the very lots first, then any others. */
function clawBack(reversal: Reversal, plan: SavingPlan, effect: Effect): void {
  const { rule, caps } = plan;
  const { work, refund, isLast } = reversal;
  const value = reversal.partOf(effect.value, effect.shares);
  const holding = holdingOf(work, rule);
  const missing = holding.takeBack(effect.lots ?? [], value);
  for (const { per, purse } of caps) {
    if (per === "visit" || !isSamePeriod(work, refund.soldAt)) continue;
    countUsed(work, per, purse, Math.max(0, usedOf(work, per, purse) - value));
  }
  if (missing > 0) settleMissing(reversal, rule, missing);
  reversal.say("clawback", effect, value - missing, missing > 0 ? { wouldBe: value, reason: "INSUFFICIENT" } : {});
  if (isLast && effect.fraction !== undefined) takeFraction(work, rule, effect.fraction);
}

/** The unearned fraction goes back to what it was; where it is not there any more, one whole unit makes up for it. */
function takeFraction(work: Working, rule: SavingRule, fraction: number): void {
  const parts = carriedIn(rule);
  const holding = holdingOf(work, rule);
  const left = holding.held.remainder - fraction;
  if (left >= 0 && left < parts) {
    holding.keepRemainder(left);
    return;
  }
  if (left < 0) {
    const missing = holding.takeBack([], 1);
    holding.keepRemainder(missing === 0 ? left + parts : 0);
    return;
  }
  holding.add([{ value: 1, expires: work.now.day, issued: work.now.day }], left - parts);
}

function isSamePeriod(work: Working, soldAt: number): boolean {
  return work.dayOf(soldAt) === work.now.day;
}

/** The lots that a part of a redemption goes back to: those that were spent last come back first. */
function lotsBack(lots: readonly Lot[], value: number, alreadyBack: number): Lot[] {
  let [skip, wanted] = [alreadyBack, value];
  const back: Lot[] = [];
  for (const lot of [...lots].reverse()) {
    const skipped = Math.min(skip, lot.value);
    skip -= skipped;
    const part = Math.min(lot.value - skipped, wanted);
    wanted -= part;
    if (part > 0) back.push({ ...lot, value: part });
  }
  return back;
}

/** Gives back what paid, into the purse and the lots that it came from. */
function giveBack(reversal: Reversal, effect: Effect): void {
  const { work, refund } = reversal;
  const value = reversal.partOf(effect.value, effect.shares);
  const earlier = sum(refund.before.map((line) => allocateTo(effect)[line] ?? 0));
  const lots = lotsBack(effect.lots ?? [], value, earlier);
  const { prepaid, units } = work.plan;
  const saving = savingOf(reversal, effect);
  const owner = units.find(({ id }) => id === effect.rule);
  if (saving !== undefined) returnTo(work, saving.rule, value, lots);
  else if (prepaid?.id === effect.rule && effect.label === "bonus") {
    const holding = bonusHolding(work, prepaid)!;
    if (prepaid.bonus!.lots > 0) holding.keepLots(withLots(holding.held.lots, lots, prepaid.bonus!.lots));
    else holding.add([{ value, expires: 0, issued: 0 }], 0);
  } else if (prepaid?.id === effect.rule) holdPaid(work, prepaid, prepaidIn(work.purses, prepaid).paid + value);
  else if (owner !== undefined) {
    const held = unitsIn(work.purses, owner);
    if (effect.label === "bonus") holdUnits(work, owner, held.paid, held.bonus + value);
    else holdUnits(work, owner, held.paid + value, held.bonus);
  } else return;
  reversal.say("return", effect, value, lots.length > 0 ? { lots } : {});
}

function allocateTo({ value, shares }: Effect): readonly number[] {
  if (shares === undefined) return [];
  return sum(shares) === value ? shares : allocate(value, shares);
}

function returnTo(work: Working, rule: SavingRule, value: number, lots: readonly Lot[]): void {
  if (value === 0) return;
  const holding = holdingOf(work, rule);
  const { held } = holding;
  if (rule.lots > 0 && lots.length > 0) holding.keepLots(withLots(held.lots, lots, rule.lots));
  else holding.add([{ value, expires: 0xffff, issued: work.now.day }], held.remainder);
}

/** Stamps of the visit go back with its last line; stamps of items with their lines. */
function undoStamps(reversal: Reversal, effect: Effect): void {
  const { work, refund, isLast } = reversal;
  const challenge = work.plan.challenges.find(({ id }) => id === effect.rule);
  if (challenge !== undefined) {
    if (isLast) unmeetChallenge(work, challenge, placeOfMerchant(work));
    return;
  }
  const rule = work.plan.stamps.find(({ id }) => id === effect.rule);
  if (rule === undefined) return;
  const { count } = rule;
  const value =
    count.per === "visit"
      ? isLast
        ? effect.value
        : 0
      : isLast
        ? effect.value - itemsOn(refund.sale, refund.before, count.category, effect.value)
        : itemsOn(refund.sale, refund.lines, count.category, effect.value);
  const held = stampsIn(work.purses, rule);
  const taken = Math.min(held, value);
  addStamps(work, rule, -taken);
  reversal.say("clawback", effect, taken, taken < value ? { wouldBe: value, reason: "INSUFFICIENT" } : {});
}

function itemsOn(sale: Sale, lines: readonly number[], category: string, most: number): number {
  return Math.min(
    most,
    sum(lines.map((line) => (sale.lines[line]!.category === category ? sale.lines[line]!.quantity : 0))),
  );
}

/** What a reward took comes back with the last line. */
function undoReward(reversal: Reversal, effect: Effect): void {
  const { work, isLast } = reversal;
  const { taken = 0 } = effect;
  if (!isLast || taken === 0) return;
  const grid = work.plan.stamps.find(({ id }) => id === effect.rule);
  const saving = savingOf(reversal, effect);
  if (grid !== undefined) addStamps(work, grid, taken);
  else if (saving !== undefined) returnTo(work, saving.rule, taken, effect.lots ?? []);
  else return;
  const unit = grid !== undefined ? "stamps" : unitOf(saving!.rule);
  reversal.say("return", { ...effect, unit }, taken, effect.lots === undefined ? {} : { lots: effect.lots });
}

/** Takes a prepaid bonus, or a top-up as a whole, off the card again; gives the cents that were there. */
function undoTopUp(reversal: Reversal, effect: Effect): void {
  const { work } = reversal;
  const { prepaid } = work.plan;
  if (prepaid?.id !== effect.rule) return;
  const held = prepaidIn(work.purses, prepaid);
  const isBonus = effect.type === "earn";
  const missing = isBonus
    ? bonusHolding(work, prepaid)!.takeBack(effect.lots ?? [], effect.value)
    : Math.max(0, effect.value - held.paid);
  if (!isBonus) holdPaid(work, prepaid, held.paid - (effect.value - missing));
  reversal.say(
    "clawback",
    effect,
    effect.value - missing,
    missing > 0 ? { wouldBe: effect.value, reason: "INSUFFICIENT" } : {},
  );
}

function undo(reversal: Reversal, effect: Effect): void {
  const saving = savingOf(reversal, effect);
  switch (effect.type) {
    case "earn":
      if (saving !== undefined) clawBack(reversal, saving, effect);
      else undoTopUp(reversal, effect);
      return;
    case "topup":
      undoTopUp(reversal, effect);
      return;
    case "redeem":
      giveBack(reversal, effect);
      return;
    case "stamp":
      undoStamps(reversal, effect);
      return;
    case "reward":
      undoReward(reversal, effect);
      return;
    case "entries":
      if (reversal.isLast) reversal.say("clawback", effect, effect.value);
      return;
    default:
  }
}

/** What was paid of each line of the sale by means that are none of the card's. */
function paidLines({ work, refund: { sale, effects } }: Reversal): number[] {
  const { before } = work.facts;
  const paid = sale.lines.map(({ amount }, i) => amount - (before?.discounts[i] ?? 0) - (before?.redeemed[i] ?? 0));
  for (const { type, shares } of effects) {
    if (type !== "discount" && type !== "redeem") continue;
    for (const [i, share] of (shares ?? []).entries()) paid[i]! -= share;
  }
  return paid;
}

/** Cents of the refunded lines that had counted towards a level. */
function countedOn({ work, refund }: Reversal, paid: readonly number[]): number {
  const { before: _before, ...facts } = work.facts;
  const sold = new Working(work.programme, [], refund.sale, facts satisfies Facts);
  const off = refund.sale.lines.map(({ amount }, i) => amount - paid[i]!);
  for (const [i, cents] of off.entries()) sold.discounts[i] = cents;
  const counted = sold.earningLines();
  return sum(refund.lines.map((line) => (sold.isExcluded(refund.sale.lines[line]!) ? 0 : counted[line]!)));
}

/** Why a refund is not done; null when it is. */
function refundBar(work: Working, { merchant, lines, before }: Refund): Reason | null {
  if (merchant !== work.facts.merchant) return "WRONG_MERCHANT";
  return lines.some((line) => before.includes(line)) ? "ALREADY_USED" : null;
}

/** Reverses the stored effects of a sale for some of its lines: nothing is evaluated anew. */
export function refundSale(work: Working, refund: Refund): void {
  const reason = refundBar(work, refund);
  if (reason !== null) {
    work.effects.push({ type: "decline", rule: "", unit: "cents", value: 0, funder: "merchant", reason });
    return;
  }
  const reversal = new Reversal(work, refund);
  const { tiers } = work.plan;
  // What paid comes back before what was earned is taken: so it can pay for it.
  const order = (effect: Effect) => (effect.type === "redeem" || effect.type === "reward" ? 0 : 1);
  for (const effect of [...refund.effects].sort((a, b) => order(a) - order(b))) undo(reversal, effect);
  const paid = paidLines(reversal);
  if (tiers !== null) unspendTiers(work, tiers, countedOn(reversal, paid));
  const wouldBe = sum(refund.lines.map((line) => paid[line]!));
  const value = Math.max(0, wouldBe - reversal.deducted);
  if (wouldBe === 0) return;
  const cut = value < wouldBe ? ({ wouldBe, reason: "INSUFFICIENT" } as const) : {};
  work.effects.push({ type: "payout", rule: "", unit: "cents", value, funder: "merchant", ...cut });
}

/** Cancels a top-up: the money that is still there goes back, what was given on top is taken back. */
export function cancelTopUp(work: Working, effects: readonly Effect[]): void {
  const refund: Refund = {
    kind: "refund",
    sale: { lines: [], tip: 0 },
    effects,
    soldAt: work.facts.at,
    merchant: work.facts.merchant,
    lines: [],
    before: [],
  };
  const reversal = new Reversal(work, refund);
  for (const effect of effects) undo(reversal, effect);
  const value = sum(
    work.effects.flatMap((effect) => (effect.type === "clawback" && effect.label === undefined ? effect.value : [])),
  );
  if (value > 0) work.effects.push({ type: "payout", rule: "", unit: "cents", value, funder: "merchant" });
}
