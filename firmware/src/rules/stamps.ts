import type { Purse } from "@cachet/card-layout";
import { allocate, divide, sum } from "./arithmetic.ts";
import { type Bar, barOf, basketBarOf, firstOf, lets } from "./bar.ts";
import { mostStamps, stampLots } from "./dated-stamps.ts";
import type { Effect, Note } from "./effect.ts";
import { canOffer, lastDayOf, putOffer } from "./offers.ts";
import { heldIn, hold, lastIn } from "./stamps-held.ts";
import type { StampsRule } from "./stamps-rule.ts";
import { fromStock, rewardStock } from "./stock.ts";
import type { Reason } from "./words.ts";
import type { Step, Working } from "./working.ts";

function cooldown(work: Working, rule: StampsRule): Reason | null {
  if (work.facts.clockSuspect) return "CLOCK_SUSPECT";
  const last = lastIn(work.purses, rule);
  // A last stamp in the future was given by a clock that was ahead: it must not bar the card until then.
  const since = last === null ? Number.POSITIVE_INFINITY : work.facts.at - last;
  return since >= 0 && since < rule.cooldownMinutes * 60 ? "COOLDOWN" : null;
}

/** What keeps a visit from giving a stamp, before anything about payment is known. */
function refusalOf(rule: StampsRule): Bar | null {
  const bars = [barOf(rule.when), basketBarOf(rule.minimum)];
  if (rule.cooldownMinutes > 0) bars.push((work) => cooldown(work, rule));
  if (rule.withinDays !== undefined) bars.push(({ facts }) => (facts.clockSuspect ? "CLOCK_SUSPECT" : null));
  return firstOf(bars.filter((bar) => bar !== null));
}

function itemsOf(work: Working, category: string): { readonly line: number; readonly unit: number }[] {
  return work.sale.lines.flatMap((line, index) =>
    line.category === category && !work.isExcluded(line)
      ? Array.from({ length: work.unitsLeft(index) }, () => ({
          line: index,
          unit: divide(line.amount, line.quantity, "floor"),
        }))
      : [],
  );
}

/**
 * How many of so many items are free. Only paid items are stamped, so `free` items are earned when the stamps of the
 * others still fill `free` grids; the largest such number is given.
 */
function freeItemsDue(rule: StampsRule, count: number, items: number): number {
  const most = rule.withinDays === undefined ? items : divide(mostStamps(rule), rule.grid, "floor");
  return Math.min(items, most, divide(count + items, rule.grid + 1, "floor"));
}

/** Stamps that a visit may add: of those with days a card holds so many at a time, those that a reward is about to take with them. */
const roomIn = (rule: StampsRule, before: number): number =>
  rule.withinDays === undefined ? Number.POSITIVE_INFINITY : mostStamps(rule) - before;

/** Rewards stay on the card: the customer wants them later, or nothing may leave it. */
const keepsRewards = ({ facts, sale }: Working): boolean => facts.earnOnly === true || sale.rewards === "later";

/** A reward that is taken off this very ticket, where the visit counts. */
function onTicket(rule: StampsRule, give: Step): Step {
  const bar = refusalOf(rule);
  return (work) => {
    if (!keepsRewards(work) && (bar === null || bar(work) === null)) give(work);
  };
}

/** Free items of this basket, cheapest units first. */
export function offerFreeItems(rule: StampsRule): Step | null {
  const { reward } = rule;
  return reward.kind === "free-item" ? onTicket(rule, (work) => giveFreeItems(work, rule, reward.category)) : null;
}

/** Money off this ticket. Its turn is after every free item: only then is it known how many items are paid and stamped. */
export function offerMoney(rule: StampsRule): Step | null {
  const { reward } = rule;
  return reward.kind === "money" ? onTicket(rule, (work) => giveMoney(work, rule, reward.value)) : null;
}

/** Stamps that a visit is worth. */
function earnedBy(work: Working, { count: counting }: StampsRule): number {
  return counting.per === "visit" ? counting.stamps : itemsOf(work, counting.category).length;
}

