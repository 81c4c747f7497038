import { dayOfCivil } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { PURCHASES_HEADER, readPurchases } from "./purchases.ts";

const file = (...lines: readonly string[]) => readPurchases([PURCHASES_HEADER, ...lines].join("\n"));

describe("a file of purchases", () => {
  it("reads one purchase a line, whatever the line ends, and skips empty lines", () => {
    const expected = [{ member: "a", day: dayOfCivil(2024, 2, 29), items: 2, amountCents: 1_250 }];
    expect(file("a,2024-02-29,2,1250", "")).toEqual({ purchases: expected, malformed: [] });
    expect(readPurchases(`\uFEFF${PURCHASES_HEADER}\r\na , 2024-02-29 ,2,1250\r\n`)?.purchases).toEqual(expected);
  });

  it("names each malformed line by its number and keeps the others", () => {
    const read = file(
      "a,2026-01-31,1,100",
      "b,2026-02-30,1,100",
      "c,2026-01-01,0,100",
      "d,2026-01-01,1,1.50",
      "e,2026-01-01,1",
      ",2026-01-01,1,1",
      "f,2023-02-29,1,1",
      "g,2026-01-01,1,-5",
    );
    expect(read?.purchases.map(({ member }) => member)).toEqual(["a"]);
    expect(read?.malformed).toEqual([
      { line: 3, problem: '"2026-02-30" is not a date like 2026-01-31' },
      { line: 4, problem: '"0" is not a number of items from 1 to 9999' },
      { line: 5, problem: '"1.50" is not an amount in whole cents' },
      { line: 6, problem: "3 fields instead of 4" },
      { line: 7, problem: "the member is missing or longer than 40 characters" },
      { line: 8, problem: '"2023-02-29" is not a date like 2026-01-31' },
      { line: 9, problem: '"-5" is not an amount in whole cents' },
    ]);
  });

  it("is none without its header", () => {
    expect(readPurchases("")).toBeNull();
    expect(readPurchases("a,2026-01-31,1,100\n")).toBeNull();
  });
});
