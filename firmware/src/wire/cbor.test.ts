import { fromHex, toHex } from "@cachet/card-layout";
import { Encoder, Tag } from "cbor-x";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cbor, CborFault, decodeCbor, decodeCborItem, encodeCbor } from "./cbor.ts";

/** RFC 8949, Appendix A: the examples within the part of CBOR that we write. */
const EXAMPLES: readonly (readonly [hex: string, value: Cbor])[] = [
  ["00", 0],
  ["01", 1],
  ["0a", 10],
  ["17", 23],
  ["1818", 24],
  ["1819", 25],
  ["1864", 100],
  ["1903e8", 1_000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["20", -1],
  ["29", -10],
  ["3863", -100],
  ["3903e7", -1_000],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["c074323031332d30332d32315432303a30343a30305a", { tag: 0, value: "2013-03-21T20:04:00Z" }],
  ["c11a514b67b0", { tag: 1, value: 1_363_896_240 }],
  ["d74401020304", { tag: 23, value: Uint8Array.of(1, 2, 3, 4) }],
  ["d818456449455446", { tag: 24, value: fromHex("6449455446") }],
  ["d82076687474703a2f2f7777772e6578616d706c652e636f6d", { tag: 32, value: "http://www.example.com" }],
  ["40", new Uint8Array()],
  ["4401020304", Uint8Array.of(1, 2, 3, 4)],
  ["60", ""],
  ["6161", "a"],
  ["6449455446", "IETF"],
  ["62225c", '"\\'],
  ["62c3bc", "ü"],
  ["63e6b0b4", "水"],
  ["64f0908591", "\u{10151}"],
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["98190102030405060708090a0b0c0d0e0f101112131415161718181819", Array.from({ length: 25 }, (_, i) => i + 1)],
  ["a0", new Map()],
  [
    "a201020304",
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    "a26161016162820203",
    new Map<string, Cbor>([
      ["a", 1],
      ["b", [2, 3]],
    ]),
  ],
  ["826161a161626163", ["a", new Map([["b", "c"]])]],
  ["a56161614161626142616361436164614461656145", new Map(Array.from("abcde", (key) => [key, key.toUpperCase()]))],
  // Not in the appendix: the last number of each size of head and the first of the next.
  ["18ff", 0xff],
  ["190100", 0x100],
  ["19ffff", 0xffff],
  ["1a00010000", 0x1_0000],
  ["1affffffff", 0xffff_ffff],
  ["1b0000000100000000", 0x1_0000_0000],
  ["37", -24],
  ["3818", -25],
  ["3affffffff", -0x1_0000_0000],
  ["3b0000000100000000", -0x1_0000_0001],
  // Nor these: the largest numbers on either side, and keys of both signs and of text in their order.
  ["1b001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ["3b001ffffffffffffe", Number.MIN_SAFE_INTEGER],
  [
    "a4010018180220036004",
    new Map<number | string, Cbor>([
      ["", 4],
      [-1, 3],
      [24, 2],
      [1, 0],
    ]),
  ],
];

/** Where reading stopped with a fault; null where the bytes were read. Any other error goes on. */
function faultAt(bytes: Uint8Array): number | null {
  try {
    decodeCbor(bytes);
    return null;
  } catch (error) {
    if (error instanceof CborFault) return error.offset;
    throw error;
  }
}

describe("CBOR", () => {
  it.each(EXAMPLES)("writes and reads %s", (hex, value) => {
    expect(toHex(encodeCbor(value))).toBe(hex);
    expect(decodeCbor(fromHex(hex))).toEqual(value);
  });

  it.each([
    ["18446744073709551615", "1bffffffffffffffff", 0],
    ["2^53", "1b0020000000000000", 0],
    ["-18446744073709551616", "3bffffffffffffffff", 0],
    ["-2^53 - 1", "3b0020000000000000", 0],
    ["2^53 as a tag", "82 00 db0020000000000000 00", 2],
    ["2^53 as a length", "82 00 5b0020000000000000", 2],
    ["0.0", "f90000", 0],
    ["1.1", "fb3ff199999999999a", 0],
    ["100000.0", "fa47c35000", 0],
    ["NaN in a list", "81f97e00", 1],
    ["a time with a fraction", "c1fb41d452d9e5200000", 1],
    ["undefined", "f7", 0],
    ["simple value 16", "f0", 0],
    ["simple value 255", "f8ff", 0],
    ["true in two bytes", "f815", 0],
    ["a break on its own", "8201ff", 2],
    ["bytes of indefinite length", "5f42010243030405ff", 0],
    ["text of indefinite length", "7f657374726561646d696e67ff", 0],
    ["a list of indefinite length", "829f01ff00", 1],
    ["a map of indefinite length", "bf61610161629f0203ffff", 0],
    ["a reserved length", "821c", 1],
    ["23 in two bytes", "811817", 1],
    ["255 in three bytes", "811900ff", 1],
    ["65535 in five bytes", "811a0000ffff", 1],
    ["2^32 - 1 in nine bytes", "811b00000000ffffffff", 1],
    ["-24 in two bytes", "813817", 1],
    ["a length in two bytes", "81580100", 1],
    ["a tag in two bytes", "81d81100", 1],
    ["integer keys out of order", "a203040102", 3],
    ["text before an integer key", "a2616101 0102", 4],
    ["a long text key before a short one", "a262616101616202", 5],
    ["a key twice", "a201020103", 3],
    ["a text key twice", "a2616101616102", 4],
    ["a key of bytes", "a1410100", 1],
    ["a key of a list", "a18000", 1],
    ["a key of true", "a1f500", 1],
    ["a byte that UTF-8 never has", "8161ff", 1],
    ["an overlong slash", "62c0af", 0],
    ["a surrogate in UTF-8", "63eda080", 0],
    ["a character cut off", "8261c361a9", 1],
    ["a byte after the item", "0000", 1],
    ["an item after the item", "83010203 f6", 4],
    ["nothing at all", "", 0],
    ["bytes that end too early", "8142ff", 2],
    ["a list longer than the file", "9affffffff00", 6],
    ["a map longer than the file", "baffffffff0000", 7],
  ])("refuses %s", (_, hex, offset) => {
    expect(faultAt(fromHex(hex.replaceAll(" ", "")))).toBe(offset);
  });

  it("reads 16 levels and refuses the 17th", () => {
    for (const [opening, stop] of [
      ["81", 17],
      ["a100", 33],
      ["c6", 17],
    ] as const) {
      const nested = (levels: number) => fromHex(`${opening.repeat(levels)}00`);
      expect(faultAt(nested(16))).toBeNull();
      expect(faultAt(nested(17))).toBe(stop);
    }
    expect(faultAt(new Uint8Array(1_000_000).fill(0x81))).toBe(17);
  });

  it("refuses an item that is cut off anywhere", () => {
    const whole = encodeCbor([
      1,
      1_000,
      -1e12,
      "réduit",
      new Uint8Array(300),
      new Map([[1, true]]),
      { tag: 18, value: null },
    ]);
    for (let length = 0; length < whole.length; length += 1) {
      expect(faultAt(whole.subarray(0, length)), `cut to ${length}`).toBeLessThanOrEqual(length);
    }
  });

  it("reads items one after another", () => {
    const sequence = fromHex("01820203f6");
    expect(decodeCborItem(sequence, 0)).toEqual({ value: 1, end: 1 });
    expect(decodeCborItem(sequence, 1)).toEqual({ value: [2, 3], end: 4 });
    expect(decodeCborItem(sequence, 4)).toEqual({ value: null, end: 5 });
    expect(() => decodeCborItem(sequence, 5)).toThrow(CborFault);
  });

  it("gives bytes that do not change with the file they came from", () => {
    const file = fromHex("4401020304");
    const read = decodeCbor(file);
    file.fill(0);
    expect(read).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it.each([0.5, 2 ** 53, -(2 ** 53), Number.NaN, Number.POSITIVE_INFINITY, "\ud800"])("does not write %s", (value) => {
    expect(() => encodeCbor(value)).toThrow(RangeError);
    expect(() => encodeCbor(new Map([[1, [value]]]))).toThrow(RangeError);
  });

  it("names the offset in its message", () => {
    expect(() => decodeCbor(fromHex("8161ff"))).toThrow("text is not UTF-8 at byte 1");
  });
});

const anyText = fc.string({ unit: "binary", maxLength: 40 });
const anyInteger = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }));
const anyValue = fc
  .letrec<{ value: Cbor }>((tie) => ({
    value: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      anyInteger,
      anyText,
      fc.uint8Array({ maxLength: 40 }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 5 }),
      fc
        .array(fc.tuple(fc.oneof(anyInteger, anyText), tie("value")), { maxLength: 5 })
        .map((pairs) => new Map(pairs.map(([key, value]) => [Object.is(key, -0) ? 0 : key, value]))),
      fc.record({ tag: fc.constantFrom(1_000, 65_000, 9_999_999), value: tie("value") }, { noNullPrototype: true }),
    ),
  }))
  .value.filter((value) => depthOf(value) <= 16);

