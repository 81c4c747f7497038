import type { Lot } from "@cachet/card-layout";
import {
  allocate,
  divide,
  NOTHING,
  ONE,
  product,
  type Ratio,
  type Rounding,
  ratio,
  sum,
  total,
  whole,
} from "./arithmetic.ts";
import { bar } from "./bar.ts";
import { periodStart } from "./calendar/span.ts";
import { lastDayOf } from "./lots.ts";
import type { CapRule, MultiplierRule, Period } from "./modifier-rules.ts";
import type { SavingPlan } from "./plan.ts";
import { holdingOf, unitOf } from "./saving.ts";
import type { SavingRule } from "./saving-rule.ts";
import { levelRatio } from "./tiers.ts";
import type { Funder, Reason } from "./words.ts";
import type { Effect, Working } from "./working.ts";

const BASIS = 10_000;
const MILLE = 1_000;

/** What one rule gives, before caps. */
interface Grant {
  readonly rule: string;
  readonly funder: Funder;
  value: number;
  readonly wouldBe: number;
  reason: Reason | null;
  readonly by: readonly string[];
}

function rounded({ of, by }: Ratio, rounding: Rounding): number {
  return divide(whole(of, "earned"), by, rounding);
}

/** Lines that earn, less what does not: each line's cents. */
function baseLines(work: Working, rule: SavingRule): readonly number[] {
  const lines = work.earningLines().map((amount, i) => (work.isExcluded(work.sale.lines[i]!) ? 0 : amount));
  const beyond = rule.kind === "points" && rule.earn.per === "amount" ? rule.earn.beyond : undefined;
  if (beyond === undefined) return lines;
  const all = sum(lines);
  if (all <= beyond.amount) return lines.map(() => 0);
  if (beyond.counts === "all") return lines;
  let below = beyond.amount;
  return lines.map((amount) => {
    const part = Math.min(amount, below);
    below -= part;
    return amount - part;
  });
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
  return sum(
    work.sale.lines.map(({ category }, i) => (category === earn.category ? work.unitsLeft(i) * earn.points : 0)),
  );
}

const applies = ({ categories }: MultiplierRule, category: string | undefined): boolean =>
  categories === undefined || (category !== undefined && categories.includes(category));

/** The multipliers of one line, by the programme's policy, and which of them count. */
function stacked(
  work: Working,
  matching: readonly MultiplierRule[],
): { readonly factor: Ratio; readonly by: readonly string[] } {
  if (matching.length === 0) return { factor: ONE, by: [] };
  const ids = matching.map(({ id }) => id);
  switch (work.programme.stacking) {
    case "best-of": {
      const best = matching.reduce((a, b) => (b.permille > a.permille ? b : a));
      return { factor: ratio(best.permille, MILLE), by: [best.id] };
    }
    case "additive":
      return { factor: ratio(MILLE + sum(matching.map(({ permille }) => permille - MILLE)), MILLE), by: ids };
    case "multiplicative":
      return { factor: matching.reduce((all, { permille }) => product(all, ratio(permille, MILLE)), ONE), by: ids };
  }
}

interface Exact {
  readonly value: Ratio;
  readonly by: readonly string[];
}

/** Base earning and multipliers, exactly, or made whole in between where the programme says so. */
function exactEarning(work: Working, plan: SavingPlan, lines: readonly number[]): Exact {
  const { rule } = plan;
  const fixed = worthOfVisit(work, rule);
  const matching = plan.multipliers.filter((modifier) => {
    const reason = bar(work, modifier.when);
    if (reason !== null) work.skip(modifier, reason);
    return reason === null;
  });
  const level = plan.hasTiers ? levelRatio(work, sum(lines)) : ONE;
  const eachRounding = rule.rounding === "carry" ? "floor" : rule.rounding;
  const madeWhole = (value: Ratio): Ratio =>
    work.programme.roundingStage === "each" ? ratio(rounded(value, eachRounding)) : value;
  const base = (cents: number): Ratio => madeWhole(product(worthOfCents(rule, cents), level));
  if (matching.length === 0) return { value: total(base(sum(lines)), ratio(fixed)), by: [] };
  // Lines with the same multipliers are one quantity.
  const groups = new Map<string, { cents: number; readonly matching: readonly MultiplierRule[] }>();
  for (const [i, cents] of lines.entries()) {
    const own = matching.filter((modifier) => applies(modifier, work.sale.lines[i]!.category));
    const key = own.map(({ id }) => id).join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { cents, matching: own });
    else group.cents += cents;
  }
  const by = new Set<string>();
  let value = NOTHING;
  for (const group of groups.values()) {
    const { factor, by: counting } = stacked(work, group.matching);
    const part = product(base(group.cents), factor);
    if (part.of > 0) for (const id of counting) by.add(id);
    value = total(value, part);
  }
  if (fixed > 0) {
    const { factor, by: counting } = stacked(
      work,
      matching.filter(({ categories }) => categories === undefined),
    );
    for (const id of counting) by.add(id);
    value = total(value, product(ratio(fixed), factor));
  }
  return { value, by: [...by] };
}

