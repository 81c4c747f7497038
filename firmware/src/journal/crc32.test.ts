import { ascii } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { crc32 } from "./crc32.ts";

describe("CRC-32", () => {
  it("has the check value of its catalogue", () => {
    expect(crc32(ascii("123456789")).toString(16)).toBe("cbf43926");
  });

  it("is zero for nothing, and for zeros it is not", () => {
    expect(crc32(new Uint8Array())).toBe(0);
    for (let size = 1; size <= 64; size += 1) expect(crc32(new Uint8Array(size)), `${size}`).not.toBe(0);
  });

  it("is never negative", () => {
    for (let byte = 0; byte < 256; byte += 1) expect(crc32(Uint8Array.of(byte))).toBeGreaterThanOrEqual(0);
  });
});
