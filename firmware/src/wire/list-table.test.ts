import { concat, fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesColumn, countedColumn, TableFault, uintColumn, wordColumn } from "./list-column.ts";
import { differenceOfRows, mergeRows, rowsOf, table } from "./list-table.ts";

const Blocks = table(
  "blocks",
  4,
  { card: uintColumn(7, 0, 2 ** 49 - 1) },
  { reason: wordColumn({ lost: 1, stolen: 2 }) },
);
const Notes = table(
  "notes",
  50,
  { card: uintColumn(2, 0, 0xffff), number: uintColumn(1, 1, 9) },
  { body: countedColumn(3) },
);
const Keys = table("keys", 3, { key: bytesColumn(2) }, {});

function reasonOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof TableFault) return `${error.reason}: ${error.message}`;
    throw error;
  }
  throw new Error("the rows were accepted");
}

describe("a table", () => {
  it("packs rows in the order of their keys, columns one after the other", () => {
    const rows = Blocks.pack([
      { card: 2 ** 49 - 1, reason: "lost" },
      { card: 5, reason: "stolen" },
      { card: 256, reason: "lost" },
    ]);
    expect(toHex(rows.bytes)).toBe("0000000000000502" + "0000000000010001" + "01ffffffffffff01");
    expect(rows.all().map(({ card }) => card)).toEqual([5, 256, 2 ** 49 - 1]);
    const note = Notes.pack([{ card: 3, number: 2, body: fromHex("aabb") }]);
    expect(toHex(note.bytes)).toBe("000302" + "02aabb");
  });

  it.each([
    ["a row that is cut off", "00000000000005", "form: blocks: the last row is cut off"],
    ["a value out of range", "0200000000000001", "form: blocks.card: 562949953421312 is outside 0 to 562949953421311"],
    ["an unknown word", "0000000000000503", "form: blocks.reason: unknown word 3"],
    ["a key twice", "0000000000000501".repeat(2), "form: blocks[1]: its key does not come after the one before it"],
    [
      "keys out of order",
      "00000000000006010000000000000501",
      "form: blocks[1]: its key does not come after the one before it",
    ],
    [
      "one row too many",
      "00000000000005010000000000000601000000000000070100000000000008010000000000000901",
      "too-many: blocks: more than 4 rows",
    ],
  ])("refuses %s", (_, bytes, problem) => {
    expect(reasonOf(() => Blocks.read(fromHex(bytes)))).toBe(problem);
  });

  it.each([
    ["a body that is cut off", "00030202aa", "form: notes: the last row is cut off"],
    ["a row without its body's size", "000302", "form: notes: the last row is cut off"],
    ["a body too long", "00030204aabbccdd", "form: notes.body: 4 bytes, at most 3"],
  ])("refuses, where rows differ in size, %s", (_, bytes, problem) => {
    expect(reasonOf(() => Notes.read(fromHex(bytes)))).toBe(problem);
  });

  it("stops counting rows of different sizes at its limit", () => {
    const small = table("small", 2, { number: uintColumn(1, 0, 9) }, { body: countedColumn(1) });
    expect(reasonOf(() => small.read(fromHex("010002000300")))).toBe("too-many: small: more than 2 rows");
    expect(small.read(fromHex("01000200")).count).toBe(2);
  });

  it("does not pack what it would not read", () => {
    expect(() => Blocks.pack([{ card: -1, reason: "lost" }])).toThrow(RangeError);
    expect(() => Blocks.pack([{ card: 1, reason: "sold" as "lost" }])).toThrow(RangeError);
    expect(() => Notes.pack([{ card: 1, number: 1, body: new Uint8Array(4) }])).toThrow(RangeError);
    expect(() => Keys.pack([{ key: new Uint8Array(3) }])).toThrow(RangeError);
    const twice = [1, 2].map(() => ({ card: 1, reason: "lost" as const }));
    expect(() => Blocks.pack(twice)).toThrow(RangeError);
    expect(() => Blocks.pack([1, 2, 3, 4, 5].map((card) => ({ card, reason: "lost" as const })))).toThrow(RangeError);
  });

  it("has no key without a fixed size", () => {
    expect(() => table("wrong", 1, { key: countedColumn(3) }, {})).toThrow(RangeError);
  });

  it("is written as a byte string, and left out without rows", () => {
    const codec = rowsOf(Keys);
    const rows = Keys.pack([{ key: fromHex("0102") }]);
    expect(codec.encode(rows)).toEqual(fromHex("0102"));
    expect(codec.decode(fromHex("0102"), "list").all()).toEqual([{ key: fromHex("0102") }]);
    expect(() => codec.encode(Keys.none())).toThrow(RangeError);
    expect(() => codec.decode(new Uint8Array(), "list")).toThrow("list: no rows are left out, not written");
    expect(() => codec.decode([], "list")).toThrow("list: not a byte string");
  });
});

