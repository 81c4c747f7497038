import { type Lot, NEVER, PREPAID_CENTS_MAX } from "@cachet/card-layout";
import { payoutBar } from "./account.ts";
import { ArithmeticFault, allocate, divide, sum } from "./arithmetic.ts";
import type { Holding } from "./balance.ts";
import { unmeetChallenge } from "./challenge.ts";
import { carriedIn } from "./earning.ts";
import type { Effect } from "./effect.ts";
import { dropOffer } from "./offers.ts";
import type { SavingPlan } from "./plan.ts";
import { bonusHolding, holdPaid, prepaidIn } from "./prepaid.ts";
import type { PrepaidRule, UnitsRule } from "./prepaid-rule.ts";
import type { Sale } from "./sale.ts";
import { holdingOf } from "./saving.ts";
import type { SavingRule } from "./saving-rule.ts";
import { unmarkSeen } from "./seen.ts";
import { putBackStamps, takeStamps } from "./stamps-held.ts";
import { unspendTiers } from "./tiers.ts";
import { holdUnits, UNITS_MAX, unitsIn } from "./units.ts";
import { uncountUsed } from "./used.ts";
import type { Reason } from "./words.ts";
import { Working } from "./working.ts";

/**
 * What was stored of a sale that is given back, in part or whole. Where several programmes had a part in the sale, each reverses its
 * own effects, with `facts.before` as it was at the sale; the customer gets back what the last one of them pays out, less
 * what each of the others cut from its own payout (`wouldBe` - `value`).
 */
export interface Refund {
  readonly kind: "refund";
  /** The sale, and its effects under this programme, as they were stored. */
  readonly sale: Sale;
  readonly effects: readonly Effect[];
  /** Seconds since 2000 of the sale, and who sold. */
  readonly soldAt: number;
  readonly merchant: number;
  /** Lines to take back, by index, and those that were taken back before. A sale without lines counts as one line. */
  readonly lines: readonly number[];
  readonly before: readonly number[];
}

/** A value over the lines. Shares are in cents where the value is in points: the same proportions, exactly. */
const spread = (value: number, shares: readonly number[]): readonly number[] =>
  sum(shares) === value ? shares : allocate(value, shares);

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
    const { sale, lines, before } = refund;
    this.isLast = sale.lines.every((_, i) => lines.includes(i) || before.includes(i));
  }

  /** The part of a value that lies on the lines of this refund; the whole of it with the last line where it lies on none. */
  partOf(value: number, shares: readonly number[] | undefined): number {
    const { sale, lines } = this.refund;
    if (shares === undefined || shares.length !== sale.lines.length) return this.isLast ? value : 0;
    const own = spread(value, shares);
    return sum(lines.map((line) => own[line]!));
  }

  say(type: "clawback" | "return" | "waive", of: Effect, value: number, more: Partial<Effect> = {}): void {
    if (value === 0 && more.wouldBe === undefined && more.fraction === undefined && more.stock === undefined) return;
    const { rule, unit, funder, label, to, toCard } = of;
    const named = {
      ...(label === undefined ? {} : { label }),
      ...(to === undefined ? {} : { to }),
      ...(toCard === undefined ? {} : { toCard }),
    };
    this.work.effects.push({ type, rule, unit, value, funder, ...named, ...more });
  }
}

/** The saving rule whose purse an effect moved. */
function savingOf({ work }: Reversal, { rule: id }: Effect): SavingPlan | undefined {
  const { savings, challenges, referral } = work.plan;
  const givers = referral === null ? challenges : [...challenges, referral];
  const target = givers.find((giver) => giver.id === id)?.of ?? id;
  return savings.find(({ rule, bonuses }) => rule.id === target || bonuses.some((bonus) => bonus.id === target));
}

/** Cents that so much value pays, rounded down. */
function worth(rule: SavingRule, value: number): number {
  if (rule.kind === "cagnotte") return value;
  return rule.redeem === null ? 0 : divide(value * rule.redeem.cents, rule.redeem.points, "floor");
}

/** What the card no longer has, by the programme's policy; gives how much of it is not taken back from the card. */
function settleMissing(reversal: Reversal, rule: SavingRule, missing: number): number {
  const { work } = reversal;
  switch (work.programme.spentPolicy) {
    case "allow-negative":
      holdingOf(work, rule).owe(missing);
      return 0;
    case "deduct-from-refund":
      reversal.deducted += worth(rule, missing);
      return missing;
    case "clamp-to-zero":
      return missing;
  }
}

