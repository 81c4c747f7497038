/**
 * UTF-8 (RFC 3629) in plain code: the terminal's engine has neither TextEncoder nor TextDecoder.
 * A lone surrogate throws: it has no UTF-8 form.
 */
export function utf8Encode(text: string): Uint8Array {
  const plain = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return encodeBeyondAscii(text);
    plain[at] = code;
  }
  return plain;
}

function encodeBeyondAscii(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) throw new RangeError("utf8Encode: lone surrogate");
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}

/** Smallest code point of a sequence with this many continuation bytes: anything lower is an overlong form. */
const SMALLEST: readonly number[] = [0, 0x80, 0x800, 0x1_0000];

/** Characters made at a time: an argument list has a limit. */
const CHUNK = 512;

/** The text, or null where the bytes are not well-formed UTF-8. */
export function utf8Decode(bytes: Uint8Array): string | null {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const from = at;
    while (at < bytes.length && at - from < CHUNK && bytes[at]! < 0x80) at += 1;
    if (at > from) {
      // An image's payload is nearly all ASCII: character by character, it costs a start more than its hash does.
      text += String.fromCharCode.apply(null, bytes.subarray(from, at) as unknown as number[]);
      continue;
    }
    const first = bytes[at]!;
    const more = first >> 5 === 6 ? 1 : first >> 4 === 14 ? 2 : first >> 3 === 30 ? 3 : -1;
    if (more < 0 || at + more >= bytes.length) return null;
    let code = first & (63 >> more);
    for (let i = 1; i <= more; i += 1) {
      const next = bytes[at + i]!;
      if (next >> 6 !== 2) return null;
      code = (code << 6) | (next & 63);
    }
    if (code < SMALLEST[more]! || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    text += String.fromCodePoint(code);
    at += more + 1;
  }
  return text;
}
