import { describe, expect, it } from "vitest";
import { COUNTRIES, type Country, phoneNumber } from "./phone-number.ts";

describe("a phone number as people write it", () => {
  it.each<[Country, string, string]>([
    ["FR", "06 12 34 56 78", "+33612345678"],
    ["FR", "0033 6 12 34 56 78", "+33612345678"],
    ["FR", "+33 6.12-34/56(78)", "+33612345678"],
    ["BE", "0470 12 34 56", "+32470123456"],
    ["BE", "02 512 34 56", "+3225123456"],
    ["LU", "621 123 456", "+352621123456"],
    ["CH", "079 123 45 67", "+41791234567"],
    ["ES", "612 345 678", "+34612345678"],
    ["IT", "06 1234567", "+39061234567"],
    ["DE", "0151 23456789", "+4915123456789"],
    ["BE", "0033612345678", "+33612345678"],
  ])("is the same whichever way it is written: %s %s", (country, written, number) => {
    expect(phoneNumber(written, country)).toBe(number);
  });

  it.each<[string, string]>([
    ["0690123456", "+590690123456"],
    ["0692123456", "+262692123456"],
    ["0639123456", "+262639123456"],
    ["0694123456", "+594694123456"],
    ["0696123456", "+596696123456"],
    ["0262123456", "+262262123456"],
    ["0612345678", "+33612345678"],
  ])("says itself where it is, wherever it is dialled between Paris and Saint-Denis: %s", (written, number) => {
    for (const country of ["FR", "GP", "MQ", "GF", "RE", "YT"] as const)
      expect(phoneNumber(written, country), country).toBe(number);
  });

  it("is none with letters, signs, too few or too many digits", () => {
    const none = [
      "",
      "+",
      "0",
      "00",
      "12",
      "abc",
      "06 12 34 56 7",
      "06 12 34 56 78 9",
      "612345678",
      "0012",
      "+0612345678",
    ];
    for (const written of [...none, "06+12345678", "+33 6 12 34 56 78 90 12 34", "0061234567é"])
      expect(phoneNumber(written), written).toBeNull();
  });

  it("is not dialled from one country as from another", () => {
    expect(phoneNumber("06 12 34 56 78", "MC")).toBeNull();
    expect(phoneNumber("0612345678", "ES")).toBeNull();
  });

  it("never reads a number of one country as one of another", () => {
    for (const country of COUNTRIES) {
      expect(phoneNumber("+33612345678", country)).toBe("+33612345678");
      expect(phoneNumber("0033612345678", country)).toBe("+33612345678");
    }
  });
});
