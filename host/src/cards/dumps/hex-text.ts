/** Bytes written as text, some of them perhaps as "??" or "--". */
export interface HexBytes {
  /** Unknown bytes are zero. */
  readonly bytes: Uint8Array;
  /** For each byte, whether the text leaves it open. */
  readonly unknown: readonly boolean[];
}

/** Reads exactly `size` bytes of two hexadecimal digits each, blanks between them allowed; null when the text is anything else. */
export function readHex(text: string, size: number): HexBytes | null {
  const digits = text.replace(/\s+/g, "");
  if (digits.length !== 2 * size || !/^(?:[0-9a-fA-F]{2}|\?\?|--)*$/.test(digits)) return null;
  const pairs = digits.match(/../g) ?? [];
  const unknown = pairs.map((pair) => pair === "??" || pair === "--");
  return { bytes: Uint8Array.from(pairs, (pair, i) => (unknown[i] ? 0 : Number.parseInt(pair, 16))), unknown };
}

/** The same where every byte must be known. */
export function readWholeHex(text: string, size: number): Uint8Array | null {
  const read = readHex(text, size);
  return read === null || read.unknown.includes(true) ? null : read.bytes;
}

/** Upper-case digits, as the tools write them. */
export function hexText(bytes: Uint8Array, between = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(between);
}

/** A whole number of at most nine decimal digits; null when the text is anything else. */
export function readDecimal(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** A word from a file as it may stand in a message: short, and nothing but printable ASCII. */
export function quoted(word: string): string {
  const printable = word.slice(0, 40).replace(/[^\x20-\x7e]/g, "?");
  return `"${printable}${word.length > 40 ? "..." : ""}"`;
}
