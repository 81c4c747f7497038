import { dayOfCivil } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { between, readPurchaseList } from "./purchase-list.ts";

const HEADER = "member,date,items,amount_cents";
const list = (...lines: readonly string[]) => readPurchaseList(lines.join("\n"));

describe("a list of purchases", () => {
  it("is read as everywhere when it has four columns", () => {
    const read = list(HEADER, "a,2026-01-31,2,1250", "b,2026-01-31,2");
    expect(read?.purchases).toEqual([{ member: "a", day: dayOfCivil(2026, 1, 31), items: 2, amountCents: 1_250 }]);
    expect(read?.malformed).toEqual([{ line: 3, problem: "3 fields instead of 4" }]);
    expect(read?.columns.size).toBe(0);
  });

  it("may say merchant, time and category, in any order", () => {
    const read = readPurchaseList(
      `\uFEFF${HEADER},time,category,merchant\r\na,2026-01-31,1,5,08:05, bread ,7\r\nb,2026-01-31,1,6,,,7\r\n\r\n`,
    );
    const day = dayOfCivil(2026, 1, 31);
    expect(read?.malformed).toEqual([]);
    expect(read?.purchases).toEqual([
      { member: "a", day, items: 1, amountCents: 5, minute: 485, category: "bread", merchant: 7 },
      { member: "b", day, items: 1, amountCents: 6, merchant: 7 },
    ]);
    expect([...(read?.columns ?? [])].sort()).toEqual(["category", "merchant", "time"]);
  });

  it("may have semicolons between its fields, as its header has", () => {
    const four = list(
      HEADER.replaceAll(",", ";"),
      "a;2026-01-31;2;1250",
      "b;2026-01-31;2;12,50",
      "c,2026-01-31,2,1250",
    );
    expect(four?.purchases).toEqual([{ member: "a", day: dayOfCivil(2026, 1, 31), items: 2, amountCents: 1_250 }]);
    expect(four?.malformed).toEqual([
      { line: 3, problem: '"12,50" is not an amount in whole cents' },
      { line: 4, problem: "1 fields instead of 4" },
    ]);
    const wide = list(`${HEADER},category,merchant`.replaceAll(",", ";"), "a;2026-01-31;1;5;pain, vin;7");
    expect(wide?.purchases).toMatchObject([{ amountCents: 5, category: "pain, vin", merchant: 7 }]);
    expect(list(`${HEADER};merchant`, "a,2026-01-31,1,5;7")).toBeNull();
  });

  it("names each malformed line by its number, whichever column is wrong, and keeps the others", () => {
    const read = list(
      `${HEADER},merchant,time`,
      "a,2026-01-31,1,5,1,08:05",
      "b,2026-01-31,1,5,1",
      "c,2026-02-30,1,5,1,08:05",
      "",
      "d,2026-01-31,1,5,shop,08:05",
      "e,2026-01-31,1,5,0,08:05",
      "f,2026-01-31,1,5,1,24:00",
      "g,2026-01-31,1,5,65536,08:05",
      "h,2026-01-31,1,7,2,23:59",
    );
    expect(read?.purchases.map(({ member, merchant, minute }) => [member, merchant, minute])).toEqual([
      ["a", 1, 485],
      ["h", 2, 1_439],
    ]);
    expect(read?.malformed).toEqual([
      { line: 3, problem: "5 fields instead of 6" },
      { line: 4, problem: '"2026-02-30" is not a date like 2026-01-31' },
      { line: 6, problem: '"shop" is no number of a merchant' },
      { line: 7, problem: '"0" is no number of a merchant' },
      { line: 8, problem: '"24:00" is not a time like 17:05' },
      { line: 9, problem: '"65536" is no number of a merchant' },
    ]);
  });

  it("is none without its header, with a column that nobody knows, or one twice", () => {
    for (const header of ["", "a,2026-01-31,1,5", `${HEADER},shop`, `${HEADER},time,time`, `${HEADER},`, "member,date"])
      expect(list(header, "a,2026-01-31,1,5"), header).toBeNull();
  });

  it("is cut to days, both ends included", () => {
    const { purchases } = list(HEADER, "a,2026-01-01,1,1", "a,2026-01-02,1,2", "a,2026-01-03,1,3")!;
    const day = (dayOfMonth: number) => dayOfCivil(2026, 1, dayOfMonth);
    expect(between(purchases, null, null)).toHaveLength(3);
    expect(between(purchases, day(2), null).map(({ amountCents }) => amountCents)).toEqual([2, 3]);
    expect(between(purchases, day(2), day(2)).map(({ amountCents }) => amountCents)).toEqual([2]);
  });
});
