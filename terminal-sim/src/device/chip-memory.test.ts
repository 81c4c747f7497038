import { type Chip, type2 } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { CHIP_MODELS } from "./chip-model.ts";
import { TORN_PAGES } from "./mishap.ts";
import { Type2Chip } from "./type2-chip.ts";

const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
const CHIPS = ["NTAG213", "NTAG215", "NTAG216", "MF0UL11", "MF0UL21"] as const satisfies readonly Chip[];
const ACK = Uint8Array.of(0x0a);
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

describe("lock bits", () => {
  it("page 3 only gains bits", () => {
    const chip = new Type2Chip("MF0UL21", UID);
    send(chip, "a20301000080");
    send(chip, "a20300020000");
    expect(page(chip, 3)).toBe("01020080");
  });

  it("of page 2 only bytes 2 and 3 gain bits, which lock at the next selection", () => {
    const chip = new Type2Chip("NTAG213", UID);
    // L4 and L15.
    expect(send(chip, "a202ffff1080")).toBe("0a");
    expect(page(chip, 2)).toBe("04481080");
    expect(send(chip, "a20401020304")).toBe("0a");
    chip.select("reselect");
    expect(send(chip, "a20f01020304")).toBe("nak");
    chip.select();
    expect(send(chip, "a20401020305")).toBe("nak");
    chip.select();
    expect(send(chip, "a004")).toBe("nak");
    chip.select();
    expect(send(chip, "a20501020304")).toBe("0a");
    expect(send(chip, "a20200000000")).toBe("0a");
    expect(page(chip, 2)).toBe("04481080");
  });

  it("each static bit locks its own page", () => {
    for (let at = 3; at < 16; at += 1) {
      const chip = new Type2Chip("MF0UL21", UID);
      chip.execute(type2.write(2, Uint8Array.of(0, 0, (1 << at) & 0xff, (1 << at) >> 8)));
      for (let other = 3; other < 20; other += 1) {
        chip.select();
        expect(chip.execute(type2.write(other, PASSWORD)), `${at}, ${other}`).toEqual(other === at ? "nak" : ACK);
      }
    }
  });

  it.each([
    { blocks: "01", frozen: 0x0008 },
    { blocks: "02", frozen: 0x03f0 },
    { blocks: "04", frozen: 0xfc00 },
  ])("block-locking bits $blocks freeze their lock bits, once selected anew", ({ blocks, frozen }) => {
    const chip = new Type2Chip("NTAG215", UID);
    send(chip, `a2020000${blocks}00`);
    chip.select();
    expect(send(chip, "a2020000f8ff")).toBe("0a");
    const four = chip.dump().subarray(8, 12);
    expect((four[2]! & 0xf8) | (four[3]! << 8)).toBe(0xfff8 & ~frozen);
  });

  it.each([
    { kind: "NTAG213", at: 0x28, grain: 2, last: 0x27 },
    { kind: "NTAG215", at: 0x82, grain: 16, last: 0x81 },
    { kind: "NTAG216", at: 0xe2, grain: 16, last: 0xe1 },
    { kind: "MF0UL21", at: 0x24, grain: 2, last: 0x23 },
  ] as const)("$kind: each dynamic bit locks $grain pages from 10h on", ({ kind, at, grain, last }) => {
    const bits = Math.ceil((last - 15) / grain);
    for (let bit = 0; bit < 16; bit += 1) {
      const chip = new Type2Chip(kind, UID);
      chip.execute(type2.write(at, Uint8Array.of((1 << bit) & 0xff, (1 << bit) >> 8, 0, 0)));
      expect(page(chip, at).slice(6)).toBe("bd");
      // Bits beyond the last user page are reserved and stay clear.
      if (bit >= bits) expect(page(chip, at)).toBe("000000bd");
      const locked: number[] = [];
      for (let other = 4; other <= last; other += 1) {
        chip.select();
        if (chip.execute(type2.write(other, PASSWORD)) === "nak") locked.push(other);
      }
      const first = 16 + bit * grain;
      const expected = Array.from({ length: grain }, (_, i) => first + i).filter((one) => one <= last);
      expect(locked, `bit ${bit}`).toEqual(bit < bits ? expected : []);
    }
  });

  it("a dynamic block-locking bit freezes two lock bits, and locks for ever", () => {
    const chip = new Type2Chip("NTAG213", UID);
    send(chip, "a22801000200");
    expect(send(chip, "a21001020304")).toBe("0a");
    chip.select();
    send(chip, "a228ffff0000");
    expect(page(chip, 0x28)).toBe("f30f02bd");
    chip.select();
    expect(send(chip, "a21001020304")).toBe("nak");
  });

  it("CFGLCK closes CFG0 and CFG1 from the next power-up on, never PWD and PACK", () => {
    for (const kind of CHIPS) {
      const chip = new Type2Chip(kind, UID);
      const at = config(chip);
      chip.execute(type2.write(at + 1, four(0x40)));
      chip.select("reselect");
      expect(chip.execute(type2.write(at + 1, four(0x40, 5))), kind).toEqual(ACK);
      for (const locked of [at, at + 1]) {
        chip.select();
        expect(chip.execute(type2.write(locked, four())), kind).toBe("nak");
      }
      chip.select();
      expect(chip.execute(type2.write(at + 2, PASSWORD))).toEqual(ACK);
      expect(chip.execute(type2.write(at + 3, PASSWORD))).toEqual(ACK);
      expect(hex(chip.execute(type2.passwordAuth(PASSWORD)))).toBe("0102");
    }
  });
});

