import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascii, concat, fromHex, toHex } from "../record/bytes.ts";
import { crcA, uidCheckBytes, uidOfPages } from "./iso14443a.ts";

describe("CRC_A", () => {
  it.each([
    { frame: "0000", crc: "a01e" },
    { frame: "1234", crc: "26cf" },
    { frame: "5000", crc: "57cd" },
    { frame: "60", crc: "f832" },
  ])("of $frame is $crc (ISO/IEC 14443-3 annex B, card traces)", ({ frame, crc }) => {
    expect(toHex(crcA(fromHex(frame)))).toBe(crc);
  });

  it("of the nine digits is bf05 (the check value of CRC-16/ISO-IEC-14443-3-A)", () => {
    expect(toHex(crcA(ascii("123456789")))).toBe("05bf");
  });

  it("leaves zero when a frame is followed by its own", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (frame) => {
        expect(crcA(concat(frame, crcA(frame)))).toEqual(Uint8Array.of(0, 0));
      }),
    );
  });
});

describe("the check bytes of a UID", () => {
  const page012 = fromHex("045869bdd29c3980f7480000");

  it("are those of a card trace", () => {
    expect(uidCheckBytes(fromHex("045869d29c3980"))).toEqual({ bcc0: 0xbd, bcc1: 0xf7 });
    expect(toHex(uidOfPages(page012)!)).toBe("045869d29c3980");
  });

  it("find every single wrong bit", () => {
    for (let bit = 0; bit < 9 * 8; bit += 1) {
      const wrong = page012.slice();
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(uidOfPages(wrong), `bit ${bit}`).toBeNull();
    }
  });

  it("need nine bytes of memory and a UID of seven", () => {
    expect(uidOfPages(page012.subarray(0, 8))).toBeNull();
    expect(uidOfPages(page012.subarray(0, 9))).not.toBeNull();
    expect(() => uidCheckBytes(new Uint8Array(4))).toThrow(RangeError);
  });
});