function depthOf(value: unknown): number {
  if (value instanceof Map) return 1 + Math.max(0, ...[...value.values()].map(depthOf));
  if (Array.isArray(value)) return 1 + Math.max(0, ...value.map(depthOf));
  return value !== null && typeof value === "object" && "value" in value ? 1 + depthOf(value.value) : 0;
}

/** What cbor-x read, in our terms: it gives large integers as bigint and byte strings as Buffer. */
function inOurTerms(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(inOurTerms);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [inOurTerms(key), inOurTerms(item)]));
  if (value instanceof Tag) {
    const { tag, value: inner } = value as unknown as { tag: number; value: unknown };
    return { tag, value: inOurTerms(inner) };
  }
  return value;
}

describe("CBOR of any value", () => {
  const other = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decodeCbor(encodeCbor(value))).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same value for another decoder", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(inOurTerms(other.decode(encodeCbor(value)))).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it("does not depend on the order in which a map was filled", () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.oneof(fc.integer(), anyText), fc.nat()), { selector: ([key]) => key });
    fc.assert(
      fc.property(pairs, (given) => {
        expect(encodeCbor(new Map(given.toReversed()))).toEqual(encodeCbor(new Map(given)));
      }),
    );
  });

  it("has one form only: bytes that can be read are the bytes that would be written", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([value, at, bits]) => {
        const flipped = encodeCbor(value);
        flipped[at % flipped.length]! ^= bits;
        return flipped;
      }),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        if (faultAt(given) === null) expect(encodeCbor(decodeCbor(given))).toEqual(given);
      }),
      { numRuns: 2_000 },
    );
  });
});
