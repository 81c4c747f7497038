import { civilOf, type Purse, type PurseKind } from "@cachet/card-layout";
import { divide, sum } from "./arithmetic.ts";
import { birthdayIn, monthIndex, yearOf } from "./calendar/period.ts";
import type { Effect, Note } from "./effect.ts";
import { ONE, type Ratio, ratio } from "./ratio.ts";
import type { TiersRule } from "./status-rules.ts";
import type { Step, Working } from "./working.ts";

const MONTHS = 12;
const MILLE = 1_000;
const CENTS_PER_EURO = 100;
const EPOCH_YEAR = 2_000;
/** The most that a month can hold, in whole euros. */
const EUROS_MAX = 0xffff;
/** The most that a year can hold, in cents. */
const SPENT_MAX = 0xffff_ffff;
const KINDS: readonly PurseKind[] = ["year-tier", "rolling-tier"];

export const tiersPurse = ({ window }: TiersRule): PurseKind => (window === "year" ? "year-tier" : "rolling-tier");

/** What a card's tier purse says on a day. */
interface Standing {
  readonly level: number;
  /** Last day of the last review that was held; 0 for none. */
  readonly reviewed: number;
  /** Cents spent in the window that ends on that day. */
  readonly spent: number;
}

/** Months of a rolling window, this one first, as they are on a later day. */
function rolled(purse: Extract<Purse, { kind: "rolling-tier" }>, day: number): readonly number[] {
  const passed = Math.min(MONTHS, Math.max(0, monthIndex(day) - purse.month));
  return [...Array.from({ length: passed }, () => 0), ...purse.euros].slice(0, MONTHS);
}

type TiersPurse = Extract<Purse, { kind: "year-tier" | "rolling-tier" }>;

function purseOf(purses: readonly Purse[], { purse: wanted }: TiersRule): TiersPurse | null {
  for (let i = 0; i < purses.length; i += 1) {
    const purse = purses[i]!;
    if (purse.index === wanted && (purse.kind === "year-tier" || purse.kind === "rolling-tier")) return purse;
  }
  return null;
}

/** Cents spent in the window that ends on a day. */
function spentIn(purse: TiersPurse | null, day: number): number {
  if (purse === null) return 0;
  if (purse.kind === "rolling-tier") return sum(rolled(purse, day)) * CENTS_PER_EURO + purse.cents;
  // A clock that was set back counts into the newest year that the card knows.
  return purse.year + EPOCH_YEAR >= yearOf(day) ? purse.spent : 0;
}

function standing(purses: readonly Purse[], rule: TiersRule, day: number): Standing {
  const purse = purseOf(purses, rule);
  return { level: purse?.level ?? 0, reviewed: purse?.reviewed ?? 0, spent: spentIn(purse, day) };
}

/** A year's purse holds what was spent in that year; a rolling one whole euros by month, and the cents that fill no euro yet. */
function hold(
  work: Working,
  rule: TiersRule,
  old: TiersPurse | null,
  level: number,
  reviewed: number,
  more: number,
): void {
  const { day } = work.now;
  if (rule.window === "year") {
    const now = yearOf(day) - EPOCH_YEAR;
    const year = old?.kind === "year-tier" && old.year > now ? old.year : now;
    const spent = Math.min(SPENT_MAX, spentIn(old, day) + more);
    work.put({ kind: "year-tier", index: rule.purse, level, reviewed, year, spent }, KINDS);
    return;
  }
  const before =
    old?.kind === "rolling-tier"
      ? old
      : { month: monthIndex(day), cents: 0, euros: Array.from({ length: MONTHS }, () => 0) };
  // A clock that was set back writes into the newest month that the card knows.
  const month = Math.max(before.month, monthIndex(day));
  const months = old?.kind === "rolling-tier" ? [...rolled(old, day)] : [...before.euros];
  const all = before.cents + more;
  months[0] = Math.min(EUROS_MAX, months[0]! + divide(all, CENTS_PER_EURO, "floor"));
  const cents = all % CENTS_PER_EURO;
  work.put({ kind: "rolling-tier", index: rule.purse, level, reviewed, month, cents, euros: months }, KINDS);
}

/** The highest level that so much reaches. */
function levelFor({ levels }: TiersRule, spent: number): number {
  let level = levels.length - 1;
  while (level >= 0 && spent < levels[level]!.from) level -= 1;
  return level;
}

