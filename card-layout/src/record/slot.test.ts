import { describe, expect, it } from "vitest";
import { concat } from "./bytes.ts";
import { isCutWriteOf, readSlot, splitSlot } from "./slot.ts";
import { type CardState, packState } from "./state.ts";

const ROOM = 7;
const state: CardState = {
  layout: 1,
  generation: 2,
  programme: 0x0304,
  sequence: 0x050607,
  terminal: 0x2a2b,
  day: 9_557,
  predecessor: Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
  credit: 0x1112,
  purses: [
    { kind: "stamps", index: 0, count: 3 },
    { kind: "cagnotte", index: 0, cents: 0x010203 },
  ],
};
const sealed = packState(state, ROOM);
const mac = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const whole = concat(sealed, mac);
const PAGES = whole.length / 4;

/** The slot after a first write that reached `page`, which holds `torn`. */
function cutAt(page: number, torn: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(whole.length);
  bytes.set(whole.subarray(0, 4 * page));
  bytes.set(torn, 4 * page);
  return bytes;
}

describe("slot", () => {
  it("splits into record and MAC and tells what it claims to be", () => {
    expect(splitSlot(whole)).toEqual({ sealed, mac, generation: 2, programme: 0x0304, sequence: 0x050607 });
  });

  it("is blank only when every byte is zero, whatever the MAC", () => {
    expect(readSlot(new Uint8Array(32), false)).toEqual({ kind: "blank" });
    expect(readSlot(new Uint8Array(32), true)).toEqual({ kind: "blank" });
  });

  it("is valid with a right MAC", () => {
    expect(readSlot(whole, true)).toEqual({ kind: "valid", sealed, state });
  });

  it("is unfinished while its last page is blank, and invalid after that", () => {
    for (let page = 0; page < PAGES; page += 1) {
      const kind = page < PAGES - 1 ? "unfinished" : "invalid";
      expect(readSlot(cutAt(page, Uint8Array.of(0, 0, 0, 1)), false), `page ${page}`).toEqual({ kind });
    }
    expect(readSlot(whole, false)).toEqual({ kind: "invalid" });
  });

  it("is newer when the MAC is right around a record that cannot be read", () => {
    const later = whole.slice();
    later[0] = 3;
    expect(readSlot(later, true)).toBe("newer");
    const otherPurse = whole.slice();
    otherPurse[17] = 0xf8;
    expect(readSlot(otherPurse, true)).toBe("newer");
  });
});

describe("a cut write", () => {
  const TORN = [
    { name: "blank", page: () => new Uint8Array(4) },
    { name: "first byte written", page: (at: number) => Uint8Array.of(whole[at]!, 0, 0, 0) },
    { name: "first half written", page: (at: number) => Uint8Array.of(whole[at]!, whole[at + 1]!, 0, 0) },
    { name: "written", page: (at: number) => whole.slice(at, at + 4) },
    { name: "all ones", page: () => new Uint8Array(4).fill(0xff) },
    { name: "anything", page: () => Uint8Array.of(0x5a, 0, 0xa5, 1) },
  ];

  it("is recognised at every page and with every torn page", () => {
    for (let page = 0; page < PAGES; page += 1) {
      for (const torn of TORN) {
        expect(isCutWriteOf(cutAt(page, torn.page(4 * page)), [whole]), `page ${page}, ${torn.name}`).toBe(true);
      }
    }
  });

  it("is recognised when nothing or everything was written", () => {
    expect(isCutWriteOf(new Uint8Array(32), [whole])).toBe(true);
    expect(isCutWriteOf(whole, [whole])).toBe(true);
  });

  it("has nothing but blanks behind the torn page", () => {
    for (let page = 0; page < sealed.length / 4; page += 1) {
      for (let behind = 4 * (page + 1); behind < whole.length; behind += 1) {
        const bytes = cutAt(page, Uint8Array.of(0x5a, 0, 0xa5, 1));
        bytes[behind] = 1;
        expect(isCutWriteOf(bytes, [whole]), `page ${page}, byte ${behind}`).toBe(false);
      }
    }
  });

  it("is not found in a record that differs in more than one page: that was written by somebody else", () => {
    for (let first = 0; first < PAGES; first += 1) {
      for (let second = first + 1; second < PAGES; second += 1) {
        const other = whole.slice();
        for (const page of [first, second]) other[4 * page + 3] = other[4 * page + 3]! ^ 0x81;
        expect(isCutWriteOf(other, [whole]), `pages ${first} and ${second}`).toBe(false);
      }
    }
  });

  it("is recognised after two cut writes of two records, and not after three", () => {
    const second = whole.map((byte, at) => (at < 12 ? byte : byte ^ 0x3c));
    const mixed = whole.slice();
    mixed.set(second.subarray(0, 16));
    mixed.set(Uint8Array.of(1, 1, 1, 1), 16);
    mixed.set(Uint8Array.of(2, 2, 2, 2), 24);
    expect(isCutWriteOf(mixed, [whole, second])).toBe(true);
    expect(isCutWriteOf(mixed, [whole])).toBe(false);
    mixed.set(Uint8Array.of(3, 3, 3, 3), 28);
    expect(isCutWriteOf(mixed, [whole, second, second])).toBe(false);
  });

  it("is never found where nothing was being written, but for a blank slot", () => {
    expect(isCutWriteOf(whole, [])).toBe(false);
    expect(isCutWriteOf(new Uint8Array(32), [])).toBe(true);
  });
});
