import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardNumber, ISSUER_MAX, SERIAL_MAX } from "./card-number.ts";
import { readStripeIdentity, stripeIdentity } from "./stripe.ts";

interface Vector {
  readonly name: string;
  readonly card: number;
  readonly digits: string;
}
const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/stripe-1.json", import.meta.url), "utf8")) as {
  readonly vectors: readonly Vector[];
};

describe("the stripe identity", () => {
  it.each(vectors)("is as its vector says: $name", ({ card, digits }) => {
    expect(stripeIdentity(card)).toBe(digits);
    expect(readStripeIdentity(digits)).toBe(card);
  });

  const anyCard = fc
    .record({ issuer: fc.nat(ISSUER_MAX), serial: fc.nat(SERIAL_MAX) })
    .map(({ issuer, serial }) => cardNumber(issuer, serial));

  it("finds every wrong digit, and every two neighbours that changed places", () => {
    const digit = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(anyCard, fc.nat(14), digit, (card, at, other) => {
        const digits = stripeIdentity(card);
        const wrong = `${digits.slice(0, at)}${other}${digits.slice(at + 1)}`;
        expect(readStripeIdentity(wrong)).toBe(wrong === digits ? card : null);
        const swapped = `${digits.slice(0, at)}${digits[at + 1] ?? ""}${digits[at]}${digits.slice(at + 2)}`;
        expect(readStripeIdentity(swapped)).toBe(swapped === digits ? card : null);
      }),
    );
  });

  it.each(["", "28000100004", "2800010000421", " 80001000042188", "280001000042188x", "28000100004218800"])(
    "is none of %j",
    (digits) => expect(readStripeIdentity(digits)).toBeNull(),
  );

  it("is of no card that goes by its UID", () => {
    expect(() => stripeIdentity(2 ** 48 + 5)).toThrow(RangeError);
    expect(() => stripeIdentity(2_800_010_000_422)).toThrow(RangeError);
  });
});
