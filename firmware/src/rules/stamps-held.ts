import type { Lot, Purse, PurseKind } from "@cachet/card-layout";
import { datedPurse, daysIn, lotDays, mostStamps } from "./dated-stamps.ts";
import type { StampsRule } from "./stamps-rule.ts";
import type { Working } from "./working.ts";

/** The kind of purse that a rule keeps its stamps in. */
export function stampsPurse(rule: StampsRule): PurseKind {
  if (rule.withinDays !== undefined) return "dated-stamps";
  return rule.cooldownMinutes > 0 ? "timed-stamps" : "stamps";
}

const PURSES: readonly PurseKind[] = ["stamps", "timed-stamps", "dated-stamps"];

/** What the card holds, under whichever kind of purse a version of the programme kept it. */
function purseOf(
  purses: readonly Purse[],
  { purse: wanted }: StampsRule,
): Extract<Purse, { kind: "stamps" | "timed-stamps" | "dated-stamps" }> | null {
  for (let i = 0; i < purses.length; i += 1) {
    const purse = purses[i]!;
    if (purse.index !== wanted) continue;
    if (purse.kind === "stamps" || purse.kind === "timed-stamps" || purse.kind === "dated-stamps") return purse;
  }
  return null;
}

/** Stamps of a rule on the card. */
export function heldIn(purses: readonly Purse[], rule: StampsRule): number {
  const purse = purseOf(purses, rule);
  const count = purse?.kind === "dated-stamps" ? daysIn(purse).length : (purse?.count ?? 0);
  return Math.min(count, mostStamps(rule));
}

/** The card has a place for this grid: something was counted there before, whatever is left of it. */
export const hasGrid = (purses: readonly Purse[], rule: StampsRule): boolean => purseOf(purses, rule) !== null;

/** Takes the place for this grid off the card, as if nothing had ever been counted. */
export function dropGrid(work: Working, { purse }: StampsRule): void {
  for (const kind of PURSES) work.drop(kind, purse);
}

/** The day of each stamp, oldest first; today, of stamps that a version without days left on the card. */
function daysHeld(work: Working, rule: StampsRule): readonly number[] {
  const purse = purseOf(work.purses, rule);
  if (purse?.kind === "dated-stamps") return daysIn(purse);
  return Array.from({ length: heldIn(work.purses, rule) }, () => work.countingDay);
}

/** When the last stamp was given; null where that is not known. */
export function lastIn(purses: readonly Purse[], rule: StampsRule): number | null {
  const purse = purseOf(purses, rule);
  return purse?.kind === "timed-stamps" && purse.last !== 0 ? purse.last : null;
}

/** Leaves so many stamps on the card, the newest, of those that it held and `added` of this visit; gives the days of those that went. */
export function hold(work: Working, rule: StampsRule, count: number, added: number): readonly number[] {
  const { purse: index } = rule;
  if (rule.withinDays !== undefined) {
    const days = [...daysHeld(work, rule), ...Array.from({ length: added }, () => work.countingDay)];
    work.put(datedPurse(index, days.slice(days.length - count)), PURSES);
    return days.slice(0, days.length - count);
  }
  if (rule.cooldownMinutes === 0) work.put({ kind: "stamps", index, count }, PURSES);
  else work.put({ kind: "timed-stamps", index, count, last: work.facts.at }, PURSES);
  return [];
}

/** Puts stamps back into a grid, as far as there is room; gives how many it was. `lots`: their days, where they had any. */
export function putBackStamps(work: Working, rule: StampsRule, more: number, lots: readonly Lot[]): number {
  const count = heldIn(work.purses, rule);
  const now = Math.min(mostStamps(rule), count + more);
  if (rule.withinDays === undefined) putCount(work, rule, now);
  else {
    const known = lotDays(lots);
    const days = Array.from({ length: more }, (_, i) => known[i] ?? work.countingDay);
    work.put(datedPurse(rule.purse, [...daysHeld(work, rule), ...days]), PURSES);
  }
  return now - count;
}

/**
 * Takes stamps that were given on a day out of a grid, as far as they are there; gives how many it was. Those of that day first; where
 * another reward took them, the newest. Of days that count no longer there are none.
 */
export function takeStamps(work: Working, rule: StampsRule, less: number, day: number): number {
  const { withinDays } = rule;
  const count = heldIn(work.purses, rule);
  const taken = Math.min(less, count);
  if (withinDays === undefined) putCount(work, rule, count - taken);
  else {
    if (work.expiryDay - day >= withinDays) return 0;
    const days = daysHeld(work, rule);
    const own = days.filter((one) => one === day).slice(0, taken);
    const others = days.filter((one) => one !== day);
    const rest = [
      ...others.slice(0, others.length - (taken - own.length)),
      ...days.filter((one) => one === day).slice(taken),
    ];
    work.put(datedPurse(rule.purse, rest), PURSES);
  }
  return taken;
}

/** So many stamps, and the moment of the last one as it was. */
function putCount(work: Working, rule: StampsRule, count: number): void {
  const { purse: index } = rule;
  if (rule.cooldownMinutes === 0) work.put({ kind: "stamps", index, count }, PURSES);
  else work.put({ kind: "timed-stamps", index, count, last: lastIn(work.purses, rule) ?? 0 }, PURSES);
}
