/** One line of a receipt: what it says. Each port lays it out for its paper. */
export type ReceiptLine =
  /** Large, in the middle. */
  | { readonly line: "title"; readonly text: string }
  /** A sentence; one that is not to be overlooked is `strong`, and stands in the middle. */
  | { readonly line: "text"; readonly text: string; readonly strong?: true }
  /** A label, and an amount or a word at the right edge. */
  | { readonly line: "row"; readonly left: string; readonly right: string; readonly strong?: true }
  /** A QR code, to be scanned later: Base32, upper case. */
  | { readonly line: "code"; readonly text: string }
  | { readonly line: "separator" };

/** A receipt, from its head to its foot. */
export type Receipt = readonly ReceiptLine[];