/** As many rewards as something is left to pay for: the last may be cut by the ticket, the others stay on the card. */
function giveMoney(work: Working, rule: StampsRule, each: number): void {
  const earned = Math.min(earnedBy(work, rule), roomIn(rule, heldIn(work.purses, rule)));
  const open = work.openLines().map((left, i) => (work.isExcluded(work.sale.lines[i]!) ? 0 : left));
  const left = sum(open);
  const due = earned === 0 ? 0 : divide(heldIn(work.purses, rule) + earned, rule.grid, "floor");
  const times = Math.min(due, divide(left, each, "ceil"));
  if (times === 0) return;
  const wouldBe = times * each;
  const value = Math.min(wouldBe, left);
  const shares = allocate(value, open);
  work.take({ discounts: shares });
  work.rewarded = { ...work.rewarded, [rule.id]: times };
  const { id, funder, reward } = rule;
  const cut = value < wouldBe ? ({ wouldBe, reason: "ABOVE_MAXIMUM" } as const) : {};
  work.effects.push({ type: "discount", rule: id, unit: "cents", value, funder, ...cut, label: reward.label, shares });
}

function giveFreeItems(work: Working, rule: StampsRule, category: string): void {
  const items = itemsOf(work, category).sort((a, b) => a.unit - b.unit || a.line - b.line);
  const free = freeItemsDue(rule, heldIn(work.purses, rule), items.length);
  if (free === 0) return;
  const shares = work.sale.lines.map(() => 0);
  const freed = work.sale.lines.map(() => 0);
  // What a programme before this one paid of a line is no more to be given.
  const open = work.openLines();
  for (const { line, unit } of items.slice(0, free)) {
    shares[line] = Math.min(open[line]!, shares[line]! + unit);
    freed[line]! += 1;
  }
  work.take({ discounts: shares, freed });
  work.rewarded = { ...work.rewarded, [rule.id]: free };
  const value = sum(shares);
  const { id, funder, reward } = rule;
  work.effects.push({ type: "discount", rule: id, unit: "cents", value, funder, label: reward.label, shares });
}

/**
 * Full grids that an earlier visit left on the card because its rewards were put off. What stands beside them is no
 * excess. A free item is always taken from a grid that was full before, so there one full grid is as it should be.
 */
function putOffBefore({ reward, grid }: StampsRule, before: number): number {
  return divide(reward.kind === "free-item" ? Math.max(0, before - 1) : before, grid, "floor");
}

/** Stamps of the visit, then as many rewards as the grid is full. */
export function stampVisit(rule: StampsRule): Step {
  const own = { rule, bar: refusalOf(rule) };
  return (work) => {
    const given = work.rewarded[rule.id] ?? 0;
    // A basket that its own reward brought under the minimum still counts: it reached it when it was rung up.
    if (given > 0 || lets(work, own)) stamp(work, rule, given);
  };
}

/** `given`: rewards that were taken off the ticket before. */
function stamp(work: Working, rule: StampsRule, given: number): void {
  if (!rule.onZeroPayable && given === 0 && sum(work.paidLines()) === 0) {
    work.skip(rule, "NOTHING_PAID");
    return;
  }
  const earned = earnedBy(work, rule);
  if (earned === 0 && given === 0) return;
  if (keepsRewards(work)) stampOnly(work, rule, earned);
  else stampAndReward(work, rule, earned, given);
}

/** Says the stamps of a visit, as far as there is room for them; gives how many that is. */
function say(work: Working, { id, funder }: StampsRule, earned: number, room: number): number {
  const value = Math.min(earned, room);
  const capped = value < earned ? ({ wouldBe: earned, reason: "CAP_BALANCE" } as const) : {};
  if (earned > 0) work.effects.push({ type: "stamp", rule: id, unit: "stamps", value, funder, ...capped });
  return value;
}

/** A reward that needs a day, of a clock that knows none. */
const isUndated = ({ facts }: Working, { reward }: StampsRule): boolean =>
  reward.kind === "offer" && facts.clockSuspect;

const isHandedOver = ({ kind }: StampsRule["reward"]): boolean => kind === "gift" || kind === "experience";

