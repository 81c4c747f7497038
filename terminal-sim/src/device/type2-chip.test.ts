import { type Chip, type2 } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { CHIP_MODELS } from "./chip-model.ts";
import { TORN_PAGES } from "./mishap.ts";
import { Type2Chip } from "./type2-chip.ts";

const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
const CHIPS = ["NTAG213", "NTAG215", "NTAG216", "MF0UL11", "MF0UL21"] as const satisfies readonly Chip[];
const ACK = Uint8Array.of(0x0a);
const NEW_PASSWORD = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
const PASSWORD = Uint8Array.of(1, 2, 3, 4);
const four = (...bytes: number[]) => Uint8Array.from([...bytes, 0, 0, 0, 0].slice(0, 4));
const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
const hex = (answer: Uint8Array | string) =>
  typeof answer === "string" ? answer : [...answer].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const send = (chip: Type2Chip, command: string) => hex(chip.execute(bytes(command)));
const page = (chip: Type2Chip, at: number) => hex(chip.dump().subarray(at * 4, at * 4 + 4));

/** CFG0 of each chip, and a chip with this password, AUTH0 and ACCESS in effect, not authenticated. */
const config = (chip: Type2Chip) => CHIP_MODELS[chip.chip].configPage;
function guarded(kind: Chip, auth0: number, access: number): Type2Chip {
  const chip = new Type2Chip(kind, UID);
  const at = config(chip);
  chip.execute(type2.write(at + 2, PASSWORD));
  chip.execute(type2.write(at + 3, four(0xaa, 0xbb)));
  chip.execute(type2.write(at + 1, four(access)));
  chip.execute(type2.write(at, four(0, 0, 0, auth0)));
  chip.select();
  return chip;
}

describe("a new chip", () => {
  it.each([
    { kind: "NTAG213", version: "0004040201000f03", cc: "e1101200", pages: 45, user: "0103a00c340300fe" },
    { kind: "NTAG215", version: "0004040201001103", cc: "e1103e00", pages: 135, user: "0300fe0000000000" },
    { kind: "NTAG216", version: "0004040201001303", cc: "e1106d00", pages: 231, user: "0300fe0000000000" },
    { kind: "MF0UL11", version: "0004030101000b03", cc: "00000000", pages: 20, user: "0000000000000000" },
    { kind: "MF0UL21", version: "0004030101000e03", cc: "00000000", pages: 41, user: "0000000000000000" },
  ] as const)("$kind is as delivered", ({ kind, version, cc, pages, user }) => {
    const chip = new Type2Chip(kind, UID);
    expect(send(chip, "60")).toBe(version);
    expect(chip.dump().length).toBe(pages * 4);
    // BCC0 = 88 ^ UID0..2, BCC1 = UID3..6 (ISO/IEC 14443-3).
    expect(send(chip, "3000")).toBe(`04a1b29fc3d4e5f604480000${cc}`);
    expect(send(chip, "3a0405")).toBe(user);
    expect(page(chip, pages - 4)).toBe(kind.startsWith("NTAG") ? "040000ff" : "000000ff");
    expect(page(chip, pages - 3)).toBe("00050000");
    if (kind !== "MF0UL11") expect(page(chip, pages - 5)).toBe("000000bd");
    expect([page(chip, pages - 2), page(chip, pages - 1)]).toEqual(["00000000", "00000000"]);
    expect(hex(chip.execute(type2.passwordAuth(NEW_PASSWORD)))).toBe("0000");
  });

  it("gives the signature and the version it was made with", () => {
    const signature = Uint8Array.from({ length: 32 }, (_, i) => i);
    const version = bytes("0053040201000f03");
    const chip = new Type2Chip("NTAG213", UID, { signature, version });
    expect(chip.execute(type2.readSignature())).toEqual(signature);
    expect(chip.execute(type2.getVersion())).toEqual(version);
    expect(send(chip, "3c01")).toBe("nak");
  });

  it("refuses what no chip has", () => {
    expect(() => new Type2Chip("NTAG213", UID.subarray(0, 4))).toThrow(RangeError);
    expect(() => new Type2Chip("NTAG213", UID, { signature: four() })).toThrow(RangeError);
    expect(() => new Type2Chip("MF0UL21", UID, { counters: [0x1_00_00_00] })).toThrow(RangeError);
    expect(() => new Type2Chip("MF0UL21", UID, { counters: [-1] })).toThrow(RangeError);
  });
});

