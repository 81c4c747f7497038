import { civilOf, dayOfCivil, dayText } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArithmeticFault } from "../arithmetic.ts";
import {
  addMonths,
  birthdayIn,
  daysInMonth,
  endOfMonth,
  endOfYear,
  firstOfMonth,
  monthIndex,
  parseDay,
  weekdayOf,
  weekStart,
} from "./period.ts";

const DAY = 86_400_000;
const EPOCH = Date.UTC(2000, 0, 1);
const dateOf = (day: number): Date => new Date(EPOCH + day * DAY);
const dayOfDate = (year: number, month: number, dayOfMonth: number): number =>
  (Date.UTC(year, month, dayOfMonth) - EPOCH) / DAY;

/** 1900 to 2179: births before the first card, and every day that a card can hold. */
const days = fc.integer({ min: dayOfCivil(1900, 1, 1), max: 65_535 });
const months = fc.integer({ min: -1_200, max: 1_200 });
const named = (text: string): number => parseDay(text)!;

describe("months", () => {
  it.each([
    ["2027-01-31", 1, "2027-02-28"],
    ["2028-01-31", 1, "2028-02-29"],
    ["2028-02-29", 12, "2029-02-28"],
    ["2028-02-29", 48, "2032-02-29"],
    ["2027-03-31", -1, "2027-02-28"],
    ["2027-05-31", 1, "2027-06-30"],
    ["2027-12-31", 2, "2028-02-29"],
    ["2027-08-15", 24, "2029-08-15"],
    ["2027-08-15", 0, "2027-08-15"],
    ["2000-01-31", -1, "1999-12-31"],
    ["2099-12-31", 2, "2100-02-28"],
  ])("%s and %i months is %s", (from, count, to) => {
    expect(dayText(addMonths(named(from), count))).toBe(to);
  });

  it("added give the same day of the month, or the last of a shorter one", () => {
    fc.assert(
      fc.property(days, months, (day, count) => {
        const from = dateOf(day);
        const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + count];
        const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
        expect(addMonths(day, count)).toBe(dayOfDate(year, month, Math.min(from.getUTCDate(), last)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("added never bring a later day before an earlier one", () => {
    fc.assert(
      fc.property(days, fc.nat({ max: 400 }), months, (day, later, count) => {
        expect(addMonths(day + later, count)).toBeGreaterThanOrEqual(addMonths(day, count));
      }),
    );
  });

  it("begin, end and are counted as the host does", () => {
    fc.assert(
      fc.property(days, (day) => {
        const date = dateOf(day);
        const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
        const [first, last] = [dayOfDate(year, month, 1), dayOfDate(year, month + 1, 0)];
        expect(monthIndex(day)).toBe((year - 2000) * 12 + month);
        expect(firstOfMonth(monthIndex(day))).toBe(first);
        expect(endOfMonth(day)).toBe(last);
        expect(daysInMonth(year, month + 1)).toBe(last - first + 1);
        expect(endOfYear(day)).toBe(dayOfDate(year, 11, 31));
      }),
      { numRuns: 2_000 },
    );
  });

  it("are counted from January 2000", () => {
    expect(monthIndex(0)).toBe(0);
    expect(monthIndex(-1)).toBe(-1);
    expect(monthIndex(named("2027-01-31"))).toBe(324);
    expect(dayText(firstOfMonth(-1))).toBe("1999-12-01");
    expect([daysInMonth(2027, 2), daysInMonth(2028, 2), daysInMonth(2100, 2), daysInMonth(2000, 2)]).toEqual([
      28, 29, 28, 29,
    ]);
  });
});

describe("weeks", () => {
  it("begin on Monday", () => {
    expect(weekdayOf(0)).toBe(6);
    expect(dayText(weekStart(named("2027-03-28")))).toBe("2027-03-22");
    expect(dayText(weekStart(named("2027-03-29")))).toBe("2027-03-29");
    expect(dayText(weekStart(named("2028-01-01")))).toBe("2027-12-27");
  });

  it("have the days of the host's weeks", () => {
    fc.assert(
      fc.property(days, (day) => {
        const sunday = dateOf(day).getUTCDay() === 0;
        expect(weekdayOf(day)).toBe(sunday ? 7 : dateOf(day).getUTCDay());
        expect(dateOf(weekStart(day)).getUTCDay()).toBe(1);
        expect(day - weekStart(day)).toBe(weekdayOf(day) - 1);
      }),
    );
  });
});

describe("written days", () => {
  it("are read as they are written, as the host writes them", () => {
    fc.assert(
      fc.property(days, (day) => {
        expect(dayText(day)).toBe(dateOf(day).toISOString().slice(0, 10));
        expect(parseDay(dayText(day))).toBe(day);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are read exactly where the host knows the date", () => {
    const two = fc.nat({ max: 35 }).map((value) => String(value).padStart(2, "0"));
    fc.assert(
      fc.property(fc.integer({ min: 1900, max: 2179 }), two, two, (year, month, dayOfMonth) => {
        const text = `${year}-${month}-${dayOfMonth}`;
        const date = new Date(`${text}T00:00:00Z`);
        const real = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
        expect(parseDay(text)).toBe(real ? (date.getTime() - EPOCH) / DAY : null);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "",
    "2027-02-29",
    "2100-02-29",
    "2027-04-31",
    "2027-00-10",
    "2027-13-01",
    "2027-01-00",
    "2027-01-32",
    "2027-1-31",
    "27-01-31",
    "2027-01-31 ",
    " 2027-01-31",
    "2027-01-31\n",
    "2027/01/31",
    "20270131",
    "2027-01-31T00:00Z",
    "+2027-01-31",
    "٢٠٢٧-٠١-٣١",
  ])("are not read from %j", (text) => {
    expect(parseDay(text)).toBeNull();
  });

  it("are not read from random text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const day = parseDay(text);
        if (day !== null) expect(dayText(day)).toBe(text);
      }),
    );
  });
});

describe("birthdays", () => {
  it.each([
    [2027, "28-february", "2027-02-28"],
    [2027, "1-march", "2027-03-01"],
    [2028, "28-february", "2028-02-29"],
    [2028, "1-march", "2028-02-29"],
    [2100, "28-february", "2100-02-28"],
    [2100, "1-march", "2100-03-01"],
  ] as const)("of 29 February are, in %i with %s, on %s", (year, leap, text) => {
    expect(dayText(birthdayIn(year, 2, 29, leap))).toBe(text);
  });

  it("are on the very day wherever the year has it", () => {
    const leaps = fc.constantFrom("28-february" as const, "1-march" as const);
    fc.assert(
      fc.property(days, fc.integer({ min: 2000, max: 2179 }), leaps, (born, year, leap) => {
        const { month, dayOfMonth } = civilOf(born);
        fc.pre(month !== 2 || dayOfMonth !== 29);
        expect(birthdayIn(year, month, dayOfMonth, leap)).toBe(dayOfDate(year, month - 1, dayOfMonth));
      }),
    );
  });

  it("are refused where no year has the day", () => {
    for (const [month, dayOfMonth] of [
      [2, 30],
      [4, 31],
      [0, 1],
      [13, 1],
      [1, 0],
      [1, 32],
    ] as const) {
      expect(() => birthdayIn(2028, month, dayOfMonth, "1-march"), `${month}-${dayOfMonth}`).toThrow(ArithmeticFault);
    }
  });
});
