import { bigEndian, readBigEndian } from "./bytes.ts";

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

/** Cards without room for a number of their own start here: 2^48 and the UID's last six bytes. */
const UID_NUMBERS = 2 ** 48;
const UID_BYTES = 7;

/**
 * The card number of a chip that has no room for an identity record: 2^48 plus the last six bytes of its UID, 15 digits. The
 * first byte of the UID names the maker and is the same for all of a maker's chips; null for another maker's than NXP (04h).
 */
export function uidCardNumber(uid: Uint8Array): number | null {
  return uid.length === UID_BYTES && uid[0] === 0x04 ? UID_NUMBERS + readBigEndian(uid, 1, 6) : null;
}

/** A card number in the six bytes that records and hashes have for it. MACs cover the UID too, so that no two cards share them. */
export function cardBytes(card: number): Uint8Array {
  return bigEndian(card >= UID_NUMBERS ? card - UID_NUMBERS : card, 6);
}

/** Whether a number is a well-formed card number: prefix, length and check digit, or one that stands for a UID. */
export function isCardNumber(number: number): boolean {
  if (Number.isSafeInteger(number) && number >= UID_NUMBERS) return number < 2 * UID_NUMBERS;
  if (!Number.isSafeInteger(number) || Math.floor(number / 1e11) !== PREFIX) return false;
  return checkDigit(Math.floor(number / 10)) === number % 10;
}

/** Accounts that receipts are made for: between the card numbers of 13 digits and those that come from a UID. */
const TICKET_NUMBERS = 10_000_000_000_000;
const ENTRIES = 0x8000_0000;

/** The account of a receipt that carries points: no two terminals make the same one, nor one terminal with journals of different lengths. */
export const ticketNumber = (terminal: number, entries: number): number =>
  TICKET_NUMBERS + terminal * ENTRIES + (entries % ENTRIES);

/** Whether a number is of such an account, and of no card. */
export const isTicketNumber = (number: number): boolean =>
  Number.isSafeInteger(number) && number >= TICKET_NUMBERS && number < ticketNumber(0x1_0000, 0);

/** How screens and receipts name a card: its last four digits only. */
export function maskedCard(number: number): string {
  return `…${String(number % 10_000).padStart(4, "0")}`;
}
