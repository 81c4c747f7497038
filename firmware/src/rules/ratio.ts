import { ArithmeticFault, divide, type Rounding, whole } from "./arithmetic.ts";

/** A whole number of any size: a plain one as long as that is exact. */
type Exact = number | bigint;

/** Nothing here is less than nothing, so there is one end to look at. */
const EXACT_MAX = Number.MAX_SAFE_INTEGER;

function times(a: Exact, b: Exact): Exact {
  if (typeof a === "number" && typeof b === "number") {
    const all = a * b;
    if (all <= EXACT_MAX) return all;
  }
  return BigInt(a) * BigInt(b);
}

function plus(a: Exact, b: Exact): Exact {
  if (typeof a === "number" && typeof b === "number") {
    const all = a + b;
    if (all <= EXACT_MAX) return all;
  }
  return BigInt(a) + BigInt(b);
}

/** An exact fraction, not less than nothing, however fine. */
export interface Ratio {
  readonly of: Exact;
  readonly by: Exact;
}

/** Throws `ArithmeticFault` for what is no whole number, less than nothing, or over nothing. */
export function ratio(of: number, by = 1): Ratio {
  if ((of | 0) !== of) whole(of, "numerator");
  if ((by | 0) !== by) whole(by, "denominator");
  if (of < 0 || by <= 0) throw new ArithmeticFault(`${of} over ${by}`);
  return { of, by };
}

export const NOTHING: Ratio = { of: 0, by: 1 };
export const ONE: Ratio = { of: 1, by: 1 };

export const isNothing = ({ of }: Ratio): boolean => of === 0 || of === 0n;

/** So many times both. */
export function product(a: Ratio, b: Ratio, count = 1): Ratio {
  if (count === 1 && b === ONE) return a;
  if (count === 1 && a === ONE) return b;
  if (typeof a.of === "number" && typeof b.of === "number" && typeof a.by === "number" && typeof b.by === "number") {
    const of = a.of * b.of * count;
    const by = a.by * b.by;
    if (of <= EXACT_MAX && by <= EXACT_MAX) return { of, by };
  }
  return { of: times(times(a.of, b.of), count), by: times(a.by, b.by) };
}

export function total(a: Ratio, b: Ratio): Ratio {
  if (isNothing(a)) return b;
  if (isNothing(b)) return a;
  if (a.by === b.by) return { of: plus(a.of, b.of), by: a.by };
  return { of: plus(times(a.of, b.by), times(b.of, a.by)), by: times(a.by, b.by) };
}

/** Whether it is so many or more. */
export const isAtLeast = ({ of, by }: Ratio, value: number): boolean =>
  of >= (typeof of === "number" && typeof by === "number" ? by * value : times(by, value));

/** Made whole once, as told. Throws `ArithmeticFault` where the result is no number that is exact. */
export function rounded({ of, by }: Ratio, rounding: Rounding): number {
  if (typeof of === "number" && typeof by === "number") return divide(of, by, rounding);
  const [above, below] = [BigInt(of), BigInt(by)];
  const rest = above % below;
  const isUp = rounding === "half-up" ? 2n * rest >= below : rounding === "ceil" && rest > 0n;
  return whole(Number(above / below + (isUp ? 1n : 0n)), "quotient");
}
