/**
 * What came of a stripe that was swiped, as the port parsed it. Of a bank card, and of any other card that is not ours, nothing leaves
 * the port but that it was one.
 */
export type Swipe =
  /** A card or an account of ours, by its number; check digits are right. */
  | { readonly kind: "account"; readonly number: number }
  /** A payment card: refused, and nothing of it kept. */
  | { readonly kind: "bank-card" }
  | { readonly kind: "unreadable"; readonly why: SwipeFault };

/**
 * Why a stripe names no account. `cut`: it ended too early, or its characters came too slowly. `damaged`: parity, check character or
 * check digits are wrong, or the reader says so. `not-ours`: a whole track of somebody else's. `too-long`: more than any stripe holds.
 */
export type SwipeFault = "cut" | "damaged" | "not-ours" | "too-long";

/** A barcode or a QR code as the scanner gave it, without its prefix and suffix: printable ASCII. */
export interface Scan {
  readonly kind: "scan";
  readonly text: string;
}

/** A scan that cannot be used: it broke off, had characters that no code of ours has, or was longer than any. */
export interface BadScan {
  readonly kind: "bad-scan";
  readonly why: "cut" | "garbage" | "too-long";
}