describe("reading", () => {
  it("READ goes on at page 0 behind the last page; FAST_READ refuses to", () => {
    const chip = new Type2Chip("MF0UL11", UID);
    expect(send(chip, "3012")).toBe(`0000000000000000${hex(chip.dump().subarray(0, 8))}`);
    expect(send(chip, "3a0013")).toBe(hex(chip.dump()));
    for (const beyond of ["3014", "3a0014", "3a0504", "3aff00"]) {
      chip.select();
      expect(send(chip, beyond), beyond).toBe("nak");
    }
  });

  it("PROT closes pages from AUTH0: READ wraps before it, FAST_READ into it is refused, and so it goes until the password", () => {
    const chip = guarded("NTAG213", 0x06, 0x80);
    expect(send(chip, "3004")).toBe(hex(chip.dump().subarray(16, 24)) + hex(chip.dump().subarray(0, 8)));
    expect(send(chip, "3a0405").length).toBe(16);
    expect(send(chip, "3a0406")).toBe("nak");
    chip.select();
    expect(send(chip, "3006")).toBe("nak");
    chip.select();
    expect(hex(chip.execute(type2.passwordAuth(PASSWORD)))).toBe("aabb");
    expect(send(chip, "3a042c").length).toBe(2 * 4 * 0x29);
    chip.select("reselect");
    expect(send(chip, "3006")).toBe("nak");
  });

  it("without PROT everything can be read", () => {
    expect(send(guarded("MF0UL21", 0x04, 0), "3a0028").length).toBe(2 * 41 * 4);
  });
});

describe("writing", () => {
  it("needs the password from AUTH0 on, and no password before it", () => {
    for (const kind of CHIPS) {
      const chip = guarded(kind, 0x08, 0);
      expect(chip.execute(type2.write(7, PASSWORD))).toEqual(ACK);
      expect(chip.execute(type2.write(8, PASSWORD)), kind).toBe("nak");
      chip.select();
      chip.execute(type2.passwordAuth(PASSWORD));
      expect(chip.execute(type2.write(8, PASSWORD))).toEqual(ACK);
      expect(page(chip, 8)).toBe("01020304");
    }
  });

  it("the UID, the pages behind the end and what is no whole command get a NAK", () => {
    for (const command of ["a20001020304", "a20101020304", "a21401020304", "a204010203", "a2040102030405", "04", ""]) {
      const chip = new Type2Chip("MF0UL11", UID);
      const before = chip.dump();
      expect(send(chip, command), command).toBe("nak");
      expect(chip.dump()).toEqual(before);
    }
  });

  it("COMPATIBILITY_WRITE takes the first four of sixteen bytes, and only right behind its first part", () => {
    const chip = new Type2Chip("NTAG213", UID);
    const sixteen = "01020304".padEnd(32, "f");
    expect(send(chip, "a005")).toBe("0a");
    expect(send(chip, sixteen)).toBe("0a");
    expect(hex(chip.dump().subarray(16, 28))).toBe("0103a00c0102030400000000");
    expect(send(chip, sixteen)).toBe("nak");
    chip.select();
    expect(send(chip, "a005")).toBe("0a");
    expect(send(chip, "3005")).toBe("nak");
    chip.select();
    expect(send(chip, "a001")).toBe("nak");
  });

  it("a NAK and HALT end the session: silence, and the password is forgotten", () => {
    for (const end of ["3aff00", "5000"]) {
      const chip = guarded("NTAG215", 0x04, 0);
      chip.execute(type2.passwordAuth(PASSWORD));
      expect(["nak", "silent"]).toContain(send(chip, end));
      expect(send(chip, "60")).toBe("silent");
      expect(hex(chip.execute(type2.passwordAuth(PASSWORD)))).toBe("silent");
      chip.select("reselect");
      expect(send(chip, "60")).toBe("0004040201001103");
      expect(send(chip, "a20501020304")).toBe("nak");
    }
  });
});

