import { type Cbor, encodeCbor } from "@cachet/firmware/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Content, contentVersion, decodeContent, encodeContent } from "./content.ts";
import { compareKeys, type KeyRecord, type KeyState } from "./key-record.ts";

const secret = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const states: readonly KeyState[] = ["retired", "revoked"];

const keys: fc.Arbitrary<readonly KeyRecord[]> = fc
  .uniqueArray(
    fc.record({
      role: fc.constantFrom("identity", "area", "receipt", "image", "a-later-role-2"),
      number: fc.integer({ min: 0, max: 0xffff_ffff }),
      generation: fc.integer({ min: 1, max: 255 }),
      state: fc.constantFrom(...states),
      madeAt: fc.nat(),
      test: fc.boolean(),
      secret: secret(),
    }),
    { selector: ({ role, number, generation }) => `${role} ${number} ${generation}` },
  )
  .map((made) => made.sort(compareKeys));

const key = (more: Partial<KeyRecord> = {}): KeyRecord => ({
  role: "area",
  number: 20,
  generation: 1,
  state: "current",
  madeAt: 5,
  test: false,
  secret: new Uint8Array(32).fill(9),
  ...more,
});
const ring = (...held: readonly KeyRecord[]): Content => ({ keys: held, lending: null });

describe("the content of a key file", () => {
  it("comes back as it was, whatever its roles are called", () => {
    const lending = fc.option(fc.record({ holder: fc.constantFrom("Zoé", "x".repeat(80)), expiresAt: fc.nat() }));
    fc.assert(
      fc.property(keys, lending, (held, lent) => {
        const content = { keys: held, lending: lent };
        expect(decodeContent(encodeContent(content), lent !== null)).toEqual(content);
      }),
    );
  });

  it("comes back with the certificates that are in it", () => {
    const certificate = fc.record({ certificate: fc.uint8Array({ maxLength: 300 }), revoked: fc.boolean() });
    const lending = fc.option(fc.record({ holder: fc.constant("Zoé"), expiresAt: fc.nat() }));
    fc.assert(
      fc.property(keys, lending, fc.array(certificate, { minLength: 1, maxLength: 5 }), (held, lent, certificates) => {
        const content = { keys: held, lending: lent, certificates };
        expect(contentVersion(content)).toBe(2);
        expect(decodeContent(encodeContent(content), lent !== null, 2)).toEqual(content);
        expect(() => decodeContent(encodeContent(content), lent !== null, 1)).toThrow("not an array of");
      }),
    );
  });

  it("is refused with certificates that are none", () => {
    const wrong: readonly Cbor[] = [
      [],
      1,
      [1],
      [[new Uint8Array()]],
      [[new Uint8Array(), 1]],
      [[new Uint8Array(1_025), true]],
    ];
    for (const list of wrong) expect(() => decodeContent(encodeCbor([[], list]), false, 2)).toThrow("certificates");
    const long = { certificate: new Uint8Array(1_025), revoked: false };
    expect(() => encodeContent({ ...ring(key()), certificates: [long] })).toThrow(RangeError);
  });

  it("is the same bytes whatever order the keys stood in", () => {
    fc.assert(
      fc.property(keys, (held) => {
        expect(encodeContent(ring(...[...held].reverse()))).toEqual(encodeContent(ring(...held)));
      }),
    );
  });

  it("is not written where it would not be read", () => {
    const wrong: readonly Content[] = [
      ring(key(), key()),
      ring(key(), key({ generation: 2 })),
      ring(key({ generation: 0 })),
      ring(key({ generation: 256 })),
      ring(key({ role: "Area" })),
      ring(key({ role: "" })),
      ring(key({ number: -1 })),
      ring(key({ secret: new Uint8Array(31) })),
      ring(key({ madeAt: 253_402_300_800 })),
      { keys: [key()], lending: { holder: "", expiresAt: 1 } },
      { keys: [key()], lending: { holder: "a\nb", expiresAt: 1 } },
    ];
    for (const content of wrong) expect(() => encodeContent(content)).toThrow(RangeError);
    expect(() => encodeContent(ring(key(), key({ generation: 2, state: "previous" })))).not.toThrow();
  });

  it("is refused when it is anything else, and says no secret", () => {
    const hidden = new Uint8Array(32).fill(0x41);
    const row = (...cells: readonly Cbor[]): Cbor => [[cells]];
    const wrong: readonly Cbor[] = [
      [],
      [[], 1],
      [1],
      [[1]],
      row("area", 20, 1, 1, 5, false),
      row("area", 20, 1, 0, 5, false, hidden),
      row("area", 20, 1, 5, 5, false, hidden),
      row("area", 20, 1, 1, 5, 1, hidden),
      row("area", 20, 1, 1, 5, false, new Uint8Array(33).fill(0x41)),
      row(7, 20, 1, 1, 5, false, hidden),
      row("area", 20, 1, 1, 5, false, hidden, 1),
    ];
    for (const item of wrong) {
      let told = "";
      try {
        decodeContent(encodeCbor(item), false);
      } catch (error) {
        told = String(error);
      }
      expect(told).toMatch(/^FormatFault: /);
      expect(told).not.toMatch(/AAAA|4141/i);
    }
    expect(() => decodeContent(encodeContent(ring(key())), true)).toThrow("not an array of 3");
  });
});
