import { readFileSync } from "node:fs";
import { fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts";
import { CREDIT_BYTES_MAX, type Credit, decodeCredit, encodeCredit } from "./credit.ts";

const BYTE_FIELDS = new Set(["state", "purses"]);
const { credits } = JSON.parse(
  readFileSync(new URL("../../vectors/credit-1.json", import.meta.url), "utf8"),
  (key, value) => (BYTE_FIELDS.has(key) ? fromHex(value as string) : value),
) as { readonly credits: readonly { readonly name: string; readonly credit: Credit; readonly bytes: string }[] };

const bytesOf = (name: string) => fromHex(credits.find((vector) => vector.name === name)!.bytes);
/** A golden credit with keys changed; undefined takes one out. */
function changed(name: string, over: Readonly<Record<number, Cbor | undefined>>): Uint8Array {
  const item = new Map(decodeCbor(bytesOf(name)) as ReadonlyMap<number, Cbor>);
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) item.delete(Number(key));
    else item.set(Number(key), value);
  }
  return encodeCbor(item);
}

/** An amount with one lot, of points unless another purse is named. */
const lotted = (value: number, lot: number, purse = 6) =>
  new Map<number, Cbor>([
    [1, purse],
    [2, 0],
    [3, value],
    [
      4,
      [
        new Map([
          [1, lot],
          [2, 9_900],
          [3, 9_535],
        ]),
      ],
    ],
  ]);
const given = (value: number, units: number) =>
  new Map<number, Cbor>([
    [1, 8],
    [2, 0],
    [3, value],
    [5, units],
  ]);

describe("a credit", () => {
  it.each(credits.map((vector) => [vector.name, vector] as const))("%s: golden bytes", (_, { credit, bytes }) => {
    expect(toHex(encodeCredit(credit))).toBe(bytes);
    expect(decodeCredit(fromHex(bytes))).toEqual(credit);
  });

  it("has golden bytes for every kind", () => {
    expect(new Set(credits.map(({ credit }) => credit.kind))).toEqual(new Set(["void", "add", "adopt", "restore"]));
  });

  it.each([
    ["of a later version", changed("void", { 1: 2 })],
    ["without a version", changed("void", { 1: undefined })],
    ["of a kind to come", changed("void", { 2: 5 })],
    ["without a kind", changed("void", { 2: undefined })],
    ["with a key of another kind", changed("void", { 5: "x" })],
    ["with a key that nobody knows", changed("adopt", { 13: 1 })],
    ["that adds nothing", changed("an amount for a cagnotte", { 3: [] })],
    ["without a label", changed("an amount for a cagnotte", { 5: undefined })],
    [
      "that adds to a purse that is none",
      changed("an amount for a cagnotte", {
        3: [
          new Map<number, Cbor>([
            [1, 2],
            [2, 0],
            [3, 5],
          ]),
        ],
      }),
    ],
    [
      "whose lots do not come to its value",
      changed("points with their days, from another card", { 3: [lotted(500, 499)] }),
    ],
    [
      "with lots of what keeps none",
      changed("points with their days, from another card", { 3: [lotted(500, 500, 5)] }),
    ],
    ["that gives more units than there are", changed("units, one of them given", { 3: [given(11, 12)] })],
    ["whose state hash is short", changed("adopt", { 7: new Uint8Array(31) })],
    ["that restores without an area", changed("restore on a chip with a counter", { 10: undefined })],
    ["that is a list", encodeCbor([1, 1])],
    ["of no bytes", new Uint8Array()],
  ])("is not read %s", (_, bytes) => {
    expect(decodeCredit(bytes)).toBeNull();
  });

  it("is refused or another credit when its bytes change or end, and nothing is ever thrown", () => {
    const bytes = bytesOf("cents and stamps until a day, paid by a sponsor");
    for (let length = 0; length < bytes.length; length += 1) expect(decodeCredit(bytes.subarray(0, length))).toBeNull();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const other = bytes.slice();
        other[at]! ^= bits;
        const credit = decodeCredit(other);
        if (credit !== null) expect(encodeCredit(credit)).toEqual(other);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is not written where it adds nothing, or takes more room than a list has", () => {
    const amount = { purse: "cagnotte", index: 0, value: 16_777_215 } as const;
    expect(() => encodeCredit({ kind: "add", label: "", amounts: [] })).toThrow(RangeError);
    const longest = { kind: "add", label: "é".repeat(60), amounts: Array.from({ length: 8 }, () => amount) } as const;
    expect(() => encodeCredit(longest)).toThrow(RangeError);
    expect(encodeCredit({ ...longest, label: "e".repeat(60) }).length).toBeLessThanOrEqual(CREDIT_BYTES_MAX);
    expect(() => encodeCredit({ ...longest, label: "", amounts: [{ ...amount, value: 0 }] })).toThrow(RangeError);
  });
});
