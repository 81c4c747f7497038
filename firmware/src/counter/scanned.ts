import { isCardNumber, readStripeIdentity } from "@cachet/card-layout";
import type { BadScan, Scan, Swipe } from "../hal/index.ts";
import { isBankNumber } from "./stripe.ts";

/** Longest text of a code: that of a receipt is 240 bytes in Base32. */
export const SCAN_MAX = 384;
const [FIRST_PRINTABLE, LAST_PRINTABLE] = [0x20, 0x7e];

/** The card or account that a barcode (EAN-13 of the in-store range) or the digits of a stripe name; null for any other text. */
function accountOf(text: string): number | null {
  if (/^28\d{11}$/.test(text)) return isCardNumber(Number(text)) ? Number(text) : null;
  return readStripeIdentity(text);
}

/** What the characters of one scan say. The number of a payment card is dropped like its stripe. The bytes are cleared. */
export function scanOf(characters: Uint8Array): Scan | BadScan | Swipe {
  try {
    if (characters.length > SCAN_MAX) return { kind: "bad-scan", why: "too-long" };
    const isPrintable = characters.every((one) => one >= FIRST_PRINTABLE && one <= LAST_PRINTABLE);
    if (!isPrintable || characters.length === 0) return { kind: "bad-scan", why: "garbage" };
    if (isBankNumber(characters, 0)) return { kind: "bank-card" };
    const text = String.fromCharCode(...characters);
    const number = accountOf(text);
    return number === null ? { kind: "scan", text } : { kind: "account", number };
  } finally {
    characters.fill(0);
  }
}
