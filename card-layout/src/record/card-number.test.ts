import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cardNumber,
  ISSUER_MAX,
  isCardNumber,
  isTicketNumber,
  maskedCard,
  SERIAL_MAX,
  ticketNumber,
} from "./card-number.ts";

const issuers = fc.integer({ min: 0, max: ISSUER_MAX });
const serials = fc.integer({ min: 0, max: SERIAL_MAX });

/** EAN-13 as printed in GS1's rules: over all 13 digits, weights 1 and 3 in turn, the sum is a multiple of ten. */
const weighted = (number: number) =>
  [...String(number)].reduce((sum, digit, position) => sum + Number(digit) * (position % 2 === 0 ? 1 : 3), 0);

describe("card number", () => {
  it("of receipts that carry points are of no card, and no two terminals make the same one", () => {
    for (const [terminal, entries] of [
      [1, 0],
      [1, 0x7fff_ffff],
      [0xffff, 0],
      [0xffff, 0x7fff_ffff],
    ] as const) {
      expect(isTicketNumber(ticketNumber(terminal, entries))).toBe(true);
      expect(isCardNumber(ticketNumber(terminal, entries))).toBe(false);
    }
    expect(ticketNumber(1, 0x7fff_ffff)).toBeLessThan(ticketNumber(2, 0));
    for (const other of [cardNumber(1, 77), 2 ** 48, 2 ** 49 - 1, 0, -1, 1e13 + 0.5, Number.NaN])
      expect(isTicketNumber(other), String(other)).toBe(false);
  });

  it("is 2800010000421 for issuer 1 and serial 42", () => {
    expect(cardNumber(1, 42)).toBe(2_800_010_000_421);
  });

  it("has 13 digits that name issuer and serial and weigh a multiple of ten", () => {
    fc.assert(
      fc.property(issuers, serials, (issuer, serial) => {
        const number = cardNumber(issuer, serial);
        const digits = `28${String(issuer).padStart(4, "0")}${String(serial).padStart(6, "0")}`;
        expect(String(number).slice(0, 12)).toBe(digits);
        expect(weighted(number) % 10).toBe(0);
        expect(isCardNumber(number)).toBe(true);
      }),
    );
  });

  it("is refused with any one digit changed", () => {
    fc.assert(
      fc.property(issuers, serials, (issuer, serial) => {
        const digits = [...String(cardNumber(issuer, serial))];
        for (let at = 0; at < 13; at += 1) {
          for (let digit = 0; digit <= 9; digit += 1) {
            const changed = Number(digits.with(at, String(digit)).join(""));
            expect(isCardNumber(changed), `${changed}`).toBe(digit === Number(digits[at]));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    0,
    -2_800_010_000_421,
    280_001_000_042,
    28_000_100_004_214,
    2_800_010_000_421.5,
    Number.NaN,
    4_006_381_333_931,
  ])("is not %d", (number) => {
    expect(isCardNumber(number)).toBe(false);
  });

  it("is not made outside the ranges of issuer and serial", () => {
    for (const issuer of [-1, ISSUER_MAX + 1, 0.5]) expect(() => cardNumber(issuer, 0)).toThrow(RangeError);
    for (const serial of [-1, SERIAL_MAX + 1, 0.5]) expect(() => cardNumber(0, serial)).toThrow(RangeError);
  });

  it("shows its last four digits only", () => {
    expect(maskedCard(2_800_010_000_421)).toBe("…0421");
    expect(maskedCard(cardNumber(0, 0))).toBe("…0004");
  });
});
