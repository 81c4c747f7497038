/** A local date as a day number: 0 is 2000-01-01, 65535 is 2179-06-06. */
export type Day = number;

const EPOCH_DAYS = 10_957; // 1970-01-01 to 2000-01-01
const SECONDS_PER_DAY = 86_400;

/** Seconds from 1970-01-01T00:00Z to 2000-01-01T00:00Z: card times count from the latter. */
export const CARD_EPOCH_SECONDS = EPOCH_DAYS * SECONDS_PER_DAY;

/** The local date at an instant: UTC seconds since 1970 and the zone's offset in minutes at that instant. */
export function dayOf(utcSeconds: number, offsetMinutes: number): Day {
  return Math.floor((utcSeconds + offsetMinutes * 60) / SECONDS_PER_DAY) - EPOCH_DAYS;
}

/**
 * Year, month 1-12 and day of month of a day number, by the proleptic Gregorian calendar.
 * Counts in 400-year eras that begin on 1 March, so that the leap day ends an era's year.
 */
export function civilOf(day: Day): { readonly year: number; readonly month: number; readonly dayOfMonth: number } {
  const shifted = day + EPOCH_DAYS + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** The day number of a civil date. */
export function dayOfCivil(year: number, month: number, dayOfMonth: number): Day {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 - EPOCH_DAYS;
}

const digits = (value: number, count: number): string => String(value).padStart(count, "0");

/** A day of the years 0 to 9999 as "2027-01-31". */
export function dayText(day: Day): string {
  const { year, month, dayOfMonth } = civilOf(day);
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(dayOfMonth, 2)}`;
}
