import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii, bigEndian, concat, fromHex, isBlank, readBigEndian, sameBytes, toHex } from "./bytes.ts";

describe("bytes", () => {
  it("writes and reads integers of up to six bytes, most significant first", () => {
    expect(bigEndian(0x0102030405, 6)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 5));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
        const value = Math.floor(part * (256 ** size - 1));
        expect(readBigEndian(bigEndian(value, size), 0, size)).toBe(value);
      }),
    );
  });

  it("refuses integers that do not fit", () => {
    for (const value of [-1, 256, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => bigEndian(value, 1)).toThrow(RangeError);
    }
  });

  it("reads from the middle", () => {
    expect(readBigEndian(Uint8Array.of(9, 1, 2, 9), 1, 2)).toBe(0x0102);
  });

  it("writes hexadecimal in lower case and reads it in both", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    expect(toHex(Uint8Array.of(0, 0xab))).toBe("00ab");
    expect(fromHex("00AB")).toEqual(Uint8Array.of(0, 0xab));
  });

  it("refuses what is not hexadecimal", () => {
    for (const text of ["0", "0g", "0x", " 00 "]) expect(() => fromHex(text)).toThrow(RangeError);
  });

  it("refuses text outside ASCII", () => {
    expect(ascii("a/1")).toEqual(Uint8Array.of(0x61, 0x2f, 0x31));
    expect(() => ascii("é")).toThrow(RangeError);
  });

  it("compares whole byte strings", () => {
    const three = Uint8Array.of(1, 2, 3);
    expect(sameBytes(three, Uint8Array.of(1, 2, 3))).toBe(true);
    expect(sameBytes(three, three.subarray(0, 2))).toBe(false);
    expect(sameBytes(three, Uint8Array.of(1, 2, 4))).toBe(false);
  });

  it("joins in order and knows blanks", () => {
    expect(concat(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
    expect(isBlank(new Uint8Array(4))).toBe(true);
    expect(isBlank(Uint8Array.of(0, 0, 1))).toBe(false);
  });
});
