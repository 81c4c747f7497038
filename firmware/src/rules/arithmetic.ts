/** How a fraction becomes whole. `floor` is towards minus infinity, `half-up` half away from zero, `ceil` towards plus infinity. */
export type Rounding = "floor" | "half-up" | "ceil";

/** A value that rules cannot work with: a programme or a till sent what is no whole number in range. */
export class ArithmeticFault extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "ArithmeticFault";
  }
}

const { isSafeInteger } = Number;

/** The value itself, when it is a whole number that loses nothing; throws otherwise. */
export function whole(value: number, name: string): number {
  // Most are small: what 32 bits hold needs no call.
  if ((value | 0) !== value && !isSafeInteger(value))
    throw new ArithmeticFault(`${name} is ${value}, not a whole number in range`);
  return value;
}

/** A quotient of whole numbers with non-negative numerator and positive denominator, rounded once. */
export function divide(numerator: number, denominator: number, rounding: Rounding): number {
  if ((numerator | 0) !== numerator) whole(numerator, "numerator");
  if ((denominator | 0) !== denominator) whole(denominator, "denominator");
  const remainder = numerator % denominator;
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
  let all = 0;
  for (let i = 0; i < values.length; i += 1) all += values[i]!;
  return all;
}

/** The sum of two lists, place by place; the first where there is no second. */
export const plus = (a: readonly number[], b: readonly number[] | undefined): readonly number[] =>
  b === undefined ? a : a.map((value, i) => value + (b[i] ?? 0));

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
