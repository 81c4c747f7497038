import { describe, expect, it } from "vitest";
import { atrFamily } from "./atr.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const ULTRALIGHT = bytes("3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 03 00 00 00 00 68");

describe("the answer to reset of a storage card", () => {
  it.each([
    ["3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 01 00 00 00 00 6A", 3, 0x0001, "classic-1k"],
    ["3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 03 00 00 00 00 68", 3, 0x0003, "ultralight"],
    ["3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 3D 00 00 00 00 56", 3, 0x003d, "ultralight-ev1"],
    ["3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 FF 28 00 00 00 00 BC", 3, 0xff28, null],
  ])("%s", (atr, standard, nameCode, family) => {
    expect(atrFamily(bytes(atr))).toEqual({ standard, nameCode, family });
  });

  it("is none with a wrong check byte, of another length, or of another kind of card", () => {
    for (let at = 0; at < ULTRALIGHT.length; at += 1) {
      const damaged = ULTRALIGHT.map((byte, i) => (i === at ? byte ^ 1 : byte));
      expect(atrFamily(damaged), `byte ${at}`).toBeNull();
    }
    expect(atrFamily(ULTRALIGHT.subarray(0, 19))).toBeNull();
    expect(atrFamily(bytes("3B 81 80 01 80 80"))).toBeNull();
    expect(atrFamily(new Uint8Array())).toBeNull();
  });
});
