import { allocate, divide, sum } from "./arithmetic.ts";
import { type Balance, balanceIn, lotsOf, putIn } from "./balance.ts";
import { type Guarded, guarded, lets } from "./bar.ts";
import { customValue } from "./custom.ts";
import type { Effect } from "./effect.ts";
import type { BonusRule, CapRule, MultiplierRule, Period } from "./modifier-rules.ts";
import { BASIS_POINTS, type SavingPlan } from "./plan.ts";
import { isAtLeast, isNothing, NOTHING, ONE, product, type Ratio, ratio, rounded, total } from "./ratio.ts";
import { unitOf } from "./saving.ts";
import type { Basis, SavingRule } from "./saving-rule.ts";
import { levelRatio } from "./tiers.ts";
import { countUsed, limitBar, usedOf } from "./used.ts";
import type { Funder, Reason } from "./words.ts";
import type { Step, Working } from "./working.ts";

const MILLE = 1_000;
/** The most that one purchase is said to earn. */
const EARNED_MAX = 1_000_000_000;
/** Any value that a purse can hold times so much is exact. */
const WEIGHT_MAX = 500_000_000;

/** A rule that saves, with what may stand in the way of all that adds to it. */
interface Earner {
  readonly plan: SavingPlan;
  readonly multipliers: readonly Guarded<MultiplierRule>[];
  readonly bonuses: readonly Guarded<BonusRule>[];
}

/** What earns of each line, excluded ones too. */
function basisLines(work: Working, basis: Basis): readonly number[] {
  if (basis === "net") return work.earningLines();
  return work.withoutTenders(basis === "gross" ? work.amounts() : work.discountedLines());
}

/** Cents that the programme's first saving rule earns on; what is left to pay, where there is none. */
export function earningBaseOf(work: Working): number {
  return work.eligible(basisLines(work, work.plan.savings[0]?.rule.basis ?? "net"));
}

/** What one rule gives: an effect that caps may still cut. */
type Grant = { -readonly [K in keyof Effect]: Effect[K] };

export const grantOf = (saving: SavingRule, rule: string, funder: Funder, value: number): Grant => ({
  type: "earn",
  rule,
  unit: unitOf(saving),
  value,
  funder,
});

/** Lines that earn, less what does not: each line's cents. */
function baseLines(work: Working, rule: SavingRule): readonly number[] {
  const all = basisLines(work, rule.basis);
  const lines =
    work.plan.programme.exclude.length === 0
      ? all
      : all.map((amount, i) => (work.isExcluded(work.sale.lines[i]!) ? 0 : amount));
  const beyond = rule.kind === "points" && rule.earn.per === "amount" ? rule.earn.beyond : undefined;
  if (beyond === undefined) return lines;
  if (sum(lines) <= beyond.amount) return lines.map(() => 0);
  if (beyond.counts === "all") return lines;
  const below = allocate(beyond.amount, lines);
  return lines.map((amount, i) => amount - below[i]!);
}

