import { describe, expect, it } from "vitest";
import {
  basisPoints,
  bonus,
  type Cents,
  cagnotte,
  cents,
  discount,
  euros,
  localDate,
  type Points,
  percent,
  points,
  programme,
  pts,
  QuantityFault,
  stamps,
} from "./index.ts";
import * as plain from "./plain.ts";

describe("quantities", () => {
  it("are the plain numbers and texts that the engine and JSON have", () => {
    expect([cents(250), euros(3), pts(100), basisPoints(250), percent(5)]).toEqual([250, 300, 100, 250, 500]);
    expect(localDate("2028-02-29")).toBe("2028-02-29");
    const given = { id: "c", rate: 500, balanceMax: 30_000, when: { from: "2027-12-01" } };
    const when = { from: localDate("2027-12-01") };
    expect(cagnotte({ id: "c", rate: percent(5), balanceMax: euros(300), when })).toEqual(plain.cagnotte(given));
  });

  it("that are not whole, or are no day, are refused where no compiler sees them", () => {
    const half: number = Number("2.5");
    for (const make of [cents, euros, pts, basisPoints, percent]) {
      expect(() => make(half)).toThrow(QuantityFault);
      expect(() => make(Number.NaN)).toThrow("NaN is not whole");
    }
    expect(() => percent(half)).toThrow("2.5 is not whole; write basisPoints(250)");
    for (const day of ["2027-02-29", "2027-13-01", "demain"] as string[])
      expect(() => localDate(day)).toThrow(QuantityFault);
  });
});

/** What an editor marks. Each line below a mark does not compile: the type check fails where one of them does. */
export function refusedByTheCompiler(): void {
  // @ts-expect-error a float
  cents(2.5);
  // @ts-expect-error a float
  percent(2.5);
  // @ts-expect-error a float
  pts(0.5);
  // @ts-expect-error a float
  basisPoints(1e-3);
  // @ts-expect-error no such month
  localDate("2027-13-01");
  // @ts-expect-error no such day
  localDate("2027-12-32");
  // @ts-expect-error another order
  localDate("31-12-2027");
  // @ts-expect-error a plain number where a rate is asked for
  cagnotte({ id: "c", rate: 500 });
  // @ts-expect-error a float where a rate is asked for
  cagnotte({ id: "c", rate: 0.05 });
  // @ts-expect-error money where a rate is asked for
  cagnotte({ id: "c", rate: cents(500) });
  // @ts-expect-error points where money is asked for
  cagnotte({ id: "c", rate: percent(5), balanceMax: pts(100) });
  // @ts-expect-error a text where a date is asked for
  cagnotte({ id: "c", rate: percent(5), when: { from: "2027-12-01" } });
  // @ts-expect-error money where points are asked for
  points({ id: "p", earn: { per: "visit", points: cents(1) } });
  // @ts-expect-error a rate where money is asked for, deep down
  stamps({ id: "s", grid: 10, minimum: { kind: "reaches", amount: percent(3) }, reward: GIFT });
  // @ts-expect-error a word that is not in the list
  stamps({ id: "s", grid: 10, minimum: { kind: "above", amount: euros(3) }, reward: GIFT });
  // @ts-expect-error a field that does not exist
  stamps({ id: "s", grid: 10, minimun: { kind: "reaches", amount: euros(3) }, reward: GIFT });
  // @ts-expect-error no number at all
  discount({ id: "d", off: { rate: "5 %" } });
  // @ts-expect-error a rate where a bonus is asked for
  bonus({ id: "b", of: "c", gives: percent(5) });
  // @ts-expect-error one unit is not another
  const money: Cents = pts(1);
  // @ts-expect-error what is added up has lost its unit
  const more: Points = pts(1) + pts(1);
  // @ts-expect-error rules made of plain numbers
  programme({ ...HEAD, rules: [plain.cagnotte({ id: "c", rate: 500 })] });
  // @ts-expect-error a plain number in the head
  programme({ ...HEAD, offlineCap: 2_000, rules: [cagnotte({ id: "c", rate: percent(5) })] });
  expect([money, more]).toEqual([1, 2]);
}

const GIFT = { kind: "gift", label: "Pain", value: cents(100) } as const;
const HEAD = {
  ...{ number: 1, version: 1, name: "Essai" },
  scope: "shop",
  merchants: { 1: { name: "Un", role: "earn-and-spend" } },
} as const;
