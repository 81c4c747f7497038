import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../record/bytes.ts";
import type { Chip } from "./card-map.ts";
import {
  areLocksFrozen,
  CONFIG_PAGES,
  freezeDynamicLocks,
  freezeLocks,
  leaveReadable,
  lockedPages,
  lockPages,
  protectFrom,
  readAccess,
} from "./chip-config.ts";

describe("configuration pages", () => {
  it.each([
    { chip: "NTAG213", pages: 45, cfg0: 0x29, pack: 0x2c, dynamicLock: 0x28 },
    { chip: "NTAG215", pages: 135, cfg0: 0x83, pack: 0x86, dynamicLock: 0x82 },
    { chip: "NTAG216", pages: 231, cfg0: 0xe3, pack: 0xe6, dynamicLock: 0xe2 },
    { chip: "MF0UL11", pages: 20, cfg0: 0x10, pack: 0x13, dynamicLock: null },
    { chip: "MF0UL21", pages: 41, cfg0: 0x25, pack: 0x28, dynamicLock: 0x24 },
  ] as const)("of the $chip stand where its data sheet says", ({ chip, ...where }) => {
    expect(CONFIG_PAGES[chip]).toMatchObject(where);
  });

  it("keep every bit but the one that is meant", () => {
    const four = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(four, fc.nat(255), (cfg0, first) => {
        expect(protectFrom(cfg0, first)).toEqual(cfg0.with(3, first));
      }),
    );
    fc.assert(
      fc.property(four, (cfg1) => {
        const wanted = cfg1.with(0, cfg1[0]! & 0x38);
        expect(leaveReadable(cfg1.with(0, cfg1[0]! & 0xb8))).toEqual(wanted);
      }),
    );
  });

  it("are never written where CFGLCK or AUTHLIM is set: neither is set by accident", () => {
    for (let access = 0; access < 256; access += 1) {
      const write = () => leaveReadable(Uint8Array.of(access, 5, 0, 0));
      if ((access & 0x47) !== 0) expect(write).toThrow(RangeError);
      else expect(write()[0]! & 0xc7).toBe(0);
    }
  });

  it("say what they protect", () => {
    expect(readAccess(Uint8Array.of(4, 0, 0, 0xff), Uint8Array.of(0, 5, 0, 0))).toEqual({
      firstProtected: 0xff,
      readNeedsPassword: false,
      configLocked: false,
      attempts: 0,
    });
    expect(readAccess(Uint8Array.of(4, 0, 0, 4), Uint8Array.of(0xc3, 5, 0, 0))).toEqual({
      firstProtected: 4,
      readNeedsPassword: true,
      configLocked: true,
      attempts: 3,
    });
  });
});

describe("lock bits", () => {
  it("lock the pages of the identity, the capability container, and themselves", () => {
    expect(toHex(lockPages(9))).toBe("0000ff03");
    expect(toHex(lockPages(10))).toBe("0000ff07");
    for (let last = 4; last <= 15; last += 1) {
      expect(lockedPages(lockPages(last))).toEqual(Array.from({ length: last - 3 }, (_, i) => 4 + i));
      expect(areLocksFrozen(lockPages(last))).toBe(true);
    }
    expect(() => lockPages(16)).toThrow(RangeError);
    expect(() => lockPages(3)).toThrow(RangeError);
  });

  it("can be frozen without locking anything", () => {
    expect(lockedPages(freezeLocks())).toEqual([]);
    expect(areLocksFrozen(freezeLocks())).toBe(true);
    expect(areLocksFrozen(new Uint8Array(4))).toBe(false);
    const dynamic = (["NTAG213", "NTAG215", "NTAG216", "MF0UL21", "MF0UL11"] as Chip[]).map((chip) => {
      const page = freezeDynamicLocks(chip);
      return page === null ? null : toHex(page);
    });
    expect(dynamic).toEqual(["00003f00", "00000f00", "00007f00", "00001f00", null]);
  });
});
