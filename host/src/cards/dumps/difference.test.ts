import { describe, expect, it } from "vitest";
import { dumpDifference } from "./difference.ts";
import type { ClassicDump, Type2Dump } from "./dump.ts";

const page = (value: number) => new Uint8Array(4).fill(value);
const dump: Type2Dump = {
  family: "type2",
  chip: "MF0UL11",
  uid: new Uint8Array(7).fill(4),
  version: null,
  signature: null,
  counters: [{ value: 1, tearing: 0xbd }, null, { value: 2, tearing: 0xbd }],
  pages: Array.from({ length: 20 }, (_, i) => page(i)),
};
const changed = (changes: Readonly<Record<number, Uint8Array | null>>): Type2Dump => ({
  ...dump,
  pages: dump.pages.map((old, i) => (i in changes ? changes[i]! : old)),
});
const block = (fill: number, unknown = 0) => ({ bytes: new Uint8Array(16).fill(fill), unknown });
const classic: ClassicDump = { family: "classic", uid: null, blocks: [block(1), block(2, 0xfc3f), block(3)] };

describe("the difference of two dumps", () => {
  it("is nothing between a dump and itself", () => {
    expect(dumpDifference(dump, structuredClone(dump))).toEqual({
      sameUid: true,
      different: [],
      knownToOne: [],
      counters: [],
    });
  });

  it("is ranges of pages, those that touch joined", () => {
    const other = changed({ 4: page(0xff), 5: page(0xff), 7: page(0xff), 19: page(0xff) });
    expect(dumpDifference(dump, other)?.different).toEqual([
      { first: 4, last: 5 },
      { first: 7, last: 7 },
      { first: 19, last: 19 },
    ]);
  });

  it("tells pages that one of them does not know apart, whichever it is", () => {
    const other = changed({ 8: null, 9: null, 10: page(0) });
    for (const [a, b] of [
      [dump, other],
      [other, dump],
    ] as const) {
      expect(dumpDifference(a, b)).toMatchObject({
        different: [{ first: 10, last: 10 }],
        knownToOne: [{ first: 8, last: 9 }],
      });
    }
    expect(dumpDifference(other, other)?.knownToOne).toEqual([]);
    expect(dumpDifference(dump, { ...dump, pages: dump.pages.slice(0, 18) })?.knownToOne).toEqual([
      { first: 18, last: 19 },
    ]);
  });

  it("is counters and UID as well", () => {
    const other: Type2Dump = {
      ...dump,
      uid: new Uint8Array(7).fill(5),
      counters: [
        { value: 1, tearing: 0 },
        { value: 9, tearing: 0xbd },
        { value: 3, tearing: 0xbd },
      ],
    };
    expect(dumpDifference(dump, other)).toMatchObject({ sameUid: false, counters: [0, 2], different: [] });
  });

  it("looks at the known bytes of a Classic's blocks only", () => {
    const other: ClassicDump = { ...classic, blocks: [block(1, 0x0001), block(0, 0xffff), block(4, 0x7fff)] };
    expect(dumpDifference(classic, other)).toEqual({
      sameUid: false,
      different: [{ first: 2, last: 2 }],
      knownToOne: [{ first: 0, last: 1 }],
      counters: [],
    });
    expect(dumpDifference(classic, classic)).toMatchObject({ different: [], knownToOne: [] });
  });

  it("is not made between families", () => {
    expect(dumpDifference(dump, classic)).toBeNull();
  });
});
