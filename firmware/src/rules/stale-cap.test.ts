import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArithmeticFault } from "./arithmetic.ts";
import { staleCap } from "./stale-cap.ts";

describe("the offline cap under an old list", () => {
  it.each([
    [0, 2_001],
    [6, 2_001],
    [7, 1_000],
    [13, 1_000],
    [14, 500],
    [29, 500],
    [30, 200],
    [4_000, 200],
    [null, 200],
  ])("after %s days, of 2001 cents, is %i", (days, left) => {
    expect(staleCap(2_001, days)).toBe(left);
  });

  it("never rises with the days, and is never more than the cap nor below nothing", () => {
    const cap = fc.integer({ min: 0, max: 90_000_000 });
    const days = fc.nat({ max: 100 });
    fc.assert(
      fc.property(cap, days, days, (cents, a, b) => {
        const [younger, older] = [staleCap(cents, Math.min(a, b)), staleCap(cents, Math.max(a, b))];
        expect(younger).toBeLessThanOrEqual(cents);
        expect(older).toBeLessThanOrEqual(younger);
        expect(staleCap(cents, null)).toBeLessThanOrEqual(older);
        expect(staleCap(cents, null)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("is refused for what is no whole number", () => {
    for (const [cap, days] of [
      [10.5, 1],
      [Number.NaN, 1],
      [100, Number.NaN],
      [100, 0.5],
    ] as const) {
      expect(() => staleCap(cap, days), `${cap}, ${days}`).toThrow(ArithmeticFault);
    }
  });
});