/** Takes back what was earned: the very lots first, then any others; and the unearned fraction with the last line. */
function clawBack(reversal: Reversal, { rule, bonuses, caps }: SavingPlan, effect: Effect): void {
  const { work, refund, isLast } = reversal;
  const holding = holdingOf(work, rule);
  const part = reversal.partOf(effect.value, effect.shares);
  const { value, fraction } = withFraction(rule, holding, part, isLast ? (effect.fraction ?? 0) : 0, effect.value);
  if (value < 0) {
    // Other lines took back a whole unit that the fraction of this one belonged to.
    holding.add([{ value: -value, expires: NEVER, issued: work.countingDay }], holding.held.remainder + fraction);
    reversal.say("return", effect, -value, { fraction });
    return;
  }
  const missing = settleMissing(reversal, rule, holding.takeBack(effect.lots ?? [], value));
  if (fraction !== 0) holding.keepRemainder(holding.held.remainder + fraction);
  uncount(reversal, rule, bonuses, caps, effect, refund.soldAt, part);
  const cut = missing > 0 ? ({ wouldBe: value, reason: "INSUFFICIENT" } as const) : {};
  reversal.say("clawback", effect, value - missing, fraction === 0 ? cut : { ...cut, fraction });
}

/**
 * So much less, and so much less of a unit. Where the card's fraction has not that much, it borrows a whole unit; where it would come to a whole
 * one, that one stays.
 */
function withFraction(
  rule: SavingRule,
  { held: { remainder } }: Holding,
  value: number,
  less: number,
  earned: number,
): { readonly value: number; readonly fraction: number } {
  const parts = carriedIn(rule);
  const left = remainder - less;
  if (left < 0) return { value: value + 1, fraction: parts - less };
  if (left < parts) return { value, fraction: -less };
  // A cap may have cut the unit that the fraction came to: then there is none to leave.
  return earned > 0 ? { value: value - 1, fraction: -less - parts } : { value, fraction: parts - 1 - remainder };
}

/** Takes back what caps and limits counted. What a challenge gives is under neither. */
function uncount(
  { work, isLast }: Reversal,
  { id: saving }: SavingRule,
  bonuses: SavingPlan["bonuses"],
  caps: SavingPlan["caps"],
  { rule }: Effect,
  soldAt: number,
  value: number,
): void {
  const bonus = bonuses.find(({ id }) => id === rule);
  if (bonus === undefined && rule !== saving) return;
  const day = work.dayOf(soldAt);
  for (const { per, purse } of caps) if (per !== "visit") uncountUsed(work, per, purse, day, value);
  if (isLast && bonus?.limit !== undefined) uncountUsed(work, bonus.limit.per, bonus.limit.purse, day, 1);
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
  const { refund } = reversal;
  const value = reversal.partOf(effect.value, effect.shares);
  if (value === 0) return;
  const own = effect.shares === undefined ? [] : spread(effect.value, effect.shares);
  const earlier = sum(refund.before.map((line) => own[line] ?? 0));
  const lots = lotsBack(effect.lots ?? [], value, earlier);
  const given = putBack(reversal, effect, value, lots);
  if (given === null) return;
  const cut = given < value ? ({ wouldBe: value, reason: "CAP_BALANCE" } as const) : {};
  reversal.say("return", effect, given, { ...cut, ...(lots.length > 0 ? { lots } : {}) });
}

/** Puts value back where it was; gives how much of it a purse had room for, null where no rule keeps such value any more. */
function putBack(reversal: Reversal, { rule: id, label }: Effect, value: number, lots: readonly Lot[]): number | null {
  const { work } = reversal;
  const { savings, prepaid, units } = work.plan;
  const saving = savings.find(({ rule }) => rule.id === id);
  if (saving !== undefined) return returnTo(work, holdingOf(work, saving.rule), value, lots);
  if (prepaid?.id === id) {
    const bonus = bonusHolding(work, prepaid);
    if (label === "bonus") return bonus === null ? null : returnTo(work, bonus, value, lots);
    const { paid } = prepaidIn(work.purses, prepaid);
    const given = Math.min(value, PREPAID_CENTS_MAX - paid);
    holdPaid(work, prepaid, paid + given);
    return given;
  }
  const owner = units.find((rule) => rule.id === id);
  if (owner === undefined) return null;
  const held = unitsIn(work.purses, owner);
  const part = label === "bonus" ? "bonus" : "paid";
  const now = { ...held, [part]: Math.min(UNITS_MAX, held[part] + value) };
  holdUnits(work, owner, now.paid, now.bonus);
  return now[part] - held[part];
}

/** What came from no lots goes back without an end. */
function returnTo(work: Working, holding: Holding, value: number, lots: readonly Lot[]): number {
  const given = Math.min(value, holding.room);
  const { held } = holding;
  const back = lots.length > 0 ? lots : [{ value, expires: NEVER, issued: work.countingDay }];
  holding.add(lotsBack(back, given, 0), held.remainder);
  return given;
}

