import { periodStart } from "./calendar/span.ts";
import type { Limit, Period } from "./modifier-rules.ts";
import type { Reason } from "./words.ts";
import type { Working } from "./working.ts";

/** The first day of the period that a day lies in, as a card can keep it. */
const sinceOf = (per: Period, day: number): number => Math.max(0, periodStart(per, day));

/** What the card has counted in the period of today. */
export function usedOf(work: Working, per: Period, index: number): number {
  const purse = work.purse("used", index);
  return purse?.since === sinceOf(per, work.countingDay) ? purse.value : 0;
}

export function countUsed(work: Working, per: Period, index: number, more: number): void {
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

/** Why a rule has had its turns in this period; null where it has one left, or no limit. */
export function limitBar(work: Working, limit: Limit | undefined): Reason | null {
  if (limit === undefined) return null;
  if (work.facts.clockSuspect) return "CLOCK_SUSPECT";
  return usedOf(work, limit.per, limit.purse) >= limit.times ? "CAP_TIMES" : null;
}
