import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateTimeText, parseDateTime } from "./date-time.ts";

const seconds = (text: string) => Date.parse(text) / 1_000;

describe("date and time on the line", () => {
  it("are read as clients write them, with and without fraction and zone", () => {
    expect(parseDateTime("2026-11-21T12:34:56.000000+00:00")).toBe(seconds("2026-11-21T12:34:56Z"));
    expect(parseDateTime("2026-11-21T12:34:56+01:00")).toBe(seconds("2026-11-21T11:34:56Z"));
    expect(parseDateTime("2026-11-21T12:34:56-0330")).toBe(seconds("2026-11-21T16:04:56Z"));
    expect(parseDateTime("2026-11-21T12:34:56Z")).toBe(seconds("2026-11-21T12:34:56Z"));
    expect(parseDateTime("2026-11-21T12:34:56")).toBe(seconds("2026-11-21T12:34:56Z"));
    expect(parseDateTime("2024-02-29T00:00:00.5")).toBe(seconds("2024-02-29T00:00:00Z"));
  });

  it("are refused where they are none", () => {
    const wrong = ["", "2026-11-21", "2026-11-21 12:34:56", "2026-13-01T00:00:00", "2026-02-29T00:00:00"];
    wrong.push("2026-04-31T00:00:00", "2026-11-21T24:00:00", "2026-11-21T12:60:00", "2026-11-21T12:00:60");
    wrong.push("1969-12-31T23:59:59", "1970-01-01T00:00:00+01:00", "2107-01-01T00:00:00", "2026-11-21T12:34:56+15:00");
    wrong.push("2026-00-10T00:00:00", "2026-01-00T00:00:00", "02026-01-01T00:00:00", "2026-01-01T00:00:00.");
    for (const text of wrong) expect(parseDateTime(text), text).toBeNull();
  });

  it("come back from their text", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 86_400, max: 0xffff_0000 }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (utc, offset) => {
          const text = dateTimeText(utc, offset);
          expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000[+-]\d\d:\d\d$/);
          expect(parseDateTime(text)).toBe(utc);
          expect(seconds(text)).toBe(utc);
        },
      ),
    );
  });
});
