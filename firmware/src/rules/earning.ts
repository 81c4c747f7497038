import { allocate, divide, sum } from "./arithmetic.ts";
import { lotsOf } from "./balance.ts";
import { bar } from "./bar.ts";
import { periodStart } from "./calendar/span.ts";
import { customValue } from "./custom.ts";
import type { BonusRule, CapRule, MultiplierRule, Period } from "./modifier-rules.ts";
import type { SavingPlan } from "./plan.ts";
import { isAtLeast, isNothing, NOTHING, ONE, product, type Ratio, ratio, rounded, total } from "./ratio.ts";
import { holdingOf, unitOf } from "./saving.ts";
import type { Basis, SavingRule } from "./saving-rule.ts";
import { levelRatio } from "./tiers.ts";
import type { Funder, Reason } from "./words.ts";
import type { Effect, Working } from "./working.ts";

const BASIS = 10_000;
const MILLE = 1_000;
/** The most that one purchase is said to earn. */
const EARNED_MAX = 1_000_000_000;
/** Any value that a purse can hold times so much is exact. */
const WEIGHT_MAX = 500_000_000;

/** What one rule gives, before caps. */
interface Grant {
  readonly rule: string;
  readonly funder: Funder;
  value: number;
  readonly wouldBe: number;
  reason: Reason | null;
  readonly by: readonly string[];
}

/** What earns of each line, excluded ones too. */
function basisLines(work: Working, basis: Basis): readonly number[] {
  if (basis === "net") return work.earningLines();
  return work.withoutTenders(basis === "gross" ? work.sale.lines.map(({ amount }) => amount) : work.discountedLines());
}

/** Cents that the programme's first saving rule earns on; what is left to pay, where there is none. */
export function earningBaseOf(work: Working): number {
  return work.eligible(basisLines(work, work.plan.savings[0]?.rule.basis ?? "net"));
}

/** Lines that earn, less what does not: each line's cents. */
function baseLines(work: Working, rule: SavingRule): readonly number[] {
  const all = basisLines(work, rule.basis);
  const lines =
    work.programme.exclude.length === 0
      ? all
      : all.map((amount, i) => (work.isExcluded(work.sale.lines[i]!) ? 0 : amount));
  const beyond = rule.kind === "points" && rule.earn.per === "amount" ? rule.earn.beyond : undefined;
  if (beyond === undefined) return lines;
  if (sum(lines) <= beyond.amount) return lines.map(() => 0);
  if (beyond.counts === "all") return lines;
  const below = allocate(beyond.amount, lines);
  return lines.map((amount, i) => amount - below[i]!);
}

/** What so many cents earn, exactly. */
function worthOfCents(rule: SavingRule, cents: number): Ratio {
  if (rule.kind === "cagnotte") return ratio(cents * rule.rate, BASIS);
  const { earn } = rule;
  if (earn.per !== "amount") return NOTHING;
  if (earn.groups === "whole") return ratio(divide(cents, earn.cents, "floor") * earn.points);
  return ratio(cents * earn.points, earn.cents);
}

/** What a visit or its items earn, whatever they cost. */
function worthOfVisit(work: Working, rule: SavingRule): number {
  if (rule.kind !== "points" || rule.earn.per === "amount") return 0;
  const { earn } = rule;
  if (earn.per === "visit") return sum(work.paidLines()) > 0 || work.sale.lines.length === 0 ? earn.points : 0;
  return sum(itemsOf(work, earn.category)) * earn.points;
}

/** Paid items of a category on each line. */
const itemsOf = (work: Working, category: string): readonly number[] =>
  work.sale.lines.map((line, i) => (line.category === category && !work.isExcluded(line) ? work.unitsLeft(i) : 0));

const applies = ({ categories }: MultiplierRule, category: string | undefined): boolean =>
  categories === undefined || (category !== undefined && categories.includes(category));

/** What multipliers come to together. */
interface Factor {
  readonly of: Ratio;
  /** The same, less what is earned without them. */
  readonly more: Ratio;
  readonly by: readonly string[];
}