/** What so many cents earn at a level, exactly. */
function worthOfCents({ rule, perCent }: SavingPlan, cents: number, level: Ratio): Ratio {
  if (perCent !== null) return product(perCent, level, cents);
  if (rule.kind === "cagnotte" || rule.earn.per !== "amount") return NOTHING;
  return product(ratio(divide(cents, rule.earn.cents, "floor") * rule.earn.points), level);
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

const NOBODY: readonly string[] = [];
const NO_RULES: readonly MultiplierRule[] = [];
const NO_FACTOR: Factor = { of: ONE, more: NOTHING, by: NOBODY };

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

/** The multipliers that have their say. */
function matchingOf(work: Working, multipliers: readonly Guarded<MultiplierRule>[]): readonly MultiplierRule[] {
  let matching: MultiplierRule[] | null = null;
  for (let i = 0; i < multipliers.length; i += 1) {
    const modifier = multipliers[i]!;
    if (!lets(work, modifier)) continue;
    matching ??= [];
    matching.push(modifier.rule);
  }
  return matching ?? NO_RULES;
}

/** What is earned before it is multiplied: made whole where the programme does so at each stage. */
function staged({ plan }: Working, { rounding }: SavingRule, value: Ratio): Ratio {
  if (plan.programme.roundingStage === "end") return value;
  return ratio(rounded(value, rounding === "carry" ? "floor" : rounding));
}

const baseOf = (work: Working, plan: SavingPlan, cents: number, level: Ratio): Ratio =>
  staged(work, plan.rule, worthOfCents(plan, cents, level));

/** Adds rules to those that are named, each once. */
function name(named: string[], ids: readonly string[]): void {
  for (const id of ids) if (!named.includes(id)) named.push(id);
}

/** Base earning and multipliers. What a multiplier adds is added to what the purchase earns without it. */
function exactEarning({ plan, multipliers }: Earner, work: Working, lines: readonly number[]): Exact {
  const { rule } = plan;
  const matching = matchingOf(work, multipliers);
  const cents = sum(lines);
  const level = plan.hasTiers ? levelRatio(work, cents) : ONE;
  const base = baseOf(work, plan, cents, level);
  const fixedWorth = worthOfVisit(work, rule);
  if (matching.length === 0 && fixedWorth === 0) return { value: base, by: NOBODY, weights: lines };
  const { groups, ofLine } = matching.length === 0 ? NO_GROUPS : groupsOf(work, matching, lines);
  const by: string[] = [];
  let value = base;
  for (const group of groups) {
    const part = group.cents === cents ? base : baseOf(work, plan, group.cents, level);
    value = total(value, product(part, group.factor.more));
    if (!isNothing(part)) name(by, group.factor.by);
  }
  const fixed = staged(work, rule, product(ratio(fixedWorth), level));
  const category = rule.kind === "points" && rule.earn.per === "item" ? rule.earn.category : undefined;
  if (!isNothing(fixed)) {
    const factor = stacked(
      work,
      matching.filter((modifier) => applies(modifier, category)),
    );
    value = total(value, product(fixed, factor.of));
    name(by, factor.by);
  }
  const weights = category !== undefined ? itemsOf(work, category) : weightsOf(lines, ofLine);
  return { value, by, weights: sum(weights) === 0 ? lines : weights };
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
  rule.kind === "cagnotte" ? BASIS_POINTS : rule.earn.per === "amount" ? rule.earn.cents : 1;

/** Makes an exact value whole, in so many parts of one; with `carry`, the card's own fraction is in it. */
function madeWhole({ rounding }: SavingRule, value: Ratio, parts: number, held: number): number {
  // Far more than any purse holds: there is nothing left to be exact about.
  if (isAtLeast(value, EARNED_MAX)) return EARNED_MAX * parts;
  return rounding === "carry" ? rounded(product(value, ratio(parts)), "floor") + held : rounded(value, rounding);
}

const REASON_OF: Readonly<Record<Period | "visit", Reason>> = {
  visit: "CAP_VISIT",
  day: "CAP_DAY",
  week: "CAP_WEEK",
  month: "CAP_MONTH",
  year: "CAP_YEAR",
};

function worthOf(grants: readonly Grant[]): number {
  let all = 0;
  for (let i = 0; i < grants.length; i += 1) all += grants[i]!.value;
  return all;
}

/** Cuts grants to what is left, the last of them first; gives what they come to then. */
function cut(grants: readonly Grant[], left: number, reason: Reason): number {
  const all = worthOf(grants);
  if (all <= left) return all;
  let over = all - left;
  for (let i = grants.length - 1; over > 0; i -= 1) {
    const grant = grants[i]!;
    const less = Math.min(over, grant.value);
    over -= less;
    if (less === 0) continue;
    grant.wouldBe ??= grant.value;
    grant.reason ??= reason;
    grant.value -= less;
  }
  return left;
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
function bonusGrants({ plan, bonuses }: Earner, work: Working, earned: number): Grant[] {
  const grants: Grant[] = [];
  for (const one of bonuses) {
    if (!lets(work, one)) continue;
    const bonus = one.rule;
    const reason = limitBar(work, bonus.limit);
    if (reason !== null) {
      work.skip(bonus, reason);
      continue;
    }
    const value = Math.min(bonusValue(work, plan, bonus, earned), EARNED_MAX);
    if (value === 0) continue;
    if (bonus.limit !== undefined) countUsed(work, bonus.limit.per, bonus.limit.purse, 1);
    grants.push(grantOf(plan.rule, bonus.id, bonus.funder, value));
  }
  return grants;
}

/** Cuts grants to what the purse may still hold, puts them into it, and says them; `fraction` and `by` are of the first alone. */
export function grant(
  work: Working,
  plan: SavingPlan,
  before: Balance,
  grants: readonly Grant[],
  remainder: number,
  fraction: number,
  weights: readonly number[],
  by: readonly string[],
): void {
  const { rule, caps } = plan;
  if (caps.length > 0) applyCaps(work, caps, grants);
  const room = rule.balanceMax - before.value + before.owed;
  const all = cut(grants, Math.max(0, room), "CAP_BALANCE");
  if (caps.length > 0) countCaps(work, caps, all);
  putIn(work, plan.place, before, all, rule.validity, remainder);
  if (by.length > 0) grants[0]!.by = by;
  for (let i = 0; i < grants.length; i += 1) say(work, rule, grants[i]!, i === 0 ? fraction : 0, weights);
}

function say(work: Working, rule: SavingRule, grant: Grant, fraction: number, weights: readonly number[]): void {
  const { value } = grant;
  // What would have been nothing anyway is not worth a word.
  if (value === 0 && grant.wouldBe === undefined && fraction === 0) return;
  if (rule.lots > 0 && value > 0) grant.lots = lotsOf(work, rule.validity, value);
  if (fraction !== 0) grant.fraction = fraction;
  if (value > 0 && weights.length > 1 && sum(weights) > 0) grant.shares = allocate(value, weights);
  work.effects.push(grant);
}

/** Earning on what is really paid, then multipliers, then bonuses, then caps. */
export function earnSaving(plan: SavingPlan): Step {
  const own = guarded(plan.rule);
  const earner = { plan, multipliers: plan.multipliers.map(guarded), bonuses: plan.bonuses.map(guarded) };
  return (work) => {
    if (lets(work, own)) earn(earner, work);
  };
}

function earn(earner: Earner, work: Working): void {
  const { plan, bonuses } = earner;
  const { rule } = plan;
  const lines = baseLines(work, rule);
  const before = balanceIn(work.purses, plan.place);
  const { value, by, weights } = exactEarning(earner, work, lines);
  const parts = rule.rounding === "carry" ? carriedIn(rule) : 1;
  // A fraction that another version of the programme kept may be more than a whole in this one's parts.
  const all = madeWhole(rule, value, parts, Math.min(before.remainder, parts - 1));
  const remainder = all % parts;
  const earned = (all - remainder) / parts;
  const base = grantOf(rule, rule.id, rule.funder, earned);
  const grants = bonuses.length === 0 ? [base] : [base, ...bonusGrants(earner, work, earned)];
  grant(work, plan, before, grants, remainder, remainder - before.remainder, weights, by);
}
