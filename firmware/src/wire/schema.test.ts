import { describe, expect, it } from "vitest";
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts";
import {
  bstr,
  bstrUpTo,
  type Codec,
  FormatFault,
  integer,
  key,
  list,
  map,
  maybe,
  orZero,
  printable,
  text,
  uint,
  word,
} from "./schema.ts";

const Colour = word({ red: 1, green: 2 });
const Line = map({ amount: key(1, uint(1_000)), category: maybe(2, text(5)) });
const Sale = map({
  lines: key(1, list(Line, 2)),
  colour: key(2, Colour),
  uid: key(3, bstrUpTo(4)),
  mac: key(4, bstr(2)),
  offset: maybe(5, integer({ min: -10, max: 10 })),
});
const right: readonly (readonly [number, Cbor])[] = [
  [1, [new Map([[1, 5]])]],
  [2, 1],
  [3, Uint8Array.of(9)],
  [4, Uint8Array.of(1, 2)],
];

/** A right sale with one more or one other field. */
const saleWith = (field: number | string, value: Cbor) => new Map<number | string, Cbor>([...right, [field, value]]);
const saleWithout = (field: number) => new Map(right.filter(([number]) => number !== field));

function faultOf(codec: Codec<unknown>, item: Cbor): { readonly path: string; readonly message: string } {
  try {
    codec.decode(item, "sale");
  } catch (error) {
    if (error instanceof FormatFault) return { path: error.path, message: error.message };
    throw error;
  }
  throw new Error("the item was accepted");
}

describe("a format", () => {
  it("reads what it writes, with and without the optional fields", () => {
    for (const more of [{}, { offset: -10 }]) {
      const sale = {
        lines: [{ amount: 5 }, { amount: 1_000, category: "pains" }],
        colour: "green" as const,
        uid: new Uint8Array(),
        mac: Uint8Array.of(1, 2),
        ...more,
      };
      expect(Sale.decode(decodeCbor(encodeCbor(Sale.encode(sale))), "sale")).toEqual(sale);
    }
  });

  it.each([
    ["a missing field", saleWithout(2), "sale.colour", "missing"],
    ["a missing field of a line", saleWith(1, [new Map()]), "sale.lines[0].amount", "missing"],
    ["an unknown key", saleWith(6, 0), "sale", "has a key that the format does not know"],
    ["an unknown key of text", saleWith("1", 0), "sale", "has a key that the format does not know"],
    ["a list where a map belongs", [1, 2], "sale", "not a map"],
    ["a map where a list belongs", saleWith(1, new Map()), "sale.lines", "not a list of at most 2"],
    ["a list that is too long", saleWith(1, [1, 2, 3]), "sale.lines", "not a list of at most 2"],
    ["a number in a list of lines", saleWith(1, [new Map([[1, 1]]), 7]), "sale.lines[1]", "not a map"],
    [
      "a number that is too large",
      saleWith(1, [new Map([[1, 1_001]])]),
      "sale.lines[0].amount",
      "not an integer 0 to 1000",
    ],
    ["a negative number", saleWith(1, [new Map([[1, -1]])]), "sale.lines[0].amount", "not an integer 0 to 1000"],
    ["a text for a number", saleWith(5, "1"), "sale.offset", "not an integer -10 to 10"],
    ["null for an optional number", saleWith(5, null), "sale.offset", "not an integer -10 to 10"],
    [
      "a text that is too long",
      saleWith(1, [
        new Map<number, Cbor>([
          [1, 1],
          [2, "croûte"],
        ]),
      ]),
      "sale.lines[0].category",
      "not text of at most 5 characters",
    ],
    ["a word that nobody knows", saleWith(2, 3), "sale.colour", "unknown word 3"],
    ["a word that is spelt out", saleWith(2, "red"), "sale.colour", "unknown word red"],
    ["text for bytes", saleWith(3, "9"), "sale.uid", "not at most 4 bytes"],
    ["too many bytes", saleWith(3, new Uint8Array(5)), "sale.uid", "not at most 4 bytes"],
    ["too few bytes", saleWith(4, new Uint8Array(1)), "sale.mac", "not 2 bytes"],
  ])("refuses %s and says where", (_, item, path, problem) => {
    expect(faultOf(Sale, item)).toEqual({ path, message: `${path}: ${problem}` });
  });

  it("does not write a value that it would not read", () => {
    const sale = { lines: [], colour: "red" as const, uid: new Uint8Array(), mac: new Uint8Array(2) };
    expect(() => Sale.encode({ ...sale, lines: [{ amount: 1_001 }] })).toThrow(RangeError);
    expect(() => Sale.encode({ ...sale, uid: new Uint8Array(5) })).toThrow(RangeError);
    expect(() => Sale.encode({ ...sale, mac: new Uint8Array(3) })).toThrow(RangeError);
    expect(() => Sale.encode({ ...sale, offset: 11 })).toThrow(RangeError);
    expect(() => Sale.encode({ lines: [] } as unknown as typeof sale)).toThrow("field colour is missing");
  });
});

describe("text that people read", () => {
  it("has 1 to so many characters, and no control character", () => {
    const name = printable(6);
    for (const fine of ["Martin", "Zoé", " ", "≤ 5 €", "a\u00a0b"]) {
      expect(name.decode(fine, "name")).toBe(fine);
      expect(name.encode(fine)).toBe(fine);
    }
    for (const wrong of ["", "Martine", "a\nb", "\u0000", "\u001b[2J", "\u007f", "\u009b", 5, null]) {
      expect(() => name.decode(wrong, "name")).toThrow(FormatFault);
      expect(() => name.encode(wrong as string)).toThrow(RangeError);
    }
  });
});

describe("a number that a format gained", () => {
  const Old = map({ paid: key(1, uint()) });
  const New = map({ paid: key(1, uint()), toppedUp: orZero(2, uint(500)) });

  it("leaves the bytes as they were where it is zero, and reads old bytes as zero", () => {
    const old = encodeCbor(Old.encode({ paid: 7 }));
    expect(encodeCbor(New.encode({ paid: 7, toppedUp: 0 }))).toEqual(old);
    expect(New.decode(decodeCbor(old), "sums")).toEqual({ paid: 7, toppedUp: 0 });
  });

  it("is written where it is not zero", () => {
    const sums = { paid: 7, toppedUp: 500 };
    expect(New.encode(sums)).toEqual(new Map([[1, 7]]).set(2, 500));
    expect(New.decode(decodeCbor(encodeCbor(New.encode(sums))), "sums")).toEqual(sums);
  });

  it("has one encoding: a zero that is written is refused, as is a value out of range", () => {
    const item = (toppedUp: Cbor) => new Map<number, Cbor>([[1, 7]]).set(2, toppedUp);
    expect(faultOf(New, item(0))).toEqual({
      path: "sale.toppedUp",
      message: "sale.toppedUp: 0 is left out, not written",
    });
    expect(faultOf(New, item(501)).path).toBe("sale.toppedUp");
    expect(() => New.encode({ paid: 7, toppedUp: 501 })).toThrow(RangeError);
    expect(() => New.encode({ paid: 7 } as never)).toThrow("field toppedUp is missing");
  });
});
