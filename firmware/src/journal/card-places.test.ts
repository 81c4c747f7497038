import { concat } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CardPlaces, recordOf } from "./card-places.ts";

const CARD_MAX = Number.MAX_SAFE_INTEGER;

describe("places of cards among bytes", () => {
  it("are found, removed and passed in their order, as in a map", () => {
    // Many numbers of one slot stand among them: what was removed may lie before what is looked for.
    const card = fc.oneof(
      fc.nat(40),
      fc.maxSafeNat(),
      fc.nat(9).map((i) => i * 0x1_0000_0000),
      fc.constant(CARD_MAX),
    );
    const one = fc.tuple(card, fc.uint8Array({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: ([of]) => of, maxLength: 40 }), fc.array(card), (cards, gone) => {
        const records = new Map(cards.map(([of, content]) => [of, recordOf(of, content)]));
        const bytes = concat(...records.values());
        const places = new CardPlaces(bytes);
        for (const of of [...gone, ...gone]) {
          places.remove(of);
          records.delete(of);
          expect(places.size).toBe(records.size);
        }
        const left = [...places.left()].map(({ card: of, at, end }) => [of, bytes.slice(at, end)]);
        expect(left).toEqual([...records]);
        for (const of of [...gone, ...cards.map(([known]) => known)])
          expect(places.record(of)).toEqual(records.get(of) ?? null);
      }),
      { numRuns: 500 },
    );
  });

  it("are refused where a record is cut off, or a card stands there twice", () => {
    const record = recordOf(7, Uint8Array.of(1, 2));
    expect(() => new CardPlaces(record.subarray(0, 5))).toThrow(RangeError);
    expect(() => new CardPlaces(record.subarray(0, 13))).toThrow("not whole");
    expect(() => new CardPlaces(concat(record, record))).toThrow("twice");
  });
});
