import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../record/bytes.ts";
import {
  checkTearing,
  chipOf,
  counterOf,
  fastRead,
  getVersion,
  incrementCounter,
  isAck,
  NOT_TORN,
  passwordAuth,
  read,
  readCounter,
  readSignature,
  write,
} from "./type2.ts";

describe("the chip behind a GET_VERSION answer", () => {
  it.each([
    { version: "0004040201000f03", chip: "NTAG213" },
    { version: "0004040201001103", chip: "NTAG215" },
    { version: "0004040201001303", chip: "NTAG216" },
    { version: "0004030101000b03", chip: "MF0UL11" },
    { version: "0004030101000e03", chip: "MF0UL21" },
    { version: "0004030201000b03", chip: "MF0UL11" },
    { version: "0004030201000e03", chip: "MF0UL21" },
  ])("is $chip for $version", ({ version, chip }) => {
    expect(chipOf(fromHex(version))).toBe(chip);
  });

  it.each([
    { what: "an Ultralight AES", version: "0004030104000f03" },
    { what: "a later major version of an NTAG213", version: "0004040202000f03" },
    { what: "a storage size of another family", version: "0004040201000b03" },
    { what: "an unknown storage size", version: "0004040201001503" },
    { what: "a foreign chip like an NTAG215 with another product", version: "0005340201001103" },
    { what: "an answer that is cut", version: "0004040201000f" },
    { what: "an answer that is too long", version: "0004040201000f0300" },
    { what: "a NAK", version: "00" },
    { what: "no answer", version: "" },
  ])("is none of ours for $what", ({ version }) => {
    expect(chipOf(fromHex(version))).toBeNull();
  });

  it("is told by product, major version and storage: another vendor's copy of an NTAG213 passes as one", () => {
    expect(chipOf(fromHex("0053040201000f03"))).toBe("NTAG213");
  });
});

describe("type 2 commands", () => {
  it("have the bytes of the data sheet", () => {
    expect(toHex(getVersion())).toBe("60");
    expect(toHex(read(0x04))).toBe("3004");
    expect(toHex(fastRead(0x0a, 0x27))).toBe("3a0a27");
    expect(toHex(write(0x0a, Uint8Array.of(1, 2, 3, 4)))).toBe("a20a01020304");
  });

  it("of counters, password and signature have the bytes of the data sheet", () => {
    expect(toHex(readCounter(2))).toBe("3902");
    expect(toHex(incrementCounter(1, 0x010203))).toBe("a50103020100");
    expect(toHex(checkTearing(0))).toBe("3e00");
    expect(toHex(passwordAuth(Uint8Array.of(1, 2, 3, 4)))).toBe("1b01020304");
    expect(toHex(readSignature())).toBe("3c00");
  });

  it("are acknowledged by one byte, 0Ah", () => {
    expect(isAck(Uint8Array.of(0x0a))).toBe(true);
    for (const other of [Uint8Array.of(0), Uint8Array.of(NOT_TORN), new Uint8Array(16).fill(0x0a), new Uint8Array()]) {
      expect(isAck(other)).toBe(false);
    }
    expect(isAck(undefined)).toBe(false);
  });

  it("give counters least significant byte first", () => {
    expect(counterOf(Uint8Array.of(3, 2, 1))).toBe(0x010203);
    expect(counterOf(Uint8Array.of(0xff, 0xff, 0xff))).toBe(0xffffff);
    for (const wrong of [new Uint8Array(), Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3, 4)])
      expect(counterOf(wrong)).toBeNull();
  });
});
