import { ArithmeticFault, divide, type Rounding, whole } from "./arithmetic.ts";

/** A whole number of any size, not less than nothing: digits of BASE, the lowest first; nothing is no digit at all. */
type Natural = readonly number[];

/** The square of a digit and two carries stay exact. */
const BASE = 10_000_000;

function natural(value: number): Natural {
  if (whole(value, "value") < 0) throw new ArithmeticFault(`${value} is less than nothing`);
  const digits: number[] = [];
  for (let left = value; left > 0; left = (left - (left % BASE)) / BASE) digits.push(left % BASE);
  return digits;
}

function times(a: Natural, b: Natural): Natural {
  if (a.length === 0 || b.length === 0) return [];
  const digits = Array.from({ length: a.length + b.length }, () => 0);
  for (const [i, one] of a.entries()) {
    let carry = 0;
    for (const [j, other] of b.entries()) {
      const all = digits[i + j]! + one * other + carry;
      digits[i + j] = all % BASE;
      carry = (all - (all % BASE)) / BASE;
    }
    digits[i + b.length]! += carry;
  }
  if (digits.at(-1) === 0) digits.pop();
  return digits;
}

function plus(a: Natural, b: Natural): Natural {
  const digits: number[] = [];
  let carry = 0;
  for (let i = 0; i < a.length || i < b.length || carry > 0; i += 1) {
    const all = (a[i] ?? 0) + (b[i] ?? 0) + carry;
    digits.push(all % BASE);
    carry = all < BASE ? 0 : 1;
  }
  return digits;
}

/** Whether the first is at most the second. */
function atMost(a: Natural, b: Natural): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const at = a.findLastIndex((digit, i) => digit !== b[i]);
  return at < 0 || a[at]! < b[at]!;
}

const isSame = (a: Natural, b: Natural): boolean => atMost(a, b) && atMost(b, a);

/** How often the second goes into the first. Throws `ArithmeticFault` where that is no number that is exact. */
function quotient(a: Natural, b: Natural): number {
  if (!atMost(a, times(b, natural(Number.MAX_SAFE_INTEGER)))) throw new ArithmeticFault("a quotient is out of range");
  let found = 0;
  for (let step = 2 ** 52; step >= 1; step /= 2) {
    if (found + step <= Number.MAX_SAFE_INTEGER && atMost(times(b, natural(found + step)), a)) found += step;
  }
  return found;
}

/** The number itself where it is small enough to be exact. */
function small(value: Natural): number | null {
  const all = value.length > 3 ? Number.POSITIVE_INFINITY : value.reduceRight((sum, digit) => sum * BASE + digit, 0);
  return all <= Number.MAX_SAFE_INTEGER / 2 ? all : null;
}

/** An exact fraction, not less than nothing, however fine. */
export interface Ratio {
  readonly of: Natural;
  readonly by: Natural;
}

/** Throws `ArithmeticFault` for what is no whole number, less than nothing, or over nothing. */
export function ratio(of: number, by = 1): Ratio {
  if (by === 0) throw new ArithmeticFault("a fraction over nothing");
  return { of: natural(of), by: natural(by) };
}

export const NOTHING: Ratio = ratio(0);
export const ONE: Ratio = ratio(1);

export const isNothing = ({ of }: Ratio): boolean => of.length === 0;

export const product = (a: Ratio, b: Ratio): Ratio => ({ of: times(a.of, b.of), by: times(a.by, b.by) });

export function total(a: Ratio, b: Ratio): Ratio {
  if (isNothing(a)) return b;
  if (isNothing(b)) return a;
  if (isSame(a.by, b.by)) return { of: plus(a.of, b.of), by: a.by };
  return { of: plus(times(a.of, b.by), times(b.of, a.by)), by: times(a.by, b.by) };
}

/** Whether it is so many or more. */
export const isAtLeast = ({ of, by }: Ratio, value: number): boolean => atMost(times(by, natural(value)), of);

/** Made whole once, as told. Throws `ArithmeticFault` where the result is no number that is exact. */
export function rounded({ of, by }: Ratio, rounding: Rounding): number {
  const [above, below] = [small(of), small(by)];
  if (above !== null && below !== null) return divide(above, below, rounding);
  const two = natural(2);
  if (rounding === "half-up") return quotient(plus(times(of, two), by), times(by, two));
  const floor = quotient(of, by);
  return rounding === "floor" || isSame(times(by, natural(floor)), of) ? floor : floor + 1;
}