const NO_FACTOR: Factor = { of: ONE, more: NOTHING, by: [] };

function factorOf(permilles: readonly number[], by: readonly string[]): Factor {
  // (1 + a)(1 + b) - 1 = a + (1 + a) b, and so on: nothing is ever taken away.
  let more = NOTHING;
  let of = ONE;
  for (const permille of permilles) {
    more = total(more, product(of, ratio(permille - MILLE, MILLE)));
    of = product(of, ratio(permille, MILLE));
  }
  return { of, more, by };
}

/** The multipliers of one line, by the programme's policy, and which of them count. */
function stacked(work: Working, matching: readonly MultiplierRule[]): Factor {
  const [best] = matching;
  if (best === undefined) return NO_FACTOR;
  const ids = matching.map(({ id }) => id);
  const permilles = matching.map(({ permille }) => permille);
  switch (work.programme.stacking) {
    case "best-of":
      return factorOf([best.permille], [best.id]);
    case "additive":
      return factorOf([MILLE + sum(permilles.map((permille) => permille - MILLE))], ids);
    case "multiplicative":
      return factorOf(permilles, ids);
  }
}

/** What a purchase earns: exactly, or made whole in between where the programme says so. */
interface Exact {
  readonly value: Ratio;
  readonly by: readonly string[];
  /** By how much each line had a part in it. */
  readonly weights: readonly number[];
}

/** Lines with the same multipliers are one quantity. */
interface Group {
  cents: number;
  readonly factor: Factor;
}

/** Every group, and the one of each line. */
interface Groups {
  readonly groups: readonly Group[];
  readonly ofLine: readonly Group[];
}

const NO_GROUPS: Groups = { groups: [], ofLine: [] };

function groupsOf(work: Working, matching: readonly MultiplierRule[], lines: readonly number[]): Groups {
  const groups = new Map<string, Group>();
  const ofLine = lines.map((cents, i) => {
    const own = matching.filter((modifier) => applies(modifier, work.sale.lines[i]!.category));
    const key = own.map(({ id }) => id).join(" ");
    const group = groups.get(key) ?? { cents: 0, factor: stacked(work, own) };
    group.cents += cents;
    groups.set(key, group);
    return group;
  });
  return { groups: [...groups.values()], ofLine };
}

/** Base earning and multipliers. What a multiplier adds is added to what the purchase earns without it. */
function exactEarning(work: Working, plan: SavingPlan, lines: readonly number[]): Exact {
  const { rule } = plan;
  const matching = plan.multipliers.filter((modifier) => {
    const reason = bar(work, modifier.when);
    if (reason !== null) work.skip(modifier, reason);
    return reason === null;
  });
  const level = plan.hasTiers ? levelRatio(work, sum(lines)) : ONE;
  const eachRounding = rule.rounding === "carry" ? "floor" : rule.rounding;
  const staged = (value: Ratio): Ratio =>
    work.programme.roundingStage === "each" ? ratio(rounded(value, eachRounding)) : value;
  const base = (cents: number): Ratio => staged(product(worthOfCents(rule, cents), level));
  const fixedWorth = worthOfVisit(work, rule);
  if (matching.length === 0 && fixedWorth === 0) return { value: base(sum(lines)), by: [], weights: lines };
  const { groups, ofLine } = matching.length === 0 ? NO_GROUPS : groupsOf(work, matching, lines);
  const by = new Set<string>();
  let value = base(sum(lines));
  for (const { cents, factor } of groups) {
    const part = base(cents);
    value = total(value, product(part, factor.more));
    if (!isNothing(part)) for (const id of factor.by) by.add(id);
  }
  const fixed = staged(product(ratio(fixedWorth), level));
  const category = rule.kind === "points" && rule.earn.per === "item" ? rule.earn.category : undefined;
  if (!isNothing(fixed)) {
    const factor = stacked(
      work,
      matching.filter((modifier) => applies(modifier, category)),
    );
    value = total(value, product(fixed, factor.of));
    for (const id of factor.by) by.add(id);
  }
  const weights = category !== undefined ? itemsOf(work, category) : weightsOf(lines, ofLine);
  return { value, by: [...by], weights: sum(weights) === 0 ? lines : weights };
}

