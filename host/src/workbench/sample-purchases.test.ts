import { describe, expect, it } from "vitest";
import { readPurchaseList } from "./purchase-list.ts";
import { SAMPLE_MEMBERS, samplePurchases } from "./sample-purchases.ts";

const CLIENTELE = { basketCents: 1_000, visits: 4, merchants: [2, 5] };
const listOf = (text: string) => readPurchaseList(text)!;

describe("invented purchases", () => {
  it("are a list that can be read whole, in order, of one year, at the merchants that were named", () => {
    const { purchases, malformed } = listOf(samplePurchases(CLIENTELE, 2027));
    expect(malformed).toEqual([]);
    expect(new Set(purchases.map(({ member }) => member)).size).toBe(SAMPLE_MEMBERS);
    expect(new Set(purchases.map(({ merchant }) => merchant))).toEqual(new Set([2, 5]));
    const days = purchases.map(({ day }) => day);
    expect(days).toEqual([...days].sort((a, b) => a - b));
    expect(days.at(-1)! - days[0]!).toBeLessThan(365);
    expect(days.at(-1)! - days[0]!).toBeGreaterThan(360);
  });

  it("are about as many and as large as was said, and the same each time", () => {
    const text = samplePurchases(CLIENTELE, 2027);
    expect(samplePurchases(CLIENTELE, 2027)).toBe(text);
    const { purchases } = listOf(text);
    const mean = purchases.reduce((sum, { amountCents }) => sum + amountCents, 0) / purchases.length;
    expect(Math.abs(mean - 1_000)).toBeLessThan(50);
    const monthly = purchases.length / SAMPLE_MEMBERS / 12;
    expect(monthly).toBeGreaterThan(3.5);
    expect(monthly).toBeLessThan(5.5);
    const few = listOf(samplePurchases({ ...CLIENTELE, basketCents: 1, visits: 1 }, 2027)).purchases;
    expect(few.every(({ amountCents }) => amountCents === 1)).toBe(true);
  });
});
