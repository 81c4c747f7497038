import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Decode, utf8Encode } from "./utf8.ts";

const encoder = new TextEncoder();

function decodedByPlatform(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function encodedByUs(text: string): Uint8Array | null {
  try {
    return utf8Encode(text);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

describe("UTF-8", () => {
  it("is the platform's for every character there is", () => {
    for (let first = 0; first < 0x11_0000; first += 0x400) {
      if (first >= 0xd800 && first < 0xe000) continue;
      const text = String.fromCodePoint(...Array.from({ length: 0x400 }, (_, i) => first + i));
      const bytes = encoder.encode(text);
      expect(utf8Encode(text)).toEqual(bytes);
      expect(utf8Decode(bytes)).toBe(text);
    }
  });

  it("is the platform's for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(utf8Encode(text)).toEqual(encoder.encode(text));
        expect(utf8Decode(utf8Encode(text))).toBe(text);
      }),
    );
  });

  it("writes no lone surrogate", () => {
    const halves = fc.array(fc.constantFrom(0x41, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000), { maxLength: 6 });
    fc.assert(
      fc.property(halves, (codes) => {
        const text = String.fromCharCode(...codes);
        const platform = encoder.encode(text);
        expect(encodedByUs(text)).toEqual(decodedByPlatform(platform) === text ? platform : null);
      }),
    );
  });

  it("reads every pair of bytes as the platform does", () => {
    for (let pair = 0; pair < 0x1_0000; pair += 1) {
      const bytes = Uint8Array.of(pair >> 8, pair & 0xff);
      if (utf8Decode(bytes) !== decodedByPlatform(bytes)) expect.fail(`pair ${pair.toString(16)}`);
    }
  });

  it("reads no character in a longer form than it needs, no surrogate and nothing above U+10FFFF", () => {
    const inForm = (code: number, more: number) =>
      Uint8Array.from({ length: more + 1 }, (_, i) => {
        const bits = code >> (6 * (more - i));
        return i === 0 ? ((0xff00 >> (more + 1)) & 0xff) | bits : 0x80 | (bits & 63);
      });
    const limits = [
      0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdfff, 0xe000, 0xffff, 0x1_0000, 0x10_ffff, 0x11_0000,
    ];
    for (const code of limits) {
      for (const more of [1, 2, 3].filter((bytes) => code < 1 << (6 + 5 * bytes))) {
        const bytes = inForm(code, more);
        expect(utf8Decode(bytes), `${code.toString(16)} in ${more + 1} bytes`).toBe(decodedByPlatform(bytes));
      }
    }
  });

  it("reads any bytes as the platform does, near the limits above all", () => {
    const edges = fc.constantFrom(
      ...[0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
      ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff],
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 30 }),
      fc.array(edges, { maxLength: 6 }).map((of) => Uint8Array.from(of)),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        expect(utf8Decode(given)).toBe(decodedByPlatform(given));
      }),
      { numRuns: 20_000 },
    );
  });
});
