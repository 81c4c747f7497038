import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArithmeticFault, allocate, divide } from "./arithmetic.ts";

describe("divide rounds once, as it is told", () => {
  it("floor, half-up and ceil of the same quotient", () => {
    expect([divide(1497, 10, "floor"), divide(1497, 10, "half-up"), divide(1497, 10, "ceil")]).toEqual([149, 150, 150]);
    expect([divide(25, 10, "floor"), divide(25, 10, "half-up"), divide(25, 10, "ceil")]).toEqual([2, 3, 3]);
    expect([divide(30, 10, "floor"), divide(30, 10, "half-up"), divide(30, 10, "ceil")]).toEqual([3, 3, 3]);
  });

  it("agrees with exact big integers", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), fc.integer({ min: 1, max: 1e6 }), (numerator, denominator) => {
        const [n, d] = [BigInt(numerator), BigInt(denominator)];
        expect(BigInt(divide(numerator, denominator, "floor"))).toBe(n / d);
        expect(BigInt(divide(numerator, denominator, "ceil"))).toBe((n + d - 1n) / d);
        expect(BigInt(divide(numerator, denominator, "half-up"))).toBe((2n * n + d) / (2n * d));
      }),
    );
  });

  it("refuses fractions and numbers that have lost digits", () => {
    expect(() => divide(1.5, 2, "floor")).toThrow(ArithmeticFault);
    expect(() => divide(2 ** 53, 2, "floor")).toThrow(ArithmeticFault);
  });
});

describe("allocate", () => {
  it("gives the odd cents to the largest remainders, ties to the earlier line", () => {
    expect(allocate(500, [4_000, 1_150, 15])).toEqual([387, 111, 2]);
    expect(allocate(2_000, [6_000, 4_000])).toEqual([1_200, 800]);
    expect(allocate(1, [1, 1, 1])).toEqual([1, 0, 0]);
  });

  it("sums exactly, never goes below floor or above ceil, for 10 000 baskets", () => {
    const basket = fc.array(fc.nat(9_999_999), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(basket, fc.nat(100), (weights, share) => {
        const sum = weights.reduce((all, weight) => all + weight, 0);
        const total = Math.floor((sum * share) / 100);
        const shares = allocate(total, weights);
        expect(shares.reduce((all, part) => all + part, 0)).toBe(total);
        for (const [i, part] of shares.entries()) {
          expect(part).toBeGreaterThanOrEqual(sum === 0 ? 0 : Math.floor((total * weights[i]!) / sum));
          expect(part).toBeLessThanOrEqual(weights[i]!);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("spreads nothing over nothing, and refuses to spread something", () => {
    expect(allocate(0, [0, 0])).toEqual([0, 0]);
    expect(() => allocate(1, [0, 0])).toThrow(ArithmeticFault);
  });
});