/** The denominator of the fraction that a card carries. */
export const carriedIn = (rule: SavingRule): number =>
  rule.kind === "cagnotte" ? BASIS : rule.earn.per === "amount" ? rule.earn.cents : 1;

/** Makes an exact value whole; with `carry`, the card's own fraction is in it and the rest goes back there. */
function madeWhole(
  rule: SavingRule,
  { of, by }: Ratio,
  held: number,
): { readonly earned: number; readonly remainder: number } {
  if (rule.rounding !== "carry") return { earned: rounded({ of, by }, rule.rounding), remainder: 0 };
  const parts = carriedIn(rule);
  const { of: above, by: below } = product({ of, by }, ratio(parts));
  const all = divide(above, below, "floor") + held;
  return { earned: divide(all, parts, "floor"), remainder: all % parts };
}

const REASON_OF: Readonly<Record<Period | "visit", Reason>> = {
  visit: "CAP_VISIT",
  day: "CAP_DAY",
  week: "CAP_WEEK",
  month: "CAP_MONTH",
  year: "CAP_YEAR",
};

/** What the card has counted in the period of today. */
export function usedOf(work: Working, per: Period, index: number): number {
  const purse = work.purse("used", index);
  return purse?.since === periodStart(per, work.now.day) ? purse.value : 0;
}

export function countUsed(work: Working, per: Period, index: number, value: number): void {
  work.put({ kind: "used", index, since: periodStart(per, work.now.day), value }, ["used"]);
}

/** Cuts grants to what is left, the last of them first. */
function cut(grants: readonly Grant[], left: number, reason: Reason): void {
  let over = sum(grants.map(({ value }) => value)) - left;
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
  for (const { per, purse } of caps) if (per !== "visit") countUsed(work, per, purse, usedOf(work, per, purse) + value);
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
    const { gives } = bonus;
    const value = typeof gives === "number" ? gives : divide(earned, gives.every, "floor") * gives.gives;
    if (value === 0) continue;
    if (bonus.limit !== undefined)
      countUsed(work, bonus.limit.per, bonus.limit.purse, usedOf(work, bonus.limit.per, bonus.limit.purse) + 1);
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

/** The day from which what is earned lasts: of a reset clock, the later of the two that are known. */
const earnedOn = ({ facts, now }: Working): number =>
  facts.clockSuspect ? Math.max(now.day, facts.lastDay ?? 0) : now.day;

/** What a grant is as lots. */
export function lotsOf(work: Working, rule: SavingRule, value: number): readonly Lot[] {
  const issued = earnedOn(work);
  return value === 0 ? [] : [{ value, expires: lastDayOf(rule.validity, issued), issued }];
}

/** Cuts grants to what the purse may still hold, and puts them into it; gives an effect for each. */
export function grant(
  work: Working,
  plan: SavingPlan,
  grants: readonly Grant[],
  remainder: number,
  fraction: number,
  lines: readonly number[],
): void {
  const { rule } = plan;
  const holding = holdingOf(work, rule);
  applyCaps(work, plan.caps, grants);
  cut(grants, Math.max(0, rule.balanceMax - holding.held.value), "CAP_BALANCE");
  const value = sum(grants.map((one) => one.value));
  countCaps(work, plan.caps, value);
  const lots = lotsOf(work, rule, value);
  holding.add(lots, remainder);
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
      ...(rule.lots > 0 && given > 0 ? { lots: lotsOf(work, rule, given) } : {}),
      ...(i === 0 && fraction !== 0 ? { fraction } : {}),
      ...(given > 0 && lines.length > 1 && sum(lines) > 0 ? { shares: allocate(given, lines) } : {}),
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
  const { remainder: before } = holdingOf(work, rule).held;
  const { value, by } = exactEarning(work, plan, lines);
  const { earned, remainder } = madeWhole(rule, value, before);
  const base: Grant = { rule: rule.id, funder: rule.funder, value: earned, wouldBe: earned, reason: null, by };
  grant(work, plan, [base, ...bonusGrants(work, plan, earned)], remainder, remainder - before, lines);
}
