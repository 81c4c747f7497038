import { birthdayIn, parseDay } from "./calendar/period.ts";
import type { Hours, Minimum, When } from "./when.ts";
import type { Reason } from "./words.ts";
import type { Working } from "./working.ts";

const isWithin = ({ from, to }: Hours, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;

function isBirthday(
  at: NonNullable<When["birthday"]>,
  born: { month: number; dayOfMonth: number },
  today: number,
  year: number,
) {
  return [year - 1, year, year + 1].some((candidate) => {
    const day = birthdayIn(candidate, born.month, born.dayOfMonth, at.leap);
    return today >= day - at.before && today <= day + at.after;
  });
}

/** Parts of a condition that a reset clock cannot answer. */
const isDated = ({ weekdays, hours, from, until, birthday, awayDays, memberOf, offer }: When): boolean =>
  [weekdays, hours, from, until, birthday, awayDays, memberOf, offer].some((part) => part !== undefined);

function calendarBar(work: Working, when: When): Reason | null {
  const { day, minute, weekday } = work.now;
  if (when.from !== undefined && day < parseDay(when.from)!) return "NOT_THE_DATE";
  if (when.until !== undefined && day >= parseDay(when.until)!) return "NOT_THE_DATE";
  if (when.weekdays !== undefined && !when.weekdays.includes(weekday)) return "NOT_THE_DATE";
  return when.hours !== undefined && !isWithin(when.hours, minute) ? "NOT_THE_HOUR" : null;
}

/** Why a basket does not count; null when it does. */
export function basketBar(work: Working, { kind, amount, of = "running" }: Minimum): "BELOW_MINIMUM" | null {
  const lines = of === "initial" ? work.sale.lines.map((line) => line.amount) : work.discountedLines();
  const basket = work.eligible(lines);
  return (kind === "reaches" ? basket < amount : basket <= amount) ? "BELOW_MINIMUM" : null;
}

function cardBar(work: Working, when: When): Reason | null {
  const { facts } = work;
  const { birthday, first, awayDays, memberOf, offer, tiers } = when;
  if (birthday !== undefined) {
    if (facts.birthday === undefined || !isBirthday(birthday, facts.birthday, work.now.day, work.year))
      return "NO_BIRTHDAY";
  }
  if (first === true && !work.isFirst) return "SEEN_BEFORE";
  if (awayDays !== undefined) {
    if (facts.lastDay === undefined || work.now.day - facts.lastDay < awayDays) return "SEEN_LATELY";
  }
  if (tiers !== undefined && !tiers.includes(work.tierHeld())) return "NOT_THE_TIER";
  if (memberOf !== undefined && !work.isMember(memberOf)) return "NOT_MEMBER";
  return offer !== undefined && !work.hasOffer(offer) ? "NO_OFFER" : null;
}

/** Why a rule has no say at this visit; null when it has. */
export function bar(work: Working, when: When | undefined): Reason | null {
  if (when === undefined) return null;
  if (work.facts.clockSuspect && isDated(when)) return "CLOCK_SUSPECT";
  const { merchants, tender, basket } = when;
  if (merchants !== undefined && !merchants.includes(work.facts.merchant)) return "NOT_THE_MERCHANT";
  if (tender !== undefined && !work.tenders.some(({ kind }) => kind === tender)) return "NOT_THE_TENDER";
  return calendarBar(work, when) ?? cardBar(work, when) ?? (basket === undefined ? null : basketBar(work, basket));
}