/** The last review whose day is over, as its day; 0 where there was none yet. */
function lastReview(on: string, today: number): number {
  const { year } = civilOf(today);
  const [month, dayOfMonth] = on.split("-").map(Number) as [number, number];
  const days = [year, year - 1].map((candidate) => birthdayIn(candidate, month, dayOfMonth, "28-february"));
  return Math.max(0, days.find((day) => day < today) ?? 0);
}

/** `taken`: the level before, where a purchase reached one, so that a refund finds back to it. */
function say(work: Working, rule: TiersRule, level: number, taken?: number): void {
  const { id, funder } = rule;
  const label = rule.levels[level]!.name;
  const before = taken === undefined ? {} : { taken };
  work.effects.push({ type: "tier", rule: id, unit: "units", value: level, funder, label, ...before });
}

/** What counts at a review: what the window held on its day or holds now, whichever is more. */
const spentFor = (purses: readonly Purse[], rule: TiersRule, due: number, today: number): number =>
  Math.max(standing(purses, rule, due).spent, standing(purses, rule, today).spent);

/** A card that was used since the year of a review has forgotten what was spent in that year. */
const hasForgotten = (purses: readonly Purse[], rule: TiersRule, due: number): boolean =>
  purses.some(
    (purse) => purse.kind === "year-tier" && purse.index === rule.purse && purse.year + EPOCH_YEAR > civilOf(due).year,
  );

/** What becomes of a level at a review: the level, and until when it is only at risk. */
function reviewed(
  rule: TiersRule,
  { level, reviewed: last, spent }: Standing,
  today: number,
  due: number,
  isForgotten: boolean,
): { readonly level: number; readonly isOver: boolean } {
  const { review } = rule;
  if (review === null || last >= due || level === 0) return { level, isOver: true };
  const reached = levelFor(rule, spent);
  if (reached >= level) return { level, isOver: true };
  if (today <= due + review.graceDays) return { level, isOver: false };
  return { level: review.down === "one" || isForgotten ? level - 1 : reached, isOver: true };
}

/** Holds a review that is due, once its days of grace are over; finds the level that this visit begins with. */
export function reviewTiers(rule: TiersRule): Step {
  const { levels, review } = rule;
  return (work) => {
    const held = purseOf(work.purses, rule);
    work.levelHeld = held === null ? 0 : Math.min(held.level, levels.length - 1);
    if (review !== null && !work.facts.clockSuspect) holdReview(work, rule, review.on);
  };
}

function holdReview(work: Working, rule: TiersRule, on: string): void {
  const { day } = work.now;
  const now = standing(work.purses, rule, day);
  const due = lastReview(on, day);
  const spent = spentFor(work.purses, rule, due, day);
  const isForgotten = hasForgotten(work.purses, rule, due);
  const { level, isOver } = reviewed(rule, { ...now, level: work.levelHeld, spent }, day, due, isForgotten);
  if (!isOver || (due === now.reviewed && level === now.level)) return;
  // A card that has nothing to lose keeps no date: it would be written for that alone.
  if (level === now.level && level === 0) return;
  hold(work, rule, purseOf(work.purses, rule), level, due, 0);
  if (level === work.levelHeld) return;
  work.levelHeld = level;
  say(work, rule, level);
}

/** The factor by which the level multiplies what a purchase earns. */
export function levelRatio(work: Working, base: number): Ratio {
  const { tiers, levelRatios } = work.plan;
  if (tiers === null) return ONE;
  const { levels, crossing } = tiers;
  if (crossing === "before" || base === 0) return levelRatios[work.levelHeld]!;
  const { spent } = standing(work.purses, tiers, work.now.day);
  let value = 0;
  for (const [i, { permille }] of levels.entries()) {
    const [from, to] = [levels[i]!.from, levels[i + 1]?.from ?? Number.POSITIVE_INFINITY];
    // Below the level that is held nothing is taken away.
    const low = i <= work.levelHeld ? 0 : from;
    if (i < work.levelHeld) continue;
    value += Math.max(0, Math.min(spent + base, to) - Math.max(spent, low)) * permille;
  }
  return ratio(value, base * MILLE);
}

/** Counts what was paid, and goes up. */
export const climbTiers =
  (rule: TiersRule): Step =>
  (work) => {
    const base = work.eligible(work.earningLines());
    if (base !== 0) climb(work, rule, base);
  };

