import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes, record, reserved, u8, u16, u24, u32, u48 } from "./record.ts";

const Sample = record("Sample", 20, {
  version: u8({ only: 3 }),
  level: u8({ min: 1, max: 9 }),
  small: u16(),
  middle: u24(),
  spare: reserved(2),
  large: u32(),
  huge: u48(),
  tag: bytes(1),
});

const value = {
  version: 3,
  level: 9,
  small: 0x0102,
  middle: 0x030405,
  spare: new Uint8Array(2),
  large: 0x06070809,
  huge: 0x0a0b0c0d0e0f,
  tag: Uint8Array.of(0xff),
};

describe("record", () => {
  it("refuses to load when its fields do not fill its size", () => {
    expect(() => record("Short", 3, { a: u8(), b: u8() })).toThrow("record Short: fields fill 2 bytes, not 3");
    expect(() => record("Long", 1, { a: u16() })).toThrow(RangeError);
    expect(() => record("Empty", 1, {})).toThrow(RangeError);
  });

  it("tells where each field lies", () => {
    expect(Sample.fields.map(({ name, offset, size }) => `${name} ${offset} ${size}`)).toEqual([
      "version 0 1",
      "level 1 1",
      "small 2 2",
      "middle 4 3",
      "spare 7 2",
      "large 9 4",
      "huge 13 6",
      "tag 19 1",
    ]);
  });

  it("writes fields one after the other, big-endian, and reads them back", () => {
    const written = Sample.encode(value);
    expect(written).toEqual(Uint8Array.of(3, 9, 1, 2, 3, 4, 5, 0, 0, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255));
    expect(Sample.decode(written)).toEqual({ ok: true, value });
  });

  it.each([
    { version: 4 },
    { level: 0 },
    { level: 10 },
    { small: -1 },
    { small: 65_536 },
    { middle: 0x1000000 },
    { large: 2 ** 32 },
    { huge: 2 ** 48 },
    { large: 1.5 },
    { large: Number.NaN },
    { spare: Uint8Array.of(0, 1) },
    { spare: new Uint8Array(3) },
    { tag: new Uint8Array(2) },
  ])("throws on a value its field cannot hold: %o", (wrong) => {
    const field = Object.keys(wrong)[0];
    expect(() => Sample.encode({ ...value, ...wrong })).toThrow(RangeError);
    expect(() => Sample.encode({ ...value, ...wrong })).toThrow(`record Sample.${field}:`);
  });

  it.each([
    { field: "version", offset: 0, byte: 2, problem: "2 is outside 3 to 3" },
    { field: "level", offset: 1, byte: 10, problem: "10 is outside 1 to 9" },
    { field: "spare", offset: 7, byte: 1, problem: "reserved bytes are not zero" },
  ])("names record, field and offset of a $field that it refuses", ({ field, offset, byte, problem }) => {
    const written = Sample.encode(value);
    written[offset] = byte;
    expect(Sample.decode(written)).toEqual({ ok: false, fault: { record: "Sample", field, offset, problem } });
  });

  it("refuses reserved bytes that are not zero, whichever it is", () => {
    const written = Sample.encode(value);
    written[8] = 0x80;
    expect(Sample.decode(written)).toMatchObject({ ok: false, fault: { field: "spare", offset: 7 } });
  });

  it("refuses any other length", () => {
    for (const length of [0, 19, 21]) {
      const problem = `${length} bytes instead of 20`;
      const fault = { record: "Sample", field: "", offset: 0, problem };
      expect(Sample.decode(new Uint8Array(length))).toEqual({ ok: false, fault });
    }
  });

  it("never throws on random bytes, and what it accepts it writes back unchanged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 18, maxLength: 21 }), (random) => {
        const lucky =
          random.length === 20
            ? Uint8Array.from(random, (byte, i) => [3, 5][i] ?? (i === 7 || i === 8 ? 0 : byte))
            : random;
        const decoded = Sample.decode(lucky);
        expect(decoded.ok).toBe(random.length === 20);
        if (decoded.ok) expect(Sample.encode(decoded.value)).toEqual(lucky);
      }),
    );
  });

  it("keeps no hold on the bytes it read", () => {
    const written = Sample.encode(value);
    const decoded = Sample.decode(written);
    written.fill(0);
    expect(decoded).toEqual({ ok: true, value });
  });
});
