import { civilOf } from "@cachet/card-layout";
import { type Minimum, type Programme, parseDay, type Rule, type When } from "@cachet/firmware/rules";
import type { SheetWords } from "./sheet-fr.ts";

const MINUTES = 1_440;

/** The day before or on a date of a programme, in words. `earlier`: how many days before it. */
export function dateText(words: SheetWords, date: string, earlier = 0): string {
  const { year, month, dayOfMonth } = civilOf((parseDay(date) ?? 0) - earlier);
  return words.date(year, month, dayOfMonth);
}

/** The minutes of a day that count, each from its first to its last. */
function hoursText({ when }: SheetWords, { from, to }: NonNullable<When["hours"]>): string {
  if (from === to) return when.allDay;
  const spans: readonly (readonly [number, number])[] =
    from < to
      ? [[from, to - 1]]
      : [
          [from, MINUTES - 1],
          [0, to - 1],
        ];
  return when.either(spans.flatMap(([first, last]) => (first <= last ? [when.span(first, last)] : [])));
}

/** `until` is the first day that does not count any more; the sheet names the last that does. */
function datesText(words: SheetWords, { from, until }: When): string[] {
  const first = from === undefined ? null : dateText(words, from);
  const last = until === undefined ? null : dateText(words, until, 1);
  if (first !== null && last !== null) return [words.when.between(first, last)];
  return [...(first === null ? [] : [words.when.from(first)]), ...(last === null ? [] : [words.when.until(last)])];
}

/** A basket that counts, and whether discounts are off it. */
export function basketText({ when, money }: SheetWords, { kind, amount, of = "running" }: Minimum): string {
  return `${when.basket[kind](money(amount))}, ${when.of[of]}`;
}

function merchantsText({ when }: SheetWords, { merchants }: Programme, numbers: readonly number[]): string {
  return when.merchants(numbers.map((number) => merchants[number]?.name ?? when.stranger(number)));
}

function birthdayText({ when }: SheetWords, { before, after, leap }: NonNullable<When["birthday"]>): string {
  return `${when.birthday(before, after)} ${when.leap[leap]}`;
}

/** Each part of a condition, in words that follow "only". */
export function conditions(words: SheetWords, programme: Programme, asked: When | undefined): string[] {
  if (asked === undefined) return [];
  const { when } = words;
  const { weekdays, hours, basket, merchants, tender, tiers, birthday, first, awayDays, memberOf, offer, also } = asked;
  const clubs = programme.rules.filter(({ kind }) => kind === "club");
  return [
    ...(weekdays === undefined ? [] : [when.weekdays(weekdays)]),
    ...(hours === undefined ? [] : [hoursText(words, hours)]),
    ...datesText(words, asked),
    ...(basket === undefined ? [] : [basketText(words, basket)]),
    ...(merchants === undefined ? [] : [merchantsText(words, programme, merchants)]),
    ...(tender === undefined ? [] : [when.tender(tender)]),
    ...(tiers === undefined ? [] : [when.tiers(tiers)]),
    ...(birthday === undefined ? [] : [birthdayText(words, birthday)]),
    ...(first === undefined ? [] : [when.first]),
    ...(awayDays === undefined ? [] : [when.away(awayDays)]),
    ...(memberOf === undefined ? [] : [when.member(clubs.length > 1 ? memberOf : null)]),
    ...(offer === undefined ? [] : [when.offer(offer)]),
    ...(also === undefined ? [] : [when.also(merchantsText(words, programme, also.merchants), also.withinDays)]),
  ];
}

/** Whether any rule asks for a date or an hour: a clock that was reset cannot answer. */
export function asksForClock({ rules }: Pick<Programme, "rules">): boolean {
  return rules.some((rule: Rule) => {
    if (rule.kind === "club" || (rule.kind === "stamps" && rule.cooldownMinutes > 0)) return true;
    if (rule.kind === "stamps" && rule.withinDays !== undefined) return true;
    if ((rule.kind === "bonus" || rule.kind === "discount") && rule.limit !== undefined) return true;
    const { weekdays, hours, from, until, birthday, awayDays, memberOf, offer, also } =
      ("when" in rule && rule.when) || {};
    return [weekdays, hours, from, until, birthday, awayDays, memberOf, offer, also].some((part) => part !== undefined);
  });
}
