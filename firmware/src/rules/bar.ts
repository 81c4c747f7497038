import { birthdayIn, parseDay } from "./calendar/period.ts";
import { seenBar } from "./seen.ts";
import type { Hours, Minimum, When } from "./when.ts";
import type { Reason } from "./words.ts";
import type { Working } from "./working.ts";

/** Tells why a rule has no say at a visit; null when it has. */
export type Bar = (work: Working) => Reason | null;

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
const isDated = ({ weekdays, hours, from, until, birthday, awayDays, memberOf, offer, also }: When): boolean =>
  [weekdays, hours, from, until, birthday, awayDays, memberOf, offer, also].some((part) => part !== undefined);

function calendarBars({ from, until, weekdays, hours }: When): Bar[] {
  const bars: Bar[] = [];
  if (from !== undefined) {
    const first = parseDay(from)!;
    bars.push(({ now }) => (now.day < first ? "NOT_THE_DATE" : null));
  }
  if (until !== undefined) {
    const end = parseDay(until)!;
    bars.push(({ now }) => (now.day >= end ? "NOT_THE_DATE" : null));
  }
  if (weekdays !== undefined) bars.push(({ now }) => (weekdays.includes(now.weekday) ? null : "NOT_THE_DATE"));
  if (hours !== undefined) bars.push(({ now }) => (isWithin(hours, now.minute) ? null : "NOT_THE_HOUR"));
  return bars;
}

/** Why a basket does not count; null where every basket does. */
export function basketBarOf({ kind, amount, of = "running" }: Minimum): Bar | null {
  if (kind === "reaches" && amount === 0) return null;
  return (work) => {
    const basket = work.eligible(of === "initial" ? work.amounts() : work.discountedLines());
    return (kind === "reaches" ? basket < amount : basket <= amount) ? "BELOW_MINIMUM" : null;
  };
}

function cardBars({ birthday, first, awayDays, memberOf, offer, tiers, also }: When): Bar[] {
  const bars: Bar[] = [];
  if (birthday !== undefined) {
    bars.push(({ facts, now, year }) =>
      facts.birthday === undefined || !isBirthday(birthday, facts.birthday, now.day, year) ? "NO_BIRTHDAY" : null,
    );
  }
  if (first === true) bars.push((work) => (work.isFirst ? null : "SEEN_BEFORE"));
  if (awayDays !== undefined) {
    bars.push(({ facts, now }) =>
      facts.lastDay === undefined || now.day - facts.lastDay < awayDays ? "SEEN_LATELY" : null,
    );
  }
  if (tiers !== undefined) bars.push((work) => (tiers.includes(work.tierHeld()) ? null : "NOT_THE_TIER"));
  if (memberOf !== undefined) bars.push((work) => (work.isMember(memberOf) ? null : "NOT_MEMBER"));
  if (offer !== undefined) bars.push((work) => (work.hasOffer(offer) ? null : "NO_OFFER"));
  if (also !== undefined) bars.push(seenBar(also));
  return bars;
}

/** One bar of several: the first that stands in the way. Null where none does, ever. */
export function firstOf(bars: readonly Bar[]): Bar | null {
  const [only = null] = bars;
  if (bars.length < 2) return only;
  return (work) => {
    for (let i = 0; i < bars.length; i += 1) {
      const reason = bars[i]!(work);
      if (reason !== null) return reason;
    }
    return null;
  };
}

/** What a condition asks of a visit, and nothing else: its parts in the order in which they are named as reasons. */
export function barOf(when: When | undefined): Bar | null {
  if (when === undefined) return null;
  const { merchants, tender, basket } = when;
  const bars: Bar[] = [];
  if (isDated(when)) bars.push(({ facts }) => (facts.clockSuspect ? "CLOCK_SUSPECT" : null));
  if (merchants !== undefined)
    bars.push(({ facts }) => (merchants.includes(facts.merchant) ? null : "NOT_THE_MERCHANT"));
  if (tender !== undefined) {
    bars.push(({ sale }) => ((sale.tenders ?? []).some(({ kind }) => kind === tender) ? null : "NOT_THE_TENDER"));
  }
  const basketBar = basket === undefined ? null : basketBarOf(basket);
  return firstOf([...bars, ...calendarBars(when), ...cardBars(when), ...(basketBar === null ? [] : [basketBar])]);
}

/** A rule, and what may stand in its way. */
export interface Guarded<R> {
  readonly rule: R;
  readonly bar: Bar | null;
}

export const guarded = <R extends { readonly when?: When }>(rule: R): Guarded<R> => ({ rule, bar: barOf(rule.when) });

/** Whether a rule has its say; says so where it has not. */
export function lets(work: Working, { rule, bar }: Guarded<{ readonly id: string }>): boolean {
  if (bar === null) return true;
  const reason = bar(work);
  if (reason !== null) work.skip(rule, reason);
  return reason === null;
}
