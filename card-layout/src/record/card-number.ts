/**
 * Card numbers: 13 digits that any barcode scanner reads as an EAN-13 of the in-store range.
 *
 *   28 | issuer, 4 digits | serial, 6 digits | check digit (GS1 General Specifications, 7.9.1)
 *
 * A card number names a card for ever: it is never given twice.
 */
const PREFIX = 28;
export const ISSUER_MAX = 9_999;
export const SERIAL_MAX = 999_999;

function checkDigit(twelveDigits: number): number {
  let sum = 0;
  let rest = twelveDigits;
  for (let position = 0; position < 12; position += 1) {
    sum += (rest % 10) * (position % 2 === 0 ? 3 : 1);
    rest = Math.floor(rest / 10);
  }
  return (10 - (sum % 10)) % 10;
}

/** The card number of an issuer's serial. Throws outside 0..9999 and 0..999999. */
export function cardNumber(issuer: number, serial: number): number {
  if (!Number.isInteger(issuer) || issuer < 0 || issuer > ISSUER_MAX) throw new RangeError(`issuer ${issuer}`);
  if (!Number.isInteger(serial) || serial < 0 || serial > SERIAL_MAX) throw new RangeError(`serial ${serial}`);
  const body = (PREFIX * 10_000 + issuer) * 1_000_000 + serial;
  return body * 10 + checkDigit(body);
}

/** Whether a number is a well-formed card number: prefix, length and check digit. */
export function isCardNumber(number: number): boolean {
  if (!Number.isSafeInteger(number) || Math.floor(number / 1e11) !== PREFIX) return false;
  return checkDigit(Math.floor(number / 10)) === number % 10;
}

/** How screens and receipts name a card: its last four digits only. */
export function maskedCard(number: number): string {
  return `…${String(number % 10_000).padStart(4, "0")}`;
}
