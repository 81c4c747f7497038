import { civilOf, dayOfCivil, type Purse, type PurseKind } from "@cachet/card-layout";
import { divide, ONE, type Ratio, ratio, sum } from "./arithmetic.ts";
import { monthIndex } from "./calendar/period.ts";
import type { TiersRule } from "./status-rules.ts";
import type { Note, Working } from "./working.ts";

const MONTHS = 12;
const MILLE = 1_000;
const CENTS_PER_EURO = 100;
const EPOCH_YEAR = 2_000;
/** The most that a month can hold, in whole euros. */
const EUROS_MAX = 0xffff;
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

function standing(purses: readonly Purse[], rule: TiersRule, day: number): Standing {
  const purse = purses.find(({ kind, index }) => index === rule.purse && KINDS.includes(kind));
  if (purse?.kind === "rolling-tier") {
    const { level, reviewed, cents } = purse;
    return { level, reviewed, spent: sum(rolled(purse, day)) * CENTS_PER_EURO + cents };
  }
  if (purse?.kind === "year-tier") {
    const { level, reviewed, year, spent } = purse;
    return { level, reviewed, spent: year + EPOCH_YEAR === civilOf(day).year ? spent : 0 };
  }
  return { level: 0, reviewed: 0, spent: 0 };
}

/** A year's purse holds what was spent in that year; a rolling one whole euros by month, and the cents that fill no euro yet. */
function hold(work: Working, rule: TiersRule, level: number, reviewed: number, more: number): void {
  const { day } = work.now;
  const old = work.purses.find(({ kind, index }) => index === rule.purse && KINDS.includes(kind));
  if (rule.window === "year") {
    const { spent } = standing(work.purses, rule, day);
    const year = civilOf(day).year - EPOCH_YEAR;
    work.put({ kind: "year-tier", index: rule.purse, level, reviewed, year, spent: spent + more }, KINDS);
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
  return levels.findLastIndex(({ from }) => spent >= from);
}

/** The last review whose day is over, as its day; 0 where there was none yet. */
function lastReview(on: string, today: number): number {
  const { year } = civilOf(today);
  const [month, dayOfMonth] = on.split("-").map(Number) as [number, number];
  const days = [year, year - 1].map((candidate) => dayOfCivil(candidate, month, dayOfMonth));
  return Math.max(0, days.find((day) => day < today) ?? 0);
}

function say(work: Working, rule: TiersRule, level: number): void {
  const { id, funder } = rule;
  work.effects.push({ type: "tier", rule: id, unit: "units", value: level, funder, label: rule.levels[level]!.name });
}

/** What becomes of a level at a review: the level, and until when it is only at risk. */
function reviewed(
  { review, levels }: TiersRule,
  { level, reviewed: last, spent }: Standing,
  today: number,
  due: number,
): { readonly level: number; readonly isOver: boolean } {
  if (review === null || last >= due || level === 0) return { level, isOver: true };
  const reached = levels.findLastIndex(({ from }) => spent >= from);
  if (reached >= level) return { level, isOver: true };
  if (today <= due + review.graceDays) return { level, isOver: false };
  return { level: review.down === "one" ? level - 1 : reached, isOver: true };
}

/** Holds a review that is due, once its days of grace are over; finds the level that this visit begins with. */
export function reviewTiers(work: Working, rule: TiersRule): void {
  const { day } = work.now;
  const now = standing(work.purses, rule, day);
  work.levelHeld = Math.min(now.level, rule.levels.length - 1);
  if (rule.review === null || work.facts.clockSuspect) return;
  const due = lastReview(rule.review.on, day);
  const { level, isOver } = reviewed(rule, { ...now, level: work.levelHeld }, day, due);
  if (!isOver || (due === now.reviewed && level === now.level)) return;
  // A card that has nothing to lose keeps no date: it would be written for that alone.
  if (level === now.level && level === 0) return;
  hold(work, rule, level, due, 0);
  if (level === work.levelHeld) return;
  work.levelHeld = level;
  say(work, rule, level);
}

/** The factor by which the level multiplies what a purchase earns. */
export function levelRatio(work: Working, base: number): Ratio {
  const { tiers } = work.plan;
  if (tiers === null) return ONE;
  const { levels, crossing } = tiers;
  if (crossing === "before" || base === 0) return ratio(levels[work.levelHeld]!.permille, MILLE);
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
export function climbTiers(work: Working, rule: TiersRule): void {
  const base = work.eligible(work.earningLines());
  if (base === 0) return;
  const before = standing(work.purses, rule, work.now.day);
  const level = Math.max(work.levelHeld, levelFor(rule, before.spent + base));
  hold(work, rule, level, before.reviewed, base);
  if (level > work.levelHeld) say(work, rule, level);
}

/** Takes spending back that a refund undid, in the month or year of today; the level stays until its review. */
export function unspendTiers(work: Working, rule: TiersRule, cents: number): void {
  const { day } = work.now;
  const { level, reviewed: last, spent } = standing(work.purses, rule, day);
  const left = Math.max(0, spent - cents);
  const [current] = work.purses.filter(({ kind, index }) => index === rule.purse && KINDS.includes(kind));
  if (current?.kind === "year-tier")
    work.put({ ...current, spent: current.year + EPOCH_YEAR === civilOf(day).year ? left : current.spent }, KINDS);
  if (current?.kind !== "rolling-tier") return;
  let over = spent - left;
  const months = [...rolled(current, day)];
  let { cents: rest } = current;
  for (let i = 0; i < MONTHS && over > 0; i += 1) {
    const here = months[i]! * CENTS_PER_EURO + rest;
    const less = Math.min(here, over);
    over -= less;
    months[i] = divide(here - less, CENTS_PER_EURO, "floor");
    rest = (here - less) % CENTS_PER_EURO;
  }
  work.put(
    { ...current, level, reviewed: last, month: Math.max(current.month, monthIndex(day)), cents: rest, euros: months },
    KINDS,
  );
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
  const isAtRisk = last < due && spent < held.from && today <= due + review.graceDays;
  return isAtRisk
    ? [own, { note: "at-risk", rule: rule.id, level: held.name, through: due + review.graceDays }]
    : [own];
}
