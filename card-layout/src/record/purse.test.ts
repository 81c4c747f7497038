import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PREPAID_CENTS_MAX, type Purse, packPurses, purseSize, unpackPurses } from "./purse.ts";

const index = fc.integer({ min: 0, max: 7 });
const u8 = fc.integer({ min: 0, max: 0xff });
const u24 = fc.integer({ min: 0, max: 0xffffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const purse: fc.Arbitrary<Purse> = fc.oneof(
  fc.record({ kind: fc.constant("stamps" as const), index, count: u8 }),
  fc.record({ kind: fc.constant("timed-stamps" as const), index, count: u8, last: u32 }),
  fc.record({ kind: fc.constant("cagnotte" as const), index, cents: u24 }),
  fc.record({
    kind: fc.constant("carrying-cagnotte" as const),
    index,
    cents: u24,
    remainder: fc.integer({ min: 0, max: 9_999 }),
  }),
  fc.record({ kind: fc.constant("prepaid" as const), index, cents: u24 }),
  fc.record({
    kind: fc.constant("dated-stamps" as const),
    index,
    days: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
  }),
);
const purses = fc.uniqueArray(purse, { maxLength: 12, selector: ({ kind, index }) => `${kind} ${index}` });

const sizeOf = (list: readonly Purse[]) => list.reduce((sum, { kind }) => sum + purseSize(kind), 0);

describe("purses", () => {
  it("reads what it packed, with whatever padding", () => {
    fc.assert(
      fc.property(purses, fc.integer({ min: 0, max: 9 }), (list, spare) => {
        const room = sizeOf(list) + spare;
        const packed = packPurses(list, room);
        expect(packed.length).toBe(room);
        expect(unpackPurses(packed)).toEqual({ ok: true, value: list });
      }),
    );
  });

  it("never throws on random bytes, and what it accepts it packs back unchanged", () => {
    const head = fc.constantFrom(0, 0x08, 0x10, 0x18, 0x20, 0x27, 0x28, 0x2f, 0x30);
    const random = fc.array(fc.oneof(head, u8), { maxLength: 40 });
    fc.assert(
      fc.property(random, (list) => {
        const bytes = Uint8Array.from(list);
        const unpacked = unpackPurses(bytes);
        if (unpacked.ok) expect(packPurses(unpacked.value, bytes.length)).toEqual(bytes);
        else expect(unpacked.fault.offset).toBeLessThan(bytes.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes the bytes its kinds say", () => {
    expect(purseSize("stamps")).toBe(2);
    expect(purseSize("timed-stamps")).toBe(6);
    expect(purseSize("cagnotte")).toBe(4);
    expect(purseSize("carrying-cagnotte")).toBe(6);
    expect(purseSize("prepaid")).toBe(4);
    expect(purseSize("dated-stamps")).toBe(17);
  });

  it.each([
    { what: "an unknown kind", bytes: [0x08, 1, 0xf8, 0], field: "kind", offset: 2 },
    { what: "kind 0 with an index", bytes: [0x01, 1], field: "kind", offset: 0 },
    { what: "a payload that is cut", bytes: [0x08, 1, 0x18, 0, 0], field: "purse", offset: 2 },
    { what: "a head without payload", bytes: [0x08, 1, 0x08 | 1], field: "purse", offset: 2 },
    { what: "a purse that stands twice", bytes: [0x08, 1, 0x18, 0, 0, 9, 0x08, 2], field: "purse", offset: 6 },
    { what: "dirty padding", bytes: [0x08, 1, 0, 0, 9], field: "padding", offset: 2 },
    {
      what: "a remainder of a whole cent",
      bytes: [0x08, 1, 0x20, 0, 0, 1, 0x27, 0x10],
      field: "carrying-cagnotte.remainder",
      offset: 6,
    },
  ])("refuses $what and names its offset", ({ bytes, field, offset }) => {
    expect(unpackPurses(Uint8Array.from(bytes))).toMatchObject({
      ok: false,
      fault: { record: "Purses", field, offset },
    });
  });

  it("reads purses of one kind apart by their index", () => {
    const unpacked = unpackPurses(Uint8Array.of(0x08, 1, 0x09, 2));
    expect(unpacked).toEqual({
      ok: true,
      value: [
        { kind: "stamps", index: 0, count: 1 },
        { kind: "stamps", index: 1, count: 2 },
      ],
    });
  });

  it("throws when a purse stands twice: no reader would take it back", () => {
    const twice = [1, 2].map((count) => ({ kind: "stamps" as const, index: 0, count }));
    expect(() => packPurses(twice, 7)).toThrow(RangeError);
  });

  it("throws when the purses need more room than there is", () => {
    fc.assert(
      fc.property(purses, (list) => {
        fc.pre(list.length > 0);
        expect(() => packPurses(list, sizeOf(list) - 1)).toThrow(RangeError);
      }),
    );
  });

  it.each([
    { kind: "stamps", index: 8, count: 0 },
    { kind: "stamps", index: -1, count: 0 },
    { kind: "stamps", index: 0.5, count: 0 },
    { kind: "stamps", index: 0, count: 256 },
    { kind: "cagnotte", index: 0, cents: -1 },
    { kind: "cagnotte", index: 0, cents: 0x1000000 },
    { kind: "carrying-cagnotte", index: 0, cents: 0, remainder: 10_000 },
    { kind: "prepaid", index: 0, cents: -1 },
    { kind: "prepaid", index: 0, cents: PREPAID_CENTS_MAX + 1 },
  ] as const)("throws on a value that does not fit: %o", (wrong) => {
    expect(() => packPurses([wrong], 39)).toThrow(RangeError);
  });
});
