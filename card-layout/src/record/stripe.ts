import { isCardNumber } from "./card-number.ts";

/**
 * What a stripe, a barcode or a QR code carries to name an account or a card: 15 digits that a keyboard of any layout can type.
 *
 *   card number, 13 digits | two check digits (ISO/IEC 7064, MOD 97-10)
 *
 * On track 2 they stand alone between the sentinels. No payment card looks like it: those have a separator behind their number, and none
 * begins with 28 (ISO/IEC 7812). Cards that go by their UID have no stripe.
 */
const CARD_DIGITS = 13;

/** The digits that name a card. Throws `RangeError` on what is no card number of 13 digits. */
export function stripeIdentity(card: number): string {
  if (!isCardNumber(card) || card >= 10 ** CARD_DIGITS) throw new RangeError(`card ${card} has no stripe identity`);
  return `${card}${String(98 - ((card * 100) % 97)).padStart(2, "0")}`;
}

/** The card that digits name; null where they are none of ours, or a check digit is wrong. */
export function readStripeIdentity(digits: string): number | null {
  const card = Number(digits.slice(0, CARD_DIGITS));
  return /^\d{15}$/.test(digits) && isCardNumber(card) && stripeIdentity(card) === digits ? card : null;
}