/** Cents of each line times what multiplied them; as they are where that would be too much to spread exactly. */
function weightsOf(lines: readonly number[], ofLine: readonly Group[]): readonly number[] {
  if (ofLine.length < 2) return lines;
  const exact = lines.map((cents, i) => product(ratio(cents), ofLine[i]!.factor.of));
  if (exact.some((weight) => isAtLeast(weight, WEIGHT_MAX))) return lines;
  const weights = exact.map((weight) => rounded(weight, "floor"));
  return sum(weights) <= WEIGHT_MAX ? weights : lines;
}

/** The denominator of the fraction that a card carries. */
export const carriedIn = (rule: SavingRule): number =>
  rule.kind === "cagnotte" ? BASIS : rule.earn.per === "amount" ? rule.earn.cents : 1;

/** Makes an exact value whole; with `carry`, the card's own fraction is in it and the rest goes back there. */
function madeWhole(
  rule: SavingRule,
  value: Ratio,
  held: number,
): { readonly earned: number; readonly remainder: number } {
  // Far more than any purse holds: there is nothing left to be exact about.
  if (isAtLeast(value, EARNED_MAX)) return { earned: EARNED_MAX, remainder: 0 };
  if (rule.rounding !== "carry") return { earned: rounded(value, rule.rounding), remainder: 0 };
  const parts = carriedIn(rule);
  const all = rounded(product(value, ratio(parts)), "floor") + held;
  return { earned: divide(all, parts, "floor"), remainder: all % parts };
}

const REASON_OF: Readonly<Record<Period | "visit", Reason>> = {
  visit: "CAP_VISIT",
  day: "CAP_DAY",
  week: "CAP_WEEK",
  month: "CAP_MONTH",
  year: "CAP_YEAR",
};

/** The first day of the period that a day lies in, as a card can keep it. */
const sinceOf = (per: Period, day: number): number => Math.max(0, periodStart(per, day));

/** What the card has counted in the period of today. */
export function usedOf(work: Working, per: Period, index: number): number {
  const purse = work.purse("used", index);
  return purse?.since === sinceOf(per, work.countingDay) ? purse.value : 0;
}

function countUsed(work: Working, per: Period, index: number, more: number): void {
  if (more === 0) return;
  const value = usedOf(work, per, index) + more;
  work.put({ kind: "used", index, since: sinceOf(per, work.countingDay), value }, ["used"]);
}

/** Takes back what was counted on a day, where the card still counts the period of that day. */
export function uncountUsed(work: Working, per: Period, index: number, day: number, less: number): void {
  const purse = work.purse("used", index);
  if (less === 0 || purse?.since !== sinceOf(per, day)) return;
  work.put({ ...purse, value: Math.max(0, purse.value - less) }, ["used"]);
}

function worthOf(grants: readonly Grant[]): number {
  let all = 0;
  for (const { value } of grants) all += value;
  return all;
}

/** Cuts grants to what is left, the last of them first. */
function cut(grants: readonly Grant[], left: number, reason: Reason): void {
  let over = worthOf(grants) - left;
  if (over <= 0) return;
  for (const grant of [...grants].reverse()) {
    const less = Math.min(Math.max(0, over), grant.value);
    over -= less;
    if (less === 0) continue;
    grant.value -= less;
    grant.reason ??= reason;
  }
}

function applyCaps(work: Working, caps: readonly CapRule[], grants: readonly Grant[]): void {
  for (const cap of caps) {
    const used = cap.per === "visit" ? 0 : usedOf(work, cap.per, cap.purse);
    cut(grants, Math.max(0, cap.most - used), REASON_OF[cap.per]);
  }
}