describe("AUTHLIM", () => {
  it("closes the chip for ever after that many wrong passwords in a row", () => {
    const chip = guarded("MF0UL21", 0x04, 0x03);
    const guess = (password: Uint8Array) => {
      chip.select();
      return hex(chip.execute(type2.passwordAuth(password)));
    };
    // A right one in between starts the count anew.
    for (let round = 0; round < 2; round += 1) {
      expect([guess(NEW_PASSWORD), guess(NEW_PASSWORD), guess(PASSWORD)]).toEqual(["nak", "nak", "aabb"]);
    }
    expect([guess(NEW_PASSWORD), guess(NEW_PASSWORD), guess(NEW_PASSWORD)]).toEqual(["nak", "nak", "nak"]);
    expect(guess(PASSWORD)).toBe("nak");
  });

  it("of 0 lets anybody guess on", () => {
    const chip = guarded("NTAG213", 0x04, 0);
    for (let i = 0; i < 20; i += 1) {
      chip.select();
      chip.execute(type2.passwordAuth(NEW_PASSWORD));
    }
    chip.select();
    expect(hex(chip.execute(type2.passwordAuth(PASSWORD)))).toBe("aabb");
  });
});

describe("counters", () => {
  it("NTAG21x counts the first read after each power-up, once enabled, and has counter 2 alone", () => {
    const chip = new Type2Chip("NTAG215", UID);
    expect(send(chip, "3902")).toBe("nak");
    chip.select();
    send(chip, "3004");
    chip.execute(type2.write(config(chip) + 1, four(0x10)));
    chip.select();
    expect(send(chip, "3902")).toBe("000000");
    send(chip, "a20401020304");
    expect(send(chip, "3902")).toBe("000000");
    send(chip, "3004");
    send(chip, "3a0405");
    expect(send(chip, "3902")).toBe("010000");
    chip.select("reselect");
    send(chip, "3a0405");
    expect(send(chip, "3902")).toBe("010000");
    for (const other of ["3900", "3901", "3903", "a50201000000", "3e02"]) {
      chip.select();
      expect(send(chip, other), other).toBe("nak");
    }
  });

  it("NFC_CNT_PWD_PROT hides it without the password, and it stays at its end", () => {
    const full = new Type2Chip("NTAG213", UID, { counters: [0, 0, 0xffffff] });
    full.execute(type2.write(config(full) + 1, four(0x18)));
    full.select();
    send(full, "3004");
    expect(send(full, "3902")).toBe("nak");
    full.select();
    full.execute(type2.passwordAuth(NEW_PASSWORD));
    expect(send(full, "3902")).toBe("ffffff");
  });

  it("EV1 has three, which anybody may read and push up, even with every page protected", () => {
    const chip = guarded("MF0UL11", 0x00, 0x80);
    expect(send(chip, "a50203020100")).toBe("0a");
    expect(chip.execute(type2.incrementCounter(2, 1))).toEqual(ACK);
    expect(chip.execute(type2.readCounter(2))).toEqual(Uint8Array.of(4, 2, 1));
    expect([chip.counter(0), chip.counter(1), chip.counter(2)]).toEqual([0, 0, 0x010204]);
    expect(chip.execute(type2.checkTearing(2))).toEqual(Uint8Array.of(0xbd));
    for (const other of ["3903", "a50301000000", "3e03"]) {
      chip.select();
      expect(send(chip, other), other).toBe("nak");
    }
  });

  it("an overflow is refused and changes nothing", () => {
    const chip = new Type2Chip("MF0UL21", UID, { counters: [5, 0, 0xfffffe] });
    expect(chip.execute(type2.incrementCounter(2, 1))).toEqual(ACK);
    expect(chip.execute(type2.incrementCounter(2, 1))).toBe("nak");
    expect([chip.counter(0), chip.counter(2)]).toEqual([5, 0xffffff]);
  });

  it("an increment that is cut leaves the old or the new value, and the flag, until one is whole", () => {
    for (const left of TORN_PAGES) {
      const chip = new Type2Chip("MF0UL21", UID, { counters: [0, 0, 6] });
      chip.tear(type2.incrementCounter(2, 2), left);
      expect(chip.counter(2), left).toBe(left === "new" || left === "mixed" ? 8 : 6);
      expect(send(chip, "3902")).toBe("silent");
      chip.select();
      expect([send(chip, "3e02"), send(chip, "3e01")]).toEqual(["00", "bd"]);
      expect([chip.wasTorn(2), chip.wasTorn(1)]).toEqual([true, false]);
      chip.execute(type2.incrementCounter(2, 0));
      expect(send(chip, "3e02")).toBe("bd");
    }
  });

  it("one that would not have happened cannot be cut", () => {
    const full = new Type2Chip("MF0UL21", UID, { counters: [0, 0, 0xffffff] });
    full.tear(type2.incrementCounter(2, 1), "new");
    const ntag = new Type2Chip("NTAG213", UID);
    ntag.tear(type2.incrementCounter(2, 1), "new");
    expect([full.counter(2), full.wasTorn(2), ntag.counter(2), ntag.wasTorn(2)]).toEqual([0xffffff, false, 0, false]);
  });
});

