import { parseDay } from "./calendar/period.ts";

declare const unit: unique symbol;

/** A number or text that only its own function makes, so that a float or another unit does not compile. */
type Branded<T, U> = T & { readonly [unit]: U };

/** Whole euro cents, tax included: `cents(250)`, `euros(3)`. */
export type Cents = Branded<number, "cents">;
/** Whole points: `pts(100)`. */
export type Points = Branded<number, "points">;
/** A rate in hundredths of a per cent: `basisPoints(250)` is 2.5 %, `percent(5)` is 500 of them. */
export type BasisPoints = Branded<number, "basis points">;
/** A day of the programme's own calendar: `localDate("2027-12-31")`. */
export type LocalDate = Branded<string, "date">;

interface Brands {
  readonly cents: Cents;
  readonly points: Points;
  readonly "basis points": BasisPoints;
  readonly date: LocalDate;
}

/** A plain number that counts this: what the engine reads and what JSON holds. */
export type In<U extends "cents" | "points" | "basis points"> = number & { readonly [unit]?: U };
/** A plain text that is a local date, `2027-12-31`. */
export type DateText = string & { readonly [unit]?: "date" };

type Brand<T> = typeof unit extends keyof T ? Brands[NonNullable<T[typeof unit]> & keyof Brands] : never;
type Plain = string | number | boolean | null | undefined | ((...given: never[]) => unknown);

/** The same as an author writes it: every plain number or text that has a unit is made by the function of that unit. */
export type Written<T> = T extends unknown
  ? typeof unit extends keyof T
    ? Brand<T>
    : T extends Plain | ((...given: never[]) => unknown)
      ? T
      : { readonly [F in keyof T]: Written<T[F]> }
  : never;

/** Something that a function of a unit cannot make a quantity of; the message says what to write. */
export class QuantityFault extends Error {
  readonly faults: readonly string[];
  constructor(fault: string) {
    super(fault);
    this.name = "QuantityFault";
    this.faults = [fault];
  }
}

/** A number that is written out must be whole to compile; any other is looked at when it is made. */
type Whole<N extends number> = number extends N ? N : `${N}` extends `${bigint}` ? N : "write a whole number";

function whole<T>(value: unknown, advice: string): T {
  if (!Number.isSafeInteger(value)) throw new QuantityFault(`${String(value)} is not whole; ${advice}`);
  return value as T;
}

/** So many euro cents: `cents(250)` is 2.50 euros. Throws `QuantityFault` for what is not whole. */
export function cents<const N extends number>(value: Whole<N>): Cents {
  return whole(value, "money is counted in whole cents");
}

/** So many whole euros, in cents: `euros(3)` is `cents(300)`. Throws `QuantityFault` for what is not whole. */
export function euros<const N extends number>(value: Whole<N>): Cents {
  return (whole<number>(value, "write the amount with cents(...)") * 100) as Cents;
}

/** So many points. Throws `QuantityFault` for what is not whole. */
export function pts<const N extends number>(value: Whole<N>): Points {
  return whole(value, "points are whole");
}

/** A rate in basis points: 250 is 2.5 %. Throws `QuantityFault` for what is not whole. */
export function basisPoints<const N extends number>(value: Whole<N>): BasisPoints {
  return whole(value, "one basis point is a hundredth of a per cent");
}

/** A rate of whole per cents: `percent(5)`. Throws `QuantityFault` for what is not whole, with what to write instead. */
export function percent<const N extends number>(value: Whole<N>): BasisPoints {
  const advice = `write basisPoints(${Math.round(Number(value) * 100)})`;
  return (whole<number>(value, advice) * 100) as BasisPoints;
}

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
type Month = `0${Exclude<Digit, "0">}` | "10" | "11" | "12";
type DayOfMonth = `0${Exclude<Digit, "0">}` | `${"1" | "2"}${Digit}` | "30" | "31";

/** A text that is written out must have the shape of a date to compile; any other is looked at when it is made. */
type DateShape<T extends string> = string extends T
  ? T
  : T extends `20${Digit}${Digit}-${infer M}-${infer D}`
    ? M extends Month
      ? D extends DayOfMonth
        ? T
        : "write a day 01 to 31"
      : "write a month 01 to 12"
    : "write a date such as 2027-12-31";

/** A day by the programme's own calendar: `localDate("2027-12-31")`. Throws `QuantityFault` for a day that does not exist. */
export function localDate<const T extends string>(day: DateShape<T>): LocalDate {
  if (parseDay(day) === null) throw new QuantityFault(`"${day}" is no date; write one such as "2027-12-31"`);
  return day as string as LocalDate;
}