function climb(work: Working, rule: TiersRule, base: number): void {
  const { levelHeld } = work;
  const purse = purseOf(work.purses, rule);
  const reached = levelFor(rule, spentIn(purse, work.now.day) + base);
  const before = purse === null ? 0 : purse.reviewed;
  if (reached <= levelHeld) {
    hold(work, rule, purse, levelHeld, before, base);
    return;
  }
  // What is reached after a review is not judged by it.
  const last = rule.review === null ? 0 : lastReview(rule.review.on, work.countingDay);
  hold(work, rule, purse, reached, Math.max(before, last), base);
  say(work, rule, reached, levelHeld);
}

/** Takes cents out of the month that lies so far back, and what that one has not out of those beside it, newer ones first. */
function withoutCents(
  euros: readonly number[],
  rest: number,
  cents: number,
  back: number,
): { readonly euros: readonly number[]; readonly cents: number } {
  const left = rest - (cents % CENTS_PER_EURO);
  const months = [...euros];
  let over = divide(cents, CENTS_PER_EURO, "floor") + (left < 0 ? 1 : 0);
  const newer = Array.from({ length: back + 1 }, (_, i) => back - i);
  const older = Array.from({ length: MONTHS - 1 - back }, (_, i) => back + 1 + i);
  for (const i of [...newer, ...older]) {
    const less = Math.min(months[i]!, over);
    months[i] = months[i]! - less;
    over -= less;
  }
  // Less than that was spent, by all that the card knows: nothing is left of it.
  if (over > 0) return { euros: months, cents: 0 };
  return { euros: months, cents: left < 0 ? left + CENTS_PER_EURO : left };
}

/** Takes spending back that a refund undid, out of the year or month of the sale; gives false where that is in no window any more. */
function unspend(work: Working, rule: TiersRule, cents: number, soldOn: number): boolean {
  const current = purseOf(work.purses, rule);
  if (current?.kind === "year-tier") {
    if (current.year + EPOCH_YEAR !== civilOf(soldOn).year) return false;
    work.put({ ...current, spent: Math.max(0, current.spent - cents) }, KINDS);
    return true;
  }
  if (current?.kind !== "rolling-tier") return false;
  const back = Math.max(0, current.month - monthIndex(soldOn));
  if (back >= MONTHS) return false;
  work.put({ ...current, ...withoutCents(current.euros, current.cents, cents, back) }, KINDS);
  return true;
}

/**
 * Takes spending back that a refund undid. A level that the sale reached and that is not reached without it goes back to the one
 * before; every other level stays until its review. `effects` are those of the sale.
 */
export function unspendTiers(
  work: Working,
  rule: TiersRule,
  cents: number,
  soldOn: number,
  effects: readonly Effect[],
): void {
  if (cents === 0 || !unspend(work, rule, cents, soldOn)) return;
  const { day } = work.now;
  const { level, reviewed: last, spent } = standing(work.purses, rule, day);
  const climb = effects.find(
    (effect) => effect.type === "tier" && effect.rule === rule.id && effect.taken !== undefined,
  );
  if (climb === undefined || climb.value !== level || level >= rule.levels.length || spent >= rule.levels[level]!.from)
    return;
  const lower = Math.max(climb.taken!, levelFor(rule, spent));
  hold(work, rule, purseOf(work.purses, rule), lower, last, 0);
  say(work, rule, lower);
}

/** What a receipt says of a level. */
export function noteTiers(rule: TiersRule, purses: readonly Purse[], today: number | null): Note[] {
  if (today === null) return [];
  const { level, reviewed: last, spent } = standing(purses, rule, today);
  const { levels, review } = rule;
  const held = levels[Math.min(level, levels.length - 1)]!;
  const next = levels[level + 1];
  const own: Note = {
    note: "tier",
    rule: rule.id,
    level: held.name,
    toNext: next === undefined ? 0 : Math.max(0, next.from - spent),
    next: next?.name ?? null,
  };
  if (review === null || level === 0) return [own];
  const due = lastReview(review.on, today);
  const isAtRisk = last < due && spentFor(purses, rule, due, today) < held.from && today <= due + review.graceDays;
  return isAtRisk
    ? [own, { note: "at-risk", rule: rule.id, level: held.name, through: due + review.graceDays }]
    : [own];
}