/** Stamps of the visit go back with its last line; stamps of items with their lines. */
function undoStamps(reversal: Reversal, effect: Effect): void {
  const { work, refund, isLast } = reversal;
  const challenge = work.plan.challenges.find(({ id }) => id === effect.rule);
  if (challenge !== undefined) {
    const isWinner = refund.effects.some(
      ({ type, rule }) => (type === "earn" || type === "reward") && rule === challenge.id,
    );
    if (isLast && unmeetChallenge(work, challenge, isWinner)) reversal.say("clawback", effect, effect.value);
    return;
  }
  const rule = work.plan.stamps.find(({ id }) => id === effect.rule);
  if (rule === undefined) return;
  // Stamps that a reward of the same visit took are not there before it gives them back, with the last line.
  const isTaken = refund.effects.some(
    ({ type, rule: id, taken = 0 }) => type === "reward" && id === rule.id && taken > 0,
  );
  const category = isTaken || rule.count.per === "visit" ? null : rule.count.category;
  const earlier = category === null ? 0 : itemsOn(refund.sale, refund.before, category);
  const now = category === null ? 0 : itemsOn(refund.sale, refund.lines, category);
  // Items that were free had no stamp: they are the last ones to be taken back.
  const before = Math.min(effect.value, earlier);
  const value = (isLast ? effect.value : Math.min(effect.value, earlier + now)) - before;
  const soldOn = work.dayOf(refund.soldAt);
  const taken = takeStamps(work, rule, value, soldOn);
  reversal.say("clawback", effect, taken, taken < value ? { wouldBe: value, reason: "INSUFFICIENT" } : {});
}

function itemsOn(sale: Sale, lines: readonly number[], category: string): number {
  return sum(lines.map((line) => (sale.lines[line]?.category === category ? sale.lines[line].quantity : 0)));
}

/** The pieces of a stock that go back to it; nothing where an effect came from none. */
const piecesBack = ({ stock, times }: Effect): Partial<Effect> =>
  stock === undefined ? {} : { stock, ...(times === undefined ? {} : { times }) };

/** Stamps that a reward took come back with the last line, and pieces to their stock; an offer that it gave goes, where it is still there. */
function undoReward(reversal: Reversal, effect: Effect): void {
  const { work, refund, isLast } = reversal;
  const { taken = 0 } = effect;
  const grid = work.plan.stamps.find(({ id }) => id === effect.rule);
  if (!isLast) return;
  if (taken === 0 || grid === undefined) {
    reversal.say("return", effect, 0, piecesBack(effect));
    return;
  }
  if (grid.reward.kind === "offer") dropOffer(work, grid.reward.offer, work.dayOf(refund.soldAt));
  const back = putBackStamps(work, grid, taken, effect.lots ?? []);
  const cut = back < taken ? ({ wouldBe: taken, reason: "CAP_BALANCE" } as const) : {};
  reversal.say("return", { ...effect, unit: "stamps" }, back, { ...cut, ...piecesBack(effect) });
}

/** Takes what a top-up or a pack put on the card off it again, as far as it is there. */
function undoTopUp(reversal: Reversal, effect: Effect): void {
  const { work } = reversal;
  const { prepaid, units } = work.plan;
  const owner = units.find(({ id }) => id === effect.rule);
  if (owner === undefined && prepaid?.id !== effect.rule) return;
  const missing = owner === undefined ? takeMoney(work, prepaid!, effect) : takeUnits(work, owner, effect);
  const cut = missing > 0 ? ({ wouldBe: effect.value, reason: "INSUFFICIENT" } as const) : {};
  const value = effect.value - missing;
  // Money given on top that was spent comes off the money that goes back, by the programme's policy.
  const isMoney = owner === undefined && effect.type === "earn";
  if (isMoney && work.programme.spentPolicy === "deduct-from-refund") reversal.deducted += missing;
  // What a pack cost goes back in proportion to its units.
  const cents = effect.cents === undefined ? {} : { cents: divide(effect.cents * value, effect.value, "floor") };
  reversal.say("clawback", effect, value, { ...cut, ...cents });
}

/** Takes money off the card that was paid in or given on top; gives what was missing. */
function takeMoney(work: Working, prepaid: PrepaidRule, { type, value, lots = [] }: Effect): number {
  if (type === "earn") return bonusHolding(work, prepaid)?.takeBack(lots, value) ?? value;
  const { paid } = prepaidIn(work.purses, prepaid);
  holdPaid(work, prepaid, Math.max(0, paid - value));
  return Math.max(0, value - paid);
}

function takeUnits(work: Working, rule: UnitsRule, { type, value }: Effect): number {
  const held = unitsIn(work.purses, rule);
  const part = type === "earn" ? "bonus" : "paid";
  const now = { ...held, [part]: Math.max(0, held[part] - value) };
  holdUnits(work, rule, now.paid, now.bonus);
  return Math.max(0, value - held[part]);
}