const note = fc.record({
  card: fc.constantFrom(0, 1, 255, 256, 257, 65_535),
  number: fc.integer({ min: 1, max: 3 }),
  body: fc.uint8Array({ maxLength: 3 }),
});
const notes = fc.uniqueArray(note, { maxLength: 12, selector: ({ card, number }) => `${card}/${number}` });
type Note = { readonly card: number; readonly number: number; readonly body: Uint8Array };
const inOrder = (rows: readonly Note[]) => [...rows].sort((a, b) => a.card - b.card || a.number - b.number);

describe("rows", () => {
  it("are what was packed, in order, and found by the first columns of their key", () => {
    fc.assert(
      fc.property(notes, (rows) => {
        const packed = Notes.read(Notes.pack(rows).bytes);
        const sorted = inOrder(rows);
        expect(packed.all()).toEqual(sorted);
        expect(packed.of({})).toEqual(sorted);
        for (const card of [0, 1, 2, 254, 255, 256, 257, 65_535]) {
          expect(packed.of({ card })).toEqual(sorted.filter((row) => row.card === card));
          for (const number of [1, 2, 3])
            expect(packed.of({ card, number })).toEqual(
              sorted.filter((row) => row.card === card && row.number === number),
            );
        }
      }),
    );
  });

  it("lead from any to any by their difference, and to themselves by none", () => {
    fc.assert(
      fc.property(notes, notes, (old, next) => {
        const [from, to] = [Notes.pack(old), Notes.pack(next)];
        const { removed, put } = differenceOfRows(from, to);
        expect(mergeRows(from, removed, put).bytes).toEqual(to.bytes);
        expect(differenceOfRows(to, to)).toMatchObject({ removed: { count: 0 }, put: { count: 0 } });
        const isThere = (row: Note) => next.some(({ card, number }) => card === row.card && number === row.number);
        expect(removed.count).toBe(old.filter((row) => !isThere(row)).length);
      }),
    );
  });

  it("are merged as a map is: removed first, then put", () => {
    fc.assert(
      fc.property(notes, fc.array(fc.nat()), notes, (old, chosen, put) => {
        const gone = old.length === 0 ? [] : [...new Set(chosen.map((at) => at % old.length))].map((at) => old[at]!);
        const expected = new Map(old.map((row) => [`${row.card}/${row.number}`, row]));
        for (const row of gone) expected.delete(`${row.card}/${row.number}`);
        for (const row of put) expected.set(`${row.card}/${row.number}`, row);
        const merged = mergeRows(Notes.pack(old), Notes.keys().pack(gone), Notes.pack(put));
        expect(Notes.read(merged.bytes).all()).toEqual(inOrder([...expected.values()]));
      }),
    );
  });

  it("cannot be removed where they are not held", () => {
    fc.assert(
      fc.property(notes, note, notes, (old, stranger, put) => {
        const held = old.filter(({ card, number }) => card !== stranger.card || number !== stranger.number);
        const merge = () => mergeRows(Notes.pack(held), Notes.keys().pack([stranger]), Notes.pack(put));
        const problem = `removes ${stranger.card} ${stranger.number}, which is not held`;
        expect(reasonOf(merge)).toBe(`inconsistent: notes: ${problem}`);
      }),
    );
    const key = { key: fromHex("0a0b") };
    expect(reasonOf(() => mergeRows(Keys.none(), Keys.keys().pack([key]), Keys.none()))).toContain("removes 0a0b,");
  });

  it("are never more than the table has room for, once merged", () => {
    const three = Keys.pack(["0001", "0002", "0003"].map((hex) => ({ key: fromHex(hex) })));
    const one = Keys.pack([{ key: fromHex("0002") }]);
    const other = Keys.pack([{ key: fromHex("0004") }]);
    expect(mergeRows(three, Keys.keys().none(), one).count).toBe(3);
    expect(reasonOf(() => mergeRows(three, Keys.keys().none(), other))).toBe("too-many: keys: more than 3 rows");
    expect(mergeRows(three, one, other).bytes).toEqual(concat(three.row(0), three.row(2), other.bytes));
  });
});
