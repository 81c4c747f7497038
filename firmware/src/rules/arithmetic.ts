/** How a fraction becomes whole. `floor` is towards minus infinity, `half-up` half away from zero, `ceil` towards plus infinity. */
export type Rounding = "floor" | "half-up" | "ceil";

/** A value that rules cannot work with: a programme or a till sent what is no whole number in range. */
export class ArithmeticFault extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "ArithmeticFault";
  }
}

/** The value itself, when it is a whole number that loses nothing; throws otherwise. */
export function whole(value: number, name: string): number {
  if (!Number.isSafeInteger(value)) throw new ArithmeticFault(`${name} is ${value}, not a whole number in range`);
  return value;
}

/** A quotient of whole numbers with non-negative numerator and positive denominator, rounded once. */
export function divide(numerator: number, denominator: number, rounding: Rounding): number {
  const remainder = whole(numerator, "numerator") % whole(denominator, "denominator");
  const floor = (numerator - remainder) / denominator;
  switch (rounding) {
    case "floor":
      return floor;
    case "half-up":
      return 2 * remainder >= denominator ? floor + 1 : floor;
    case "ceil":
      return remainder > 0 ? floor + 1 : floor;
  }
}

/** The sum of whole numbers; 0 of none. */
export function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/**
 * Spreads `total` over weights: proportional, floor, then one each to the largest remainders, ties to the earlier one.
 * The shares sum to `total` exactly; where all weights are zero, so are the shares and `total` must be zero too.
 */
export function allocate(total: number, weights: readonly number[]): number[] {
  const all = weights.reduce((total, weight) => total + whole(weight, "weight"), 0);
  if (all === 0) {
    if (total !== 0) throw new ArithmeticFault(`cannot spread ${total} over nothing`);
    return weights.map(() => 0);
  }
  const shares = weights.map((weight) => divide(total * weight, all, "floor"));
  let left = total - sum(shares);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (total * weight) % all }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left === 0) break;
    shares[index]! += 1;
    left -= 1;
  }
  return shares;
}

/** An exact fraction: a whole number, not less than nothing, over a positive one. */
export interface Ratio {
  readonly of: number;
  readonly by: number;
}

export const ratio = (of: number, by = 1): Ratio => ({ of, by });
export const NOTHING: Ratio = ratio(0);
export const ONE: Ratio = ratio(1);

function greatestDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

const areExact = (of: number, by: number): boolean => Number.isSafeInteger(of) && Number.isSafeInteger(by);

/** The exact product, in lowest terms where it would not be exact otherwise. Throws `ArithmeticFault` where it is too fine for that. */
export function product(a: Ratio, b: Ratio): Ratio {
  const [of, by] = [a.of * b.of, a.by * b.by];
  if (areExact(of, by)) return { of, by };
  const [first, second] = [greatestDivisor(a.of, b.by), greatestDivisor(b.of, a.by)];
  const [own, other] = [greatestDivisor(a.of / first, a.by / second), greatestDivisor(b.of / second, b.by / first)];
  return {
    of: whole((a.of / first / own) * (b.of / second / other), "numerator"),
    by: whole((a.by / second / own) * (b.by / first / other), "denominator"),
  };
}

/** The exact sum. Throws `ArithmeticFault` where it is too fine to be exact. */
export function total(a: Ratio, b: Ratio): Ratio {
  if (a.of === 0) return b;
  if (b.of === 0) return a;
  const common = greatestDivisor(a.by, b.by);
  const by = whole((a.by / common) * b.by, "denominator");
  return { of: whole(a.of * (b.by / common) + b.of * (a.by / common), "numerator"), by };
}