function countCaps(work: Working, caps: readonly CapRule[], value: number): void {
  for (const { per, purse } of caps) if (per !== "visit") countUsed(work, per, purse, value);
}

function bonusValue(work: Working, plan: SavingPlan, bonus: BonusRule, earned: number): number {
  const { gives } = bonus;
  if (typeof gives === "number") return gives;
  if ("earn" in gives) return customValue(work, plan, bonus, gives, earned);
  return divide(earned, gives.every, "floor") * gives.gives;
}

/** Fixed bonuses on what the purchase earned. */
function bonusGrants(work: Working, plan: SavingPlan, earned: number): Grant[] {
  const grants: Grant[] = [];
  for (const bonus of plan.bonuses) {
    const reason = bar(work, bonus.when) ?? limitBar(work, bonus.limit);
    if (reason !== null) {
      work.skip(bonus, reason);
      continue;
    }
    const value = Math.min(bonusValue(work, plan, bonus, earned), EARNED_MAX);
    if (value === 0) continue;
    if (bonus.limit !== undefined) countUsed(work, bonus.limit.per, bonus.limit.purse, 1);
    grants.push({ rule: bonus.id, funder: bonus.funder, value, wouldBe: value, reason: null, by: [] });
  }
  return grants;
}

function limitBar(
  work: Working,
  limit: { readonly times: number; readonly per: Period; readonly purse: number } | undefined,
): Reason | null {
  if (limit === undefined) return null;
  if (work.facts.clockSuspect) return "CLOCK_SUSPECT";
  return usedOf(work, limit.per, limit.purse) >= limit.times ? "CAP_TIMES" : null;
}

/** Cuts grants to what the purse may still hold, and puts them into it; gives an effect for each. */
export function grant(
  work: Working,
  plan: SavingPlan,
  grants: readonly Grant[],
  remainder: number,
  fraction: number,
  weights: readonly number[],
): void {
  const { rule } = plan;
  const holding = holdingOf(work, rule);
  applyCaps(work, plan.caps, grants);
  const { value: held, owed } = holding.held;
  cut(grants, Math.max(0, rule.balanceMax - held + owed), "CAP_BALANCE");
  const value = worthOf(grants);
  countCaps(work, plan.caps, value);
  holding.add(lotsOf(work, rule.validity, value), remainder);
  for (const [i, { rule: id, funder, value: given, wouldBe, reason, by }] of grants.entries()) {
    if (wouldBe === 0 && !(i === 0 && fraction !== 0)) continue;
    const effect: Effect = {
      type: "earn",
      rule: id,
      unit: unitOf(rule),
      value: given,
      funder,
      ...(reason === null ? {} : { wouldBe, reason }),
      ...(by.length === 0 ? {} : { by }),
      ...(rule.lots > 0 && given > 0 ? { lots: lotsOf(work, rule.validity, given) } : {}),
      ...(i === 0 && fraction !== 0 ? { fraction } : {}),
      ...(given > 0 && weights.length > 1 && sum(weights) > 0 ? { shares: allocate(given, weights) } : {}),
    };
    work.effects.push(effect);
  }
}

/** Earning on what is really paid, then multipliers, then bonuses, then caps. */
export function earnSaving(work: Working, plan: SavingPlan): void {
  const { rule } = plan;
  const reason = bar(work, rule.when);
  if (reason !== null) {
    work.skip(rule, reason);
    return;
  }
  const lines = baseLines(work, rule);
  const { remainder: kept } = holdingOf(work, rule).held;
  // A fraction that another version of the programme kept may be more than a whole in this one's parts.
  const before = Math.min(kept, carriedIn(rule) - 1);
  const { value, by, weights } = exactEarning(work, plan, lines);
  const { earned, remainder } = madeWhole(rule, value, before);
  const base: Grant = { rule: rule.id, funder: rule.funder, value: earned, wouldBe: earned, reason: null, by };
  grant(work, plan, [base, ...bonusGrants(work, plan, earned)], remainder, remainder - kept, weights);
}
