import { civilOf, type Day, dayOfCivil } from "@cachet/card-layout";
import { ArithmeticFault } from "../arithmetic.ts";

/** A day of the week by ISO 8601: 1 is Monday, 7 is Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** What a birthday on 29 February is in a year without that day. */
export type LeapBirthday = "28-february" | "1-march";

/** The day of the week. */
export function weekdayOf(day: Day): Weekday {
  const sinceMonday = day + 5; // day 0, 2000-01-01, is a Saturday
  return (sinceMonday - Math.floor(sinceMonday / 7) * 7 + 1) as Weekday;
}

/** The Monday of the day's week: the day itself or one of the six before it. */
export function weekStart(day: Day): Day {
  return day - weekdayOf(day) + 1;
}

/** The last year that was asked for, and its days: one visit after the other lies in the same. */
let known = { year: 0, first: 0, last: -1 };

/** The calendar year of a day. */
export function yearOf(day: Day): number {
  if (day < known.first || day > known.last) {
    const { year } = civilOf(day);
    known = { year, first: dayOfCivil(year, 1, 1), last: dayOfCivil(year, 12, 31) };
  }
  return known.year;
}

/** Months from January 2000 to the day's month; negative before it. */
export function monthIndex(day: Day): number {
  const { year, month } = civilOf(day);
  return (year - 2_000) * 12 + month - 1;
}

/** The first day of a month, counted as in `monthIndex`. */
export function firstOfMonth(index: number): Day {
  const years = Math.floor(index / 12);
  return dayOfCivil(2_000 + years, index - years * 12 + 1, 1);
}

/** Days of a month 1-12: 28 to 31. */
export function daysInMonth(year: number, month: number): number {
  const index = (year - 2_000) * 12 + month - 1;
  return firstOfMonth(index + 1) - firstOfMonth(index);
}

/** The last day of the day's month. */
export function endOfMonth(day: Day): Day {
  return firstOfMonth(monthIndex(day) + 1) - 1;
}

/** 31 December of the day's year. */
export function endOfYear(day: Day): Day {
  return dayOfCivil(civilOf(day).year, 12, 31);
}

/**
 * The same day of the month so many months later, or earlier when negative; the last day of a month that is too short.
 * 31 January and 1 month is 28 or 29 February; 29 February and 12 months is 28 February.
 */
export function addMonths(day: Day, months: number): Day {
  const first = firstOfMonth(monthIndex(day) + months);
  return Math.min(first + civilOf(day).dayOfMonth - 1, endOfMonth(first));
}

/** The day that "2027-01-31" names; null for any other writing and for a date that is in no calendar. */
export function parseDay(text: string): Day | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return null;
  const [year, month, dayOfMonth] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  return isDate(year, month, dayOfMonth) ? dayOfCivil(year, month, dayOfMonth) : null;
}

/**
 * The day of a birthday in a year. 29 February falls, in a year without it, where `leap` says.
 * Throws ArithmeticFault for a month and day that no year has.
 */
export function birthdayIn(year: number, month: number, dayOfMonth: number, leap: LeapBirthday): Day {
  if (!isDate(2_000, month, dayOfMonth)) throw new ArithmeticFault(`${month}-${dayOfMonth} is no month and day`);
  if (isDate(year, month, dayOfMonth)) return dayOfCivil(year, month, dayOfMonth);
  return leap === "28-february" ? dayOfCivil(year, 2, 28) : dayOfCivil(year, 3, 1);
}

function isDate(year: number, month: number, dayOfMonth: number): boolean {
  return month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= daysInMonth(year, month);
}
