import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import type { Purse } from "./purse.ts";
import { blankState, type CardState, HEADER_BYTES, packState, stateHash, stateLayout, unpackState } from "./state.ts";

interface Vector {
  readonly name: string;
  readonly card: number;
  readonly room: number;
  readonly layout: number;
  readonly generation: number;
  readonly programme: number;
  readonly sequence: number;
  readonly terminal: number;
  readonly day: number;
  readonly predecessor: string;
  readonly credit: number;
  readonly purses: readonly Purse[];
  readonly bytes: string;
  readonly hash: string;
}

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/state-1.json", import.meta.url), "utf8")) as {
  readonly vectors: readonly Vector[];
};
const sha256 = (message: Uint8Array) => Uint8Array.from(createHash("sha256").update(message).digest());

function stateOf({ name: _name, card: _card, room: _room, bytes: _bytes, hash: _hash, ...state }: Vector): CardState {
  return { ...state, predecessor: fromHex(state.predecessor) };
}

describe.each(vectors)("state record: $name", (vector) => {
  it("is written and read as its vector", () => {
    expect(toHex(packState(stateOf(vector), vector.room))).toBe(vector.bytes);
    expect(unpackState(fromHex(vector.bytes))).toEqual({ ok: true, value: stateOf(vector) });
  });

  it("has the hash of its vector", async () => {
    expect(toHex(await stateHash(sha256, vector.card, fromHex(vector.bytes)))).toBe(vector.hash);
  });
});

describe("state vectors", () => {
  it("cover every kind of purse and the rooms of the small areas", () => {
    const kinds = new Set(vectors.flatMap(({ purses }) => purses.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(["cagnotte", "carrying-cagnotte", "prepaid", "stamps", "timed-stamps"]);
    expect([...new Set(vectors.map(({ room }) => room))].sort((a, b) => a - b)).toEqual([3, 7, 39]);
  });

  it("name the record they replace by the first bytes of its hash", () => {
    expect(vectors[1]!.predecessor).toBe(vectors[0]!.hash.slice(0, 8));
  });
});

describe("state hash", () => {
  const { card, bytes } = vectors[1]!;

  it("depends on every bit of the record except those of generation and sequence", async () => {
    const sealed = fromHex(bytes);
    const before = toHex(await stateHash(sha256, card, sealed));
    for (let at = 0; at < sealed.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = sealed.slice();
        flipped[at] = flipped[at]! ^ (1 << bit);
        const same = toHex(await stateHash(sha256, card, flipped)) === before;
        expect(same, `byte ${at}, bit ${bit}`).toBe(at === 1 || (at >= 4 && at <= 6));
      }
    }
  });

  it("depends on the card number", async () => {
    const sealed = fromHex(bytes);
    expect(await stateHash(sha256, card + 1, sealed)).not.toEqual(await stateHash(sha256, card, sealed));
  });
});

describe("reading a state record", () => {
  const vector = vectors[1]!;
  const withByte = (at: number, byte: number) => {
    const sealed = fromHex(vector.bytes);
    sealed[at] = byte;
    return unpackState(sealed);
  };

  it("names the layout of a newer record, whatever else it holds", () => {
    // Bit 7 tells the form of the header, the others are the layout's number.
    for (const layout of [3, 127, 131, 255]) {
      const problem = `layout ${layout & 127} is newer than 2`;
      const fault = { record: "State", field: "layout", offset: 0, problem };
      expect(withByte(0, layout)).toEqual({ ok: false, fault });
      expect(unpackState(Uint8Array.of(layout))).toEqual({ ok: false, fault });
    }
  });

  it.each([
    { field: "layout", offset: 0 },
    { field: "generation", offset: 1 },
  ])("refuses a $field of zero", ({ field, offset }) => {
    expect(withByte(offset, 0)).toMatchObject({ ok: false, fault: { record: "State", field, offset } });
  });

  it("gives offsets of purses as counted from the record's start", () => {
    expect(withByte(19, 0x30)).toMatchObject({ ok: false, fault: { record: "Purses", field: "kind", offset: 19 } });
    const dirty = fromHex(vectors[0]!.bytes);
    dirty[23] = 1;
    expect(unpackState(dirty)).toMatchObject({ ok: false, fault: { record: "Purses", field: "padding", offset: 19 } });
  });

  it("refuses a record shorter than its header", () => {
    expect(unpackState(fromHex(vector.bytes).subarray(0, 16))).toMatchObject({ ok: false, fault: { field: "" } });
    expect(unpackState(new Uint8Array())).toMatchObject({ ok: false });
  });

  it("never throws on random bytes, and what it accepts it writes back unchanged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 17, maxLength: 24 }), (random) => {
        const sealed = Uint8Array.from(random, (byte, at) => (at === 0 ? 1 : at > 16 ? byte & 0x0f : byte));
        const state = unpackState(sealed);
        if (state.ok) expect(packState(state.value, sealed.length - 17)).toEqual(sealed);
      }),
    );
  });

  it("throws when asked to write what a record cannot hold", () => {
    for (const wrong of [{ sequence: 0 }, { sequence: 0x1000000 }, { programme: 0 }, { generation: 0 }, { day: -1 }]) {
      expect(() => packState({ ...stateOf(vector), ...wrong }, vector.room)).toThrow(RangeError);
    }
    expect(() => packState(stateOf(vector), 5)).toThrow(RangeError);
  });
});

interface ShortVector {
  readonly name: string;
  readonly card: number;
  readonly generation: number;
  readonly programme: number;
  readonly sequence: number;
  readonly terminal: number;
  readonly predecessor: string;
  readonly stamps: number | null;
  readonly room: number;
  readonly sealed: string;
  readonly hash: string;
}

const shortVectors = (
  JSON.parse(readFileSync(new URL("../../vectors/state-2.json", import.meta.url), "utf8")) as {
    readonly vectors: readonly ShortVector[];
  }
).vectors;

describe.each(shortVectors)("state record with the short header: $name", (vector) => {
  const { generation, programme, sequence, terminal, stamps } = vector;
  const state: CardState = {
    layout: stateLayout("short", 1),
    generation,
    programme,
    sequence,
    terminal,
    day: 0,
    predecessor: fromHex(vector.predecessor),
    credit: 0,
    purses: stamps === null ? [] : [{ kind: "stamps", index: 1, count: stamps }],
  };

  it("is written and read as its vector, and has its hash", async () => {
    expect(toHex(packState(state, vector.room))).toBe(vector.sealed);
    expect(unpackState(fromHex(vector.sealed))).toEqual({ ok: true, value: state });
    expect(toHex(await stateHash(sha256, vector.card, fromHex(vector.sealed)))).toBe(vector.hash);
  });

  it("has no room for a day or a credit: they are not written", () => {
    expect(toHex(packState({ ...state, day: 9_000, credit: 3 }, vector.room))).toBe(vector.sealed);
  });
});

describe("the record that opens an area", () => {
  it("follows from the identity alone, and holds nothing", () => {
    const hash = Uint8Array.from({ length: 32 }, (_, i) => i);
    for (const form of ["full", "short"] as const) {
      const blank = blankState(form, 31, hash);
      expect(blank).toMatchObject({ terminal: 0, day: 0, credit: 0, purses: [], predecessor: hash.slice(0, 4) });
      expect(packState(blank, 3).length).toBe(HEADER_BYTES[form] + 3);
      expect(unpackState(packState(blank, 3))).toEqual({ ok: true, value: blank });
    }
  });
});