/** Full grids stay on the card: whoever asks why is told. */
function putOff(work: Working, rule: StampsRule, grids: number): void {
  const { reward } = rule;
  if (reward.kind === "gift" || reward.kind === "experience")
    work.decline(rule, "cents", grids * reward.value, "EPUISE", reward.label);
  else work.skip(rule, isUndated(work, rule) ? "CLOCK_SUSPECT" : "KEPT_FOR_LATER");
}

/** How many rewards a visit gives, of so many grids that are full; `given` were taken off the ticket before. */
function rewardsOf(work: Working, rule: StampsRule, filled: number, given: number): number {
  const { id, reward } = rule;
  if (isHandedOver(reward)) return Math.min(filled, work.stockLeft(id, rewardStock(rule)));
  if (reward.kind !== "offer") return given;
  return filled > 0 && canOffer(work, reward) ? 1 : 0;
}

function stampAndReward(work: Working, rule: StampsRule, earned: number, given: number): void {
  const { id, funder, reward, grid } = rule;
  const before = heldIn(work.purses, rule);
  const filled = divide(before + Math.min(earned, roomIn(rule, before)), grid, "floor");
  const times = rewardsOf(work, rule, filled, given);
  const isPutOff = reward.kind !== "free-item" && filled > times;
  const loses = rule.excess === "lose" && !isPutOff && times > putOffBefore(rule, before);
  const room = Math.min(roomIn(rule, before), loses ? earned : mostStamps(rule) + times * grid - before);
  const full = before + say(work, rule, earned, room);
  const kept = loses ? 0 : full - times * grid;
  const lots = stampLots(rule, hold(work, rule, kept, full - before));
  if (times > 0) {
    const value = reward.kind === "gift" || reward.kind === "experience" ? times * reward.value : 0;
    const { label } = reward;
    const taken = full - kept;
    const more = { ...fromStock(id, rewardStock(rule)), ...(lots.length > 0 ? { lots } : {}) };
    work.effects.push({ type: "reward", rule: id, unit: "cents", value, funder, label, taken, times, ...more });
  }
  if (times > 0 && reward.kind === "offer") putOffer(work, reward);
  if (isPutOff) putOff(work, rule, filled - times);
}

/** A reward is put off to a later visit, and its stamps stay, up to what the purse holds. */
function stampOnly(work: Working, rule: StampsRule, earned: number): void {
  const { reward, grid } = rule;
  const before = heldIn(work.purses, rule);
  const full = before + say(work, rule, earned, mostStamps(rule) - before);
  const due = reward.kind === "free-item" ? freeItemsDue(rule, before, earned) : divide(full, grid, "floor");
  if (due > 0) work.skip(rule, work.facts.earnOnly === true ? "COUNTER_TORN" : "KEPT_FOR_LATER");
  hold(work, rule, full, full - before);
}

/** What a receipt says of a grid, from what was done and what the card holds then. */
export function noteStamps(
  rule: StampsRule,
  purses: readonly Purse[],
  effects: readonly Effect[],
  today: number | null,
): Note[] {
  const own = effects.filter((effect) => effect.rule === rule.id);
  const { reward } = rule;
  const isOnTicket = reward.kind === "free-item" || reward.kind === "money";
  const rewards = own.flatMap(({ type, value, taken = 0 }): Note[] => {
    // A reward on the ticket is worth what it took off it; a gift has its own value.
    if (isOnTicket ? type !== "discount" : type !== "reward" || taken === 0) return [];
    const said = { rule: rule.id, label: reward.label };
    if (reward.kind === "experience") return [{ note: "experience", ...said, text: reward.text, value }];
    if (reward.kind !== "offer") return [{ note: "reward", ...said, value }];
    return [{ note: "offer", ...said, until: lastDayOf(purses, reward.offer) ?? 0, isNew: true }];
  });
  const added = own.find(({ type }) => type === "stamp")?.value ?? 0;
  const { id, grid } = rule;
  const { label } = reward;
  const until = reward.kind === "offer" && rewards.length === 0 ? lastDayOf(purses, reward.offer) : null;
  const open: Note[] =
    until !== null && today !== null && until >= today ? [{ note: "offer", rule: id, label, until, isNew: false }] : [];
  return [...rewards, { note: "stamps", rule: id, count: heldIn(purses, rule), grid, added, label }, ...open];
}