/** With the last line a discount has not been given: its turn and its piece come back. What it took off is not paid back by itself. */
function undoDiscount(reversal: Reversal, effect: Effect): void {
  const { work, refund, isLast } = reversal;
  if (!isLast) return;
  reversal.say("return", effect, 0, piecesBack(effect));
  const limit = work.plan.discounts.find(({ id }) => id === effect.rule)?.limit;
  if (limit !== undefined) uncountUsed(work, limit.per, limit.purse, work.dayOf(refund.soldAt), 1);
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
    case "discount":
      undoDiscount(reversal, effect);
      return;
    case "entries":
    case "parking":
      if (reversal.isLast) reversal.say("clawback", effect, effect.value);
      return;
    case "owe":
      if (reversal.isLast) reversal.say("waive", effect, effect.value);
      return;
    case "seen":
      if (reversal.isLast) unmarkSeen(reversal.work, effect, reversal.work.dayOf(reversal.refund.soldAt));
      return;
    default:
  }
}

/** The sale again as it was once everything was taken off it: from what was stored, not evaluated anew. */
function soldOf({ work, refund: { sale, effects } }: Reversal): Working {
  const sold = new Working(work.programme, [], sale, work.facts);
  const prepaid = work.plan.prepaid?.id;
  for (const { type, rule, shares } of effects) {
    if (shares === undefined) continue;
    if (type === "discount") sold.take({ discounts: shares });
    if (type === "redeem") sold.take({ redeemed: shares, ...(rule === prepaid ? { prepaid: shares } : {}) });
  }
  return sold;
}

/** Cents of the refunded lines that had counted towards a level. */
function countedOn(sold: Working, lines: readonly number[]): number {
  const counted = sold.earningLines();
  return sum(lines.map((line) => (sold.isExcluded(sold.sale.lines[line]!) ? 0 : counted[line]!)));
}

/** Throws `ArithmeticFault` where lines are named that the sale has not, or one of them twice. */
function checkLines({ sale, lines }: Refund): void {
  const places = Math.max(1, sale.lines.length);
  const isWrong = lines.some(
    (line, i) => !Number.isInteger(line) || line < 0 || line >= places || lines.indexOf(line) !== i,
  );
  if (isWrong) throw new ArithmeticFault(`lines ${lines.join(", ")} are not lines of the sale, each once`);
}

/** Why a refund is not done; null when it is. */
function refundBar(work: Working, { sale, merchant, lines, before }: Refund): Reason | null {
  if (merchant !== work.facts.merchant) return "WRONG_MERCHANT";
  const isDone = sale.lines.length === 0 ? before.length > 0 : lines.length === 0;
  return isDone || lines.some((line) => before.includes(line)) ? "ALREADY_USED" : null;
}

/** Reverses the stored effects of a sale for some of its lines: nothing is evaluated anew. */
export function refundSale(work: Working, refund: Refund): void {
  checkLines(refund);
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
  const sold = soldOf(reversal);
  const lines = refund.lines.filter((line) => line < refund.sale.lines.length);
  if (tiers !== null) unspendTiers(work, tiers, countedOn(sold, lines), work.dayOf(refund.soldAt), refund.effects);
  const paid = sold.openLines();
  const wouldBe = sum(lines.map((line) => paid[line]!));
  const value = Math.max(0, wouldBe - reversal.deducted);
  if (wouldBe === 0) return;
  const cut = value < wouldBe ? ({ wouldBe, reason: "INSUFFICIENT" } as const) : {};
  work.effects.push({ type: "payout", rule: "", unit: "cents", value, funder: "merchant", ...cut });
}

/** Cancels a top-up or a pack: the money that is still there goes back, what was given on top is taken back. */
export function cancelTopUp(work: Working, effects: readonly Effect[]): void {
  if (payoutBar(work)) return;
  const sale: Sale = { lines: [], tip: 0 };
  const { at: soldAt, merchant } = work.facts;
  const reversal = new Reversal(work, { kind: "refund", sale, effects, soldAt, merchant, lines: [], before: [] });
  for (const effect of effects) if (["topup", "earn"].includes(effect.type)) undoTopUp(reversal, effect);
  const taken = work.effects.filter(({ type }) => type === "clawback");
  const wouldBe = sum(taken.map(({ value, cents = value, label }) => (label === undefined ? cents : 0)));
  const value = Math.max(0, wouldBe - reversal.deducted);
  if (wouldBe === 0) return;
  const cut = value < wouldBe ? ({ wouldBe, reason: "INSUFFICIENT" } as const) : {};
  work.effects.push({ type: "payout", rule: "", unit: "cents", value, funder: "merchant", ...cut });
}