describe("what a holder can do", () => {
  it("restores user pages and nothing else", () => {
    const chip = guarded("MF0UL21", 0x04, 0x80);
    const old = chip.dump();
    chip.execute(type2.passwordAuth(PASSWORD));
    send(chip, "a20501020304");
    send(chip, "a20301000000");
    send(chip, "a20200002000");
    chip.execute(type2.incrementCounter(0, 1));
    chip.restore(old);
    expect(send(chip, "60")).toBe("silent");
    // Page 5 is locked by now; page 3, the lock bits and the counter cannot fall.
    expect([page(chip, 5), page(chip, 3), page(chip, 2)]).toEqual(["01020304", "01000000", "04482000"]);
    expect(chip.counter(0)).toBe(1);
    chip.select();
    expect(hex(chip.execute(type2.passwordAuth(PASSWORD)))).toBe("aabb");
    send(chip, "a20601020304");
    chip.restore(old);
    expect(page(chip, 6)).toBe("00000000");
  });

  it("a copy is the same chip from then on", () => {
    const chip = guarded("MF0UL21", 0x04, 0x02);
    chip.execute(type2.passwordAuth(NEW_PASSWORD));
    chip.select();
    chip.execute(type2.passwordAuth(PASSWORD));
    chip.tear(type2.write(6, PASSWORD), "weak");
    chip.select();
    chip.tear(type2.incrementCounter(1, 1), "new");
    const twin = chip.copy();
    expect([twin.dump(), twin.counter(1), twin.wasTorn(1)]).toEqual([chip.dump(), 1, true]);
    expect(send(twin, "60")).toBe("silent");
    twin.select();
    expect([send(twin, "3006"), send(twin, "3006")].map((four) => four.slice(0, 8))).toEqual(["01020304", "00000000"]);
    twin.execute(type2.passwordAuth(PASSWORD));
    send(twin, "a20701020304");
    expect([page(twin, 7), page(chip, 7)]).toEqual(["01020304", "00000000"]);
  });
});
