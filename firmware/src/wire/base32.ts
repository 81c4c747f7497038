const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base32 of RFC 4648 (section 6), upper case, without padding. */
export function base32Of(bytes: Uint8Array): string {
  let [text, held, bits] = ["", 0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    held = (held << 8) | bytes[at]!;
    for (bits += 8; bits >= 5; bits -= 5) text += LETTERS[(held >> (bits - 5)) & 31];
    held &= 31;
  }
  return bits === 0 ? text : text + LETTERS[(held << (5 - bits)) & 31];
}

/** The bytes of a text that `base32Of` could have written; null for any other. */
export function base32Bytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let [held, bits, at] = [0, 0, 0];
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) return null;
    held = ((held & 255) << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >> bits;
      at += 1;
    }
  }
  // Letters that carry no whole byte, and bits behind the last byte, stand for nothing.
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}