describe("a write that is cut", () => {
  const torn = (left: (typeof TORN_PAGES)[number], compatible = false) => {
    const chip = new Type2Chip("NTAG215", UID);
    send(chip, "a208ffff0000");
    if (compatible) send(chip, "a008");
    chip.tear(bytes(compatible ? "0f0f0f0f".padEnd(32, "0") : "a2080f0f0f0f"), left);
    chip.select();
    return chip;
  };

  it.each([false, true])("leaves its page old, new, erased or mixed (compatibility write: %s)", (compatible) => {
    const after = Object.fromEntries(TORN_PAGES.map((left) => [left, page(torn(left, compatible), 8)]));
    expect(after).toMatchObject({ old: "ffff0000", new: "0f0f0f0f", zero: "00000000", mixed: "5f5f0505" });
  });

  it("leaves weak bits that read now so, now so, until they are written again", () => {
    const chip = torn("weak");
    const reads = Array.from({ length: 4 }, () => send(chip, "3a0808"));
    expect(reads).toEqual(["0f0f0f0f", "ffff0000", "0f0f0f0f", "ffff0000"]);
    // A look from outside does not move them, and neither does power.
    expect([page(chip, 8), page(chip, 8)]).toEqual(["0f0f0f0f", "0f0f0f0f"]);
    chip.select();
    expect([send(chip, "3008").slice(0, 8), send(chip, "3008").slice(0, 8)]).toEqual(["0f0f0f0f", "ffff0000"]);
    send(chip, "a208ffff0000");
    expect([send(chip, "3a0808"), send(chip, "3a0808")]).toEqual(["ffff0000", "ffff0000"]);
  });

  it("does not touch a page that could not have been written", () => {
    for (const left of TORN_PAGES) {
      const shut = guarded("NTAG215", 0x04, 0);
      const before = shut.dump();
      shut.tear(bytes("a2080f0f0f0f"), left);
      const locked = new Type2Chip("NTAG213", UID);
      send(locked, "a20200000001");
      locked.select();
      const locks = locked.dump();
      locked.tear(bytes("a2080f0f0f0f"), left);
      expect([shut.dump(), locked.dump()], left).toEqual([before, locks]);
      const silent = new Type2Chip("NTAG213", UID);
      send(silent, "5000");
      silent.tear(bytes("a2080f0f0f0f"), left);
      expect(page(silent, 8)).toBe("00000000");
    }
  });

  it("leaves pages 2 and 3 and the dynamic lock page old or new", () => {
    for (const left of TORN_PAGES) {
      const done = left === "new" || left === "mixed";
      for (const [at, old, fresh] of [
        [2, "04480000", "04481111"],
        [3, "00000000", "11111111"],
        [0x24, "000000bd", "111111bd"],
      ] as const) {
        const chip = new Type2Chip("MF0UL21", UID);
        chip.tear(type2.write(at, Uint8Array.of(0x11, 0x11, 0x11, 0x11)), left);
        const fitting = at === 0x24 ? "110111bd" : fresh;
        expect(page(chip, at), `${left}, page ${at}`).toBe(done ? fitting : old);
      }
    }
  });

  it("may hit PWD and CFG0 like any page", () => {
    const chip = new Type2Chip("MF0UL11", UID);
    chip.tear(type2.write(0x12, PASSWORD), "zero");
    chip.select();
    expect(chip.execute(type2.passwordAuth(four()))).toEqual(Uint8Array.of(0, 0));
    chip.tear(type2.write(0x10, four(0, 0, 0, 0xff)), "zero");
    chip.select();
    // AUTH0 is 0 now: nobody writes without the password, which is known.
    expect(send(chip, "a20401020304")).toBe("nak");
  });
});
