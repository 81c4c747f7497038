import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromCrossing, sayBytesInJson, toCrossing } from "./crossing.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc
    .array(
      fc.constantFrom(
        "~",
        '{"~":',
        '{"~":"a"}',
        '"',
        "\\",
        "\u0000",
        "\n",
        "\u001b",
        "\u0080",
        "é",
        "\u2028",
        "\ud800",
        "😀",
      ),
      {
        maxLength: 4,
      },
    )
    .map((parts) => parts.join("")),
);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 4 }).map((rest) => Uint8Array.of(0x7e, 0x62, ...rest)),
);
const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    anyText,
    anyBytes,
    fc.maxSafeInteger().map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    // Keys are the names of fields: plain words.
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe("a value that crosses between app and supervisor", () => {
  it("arrives as it left", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(fromCrossing(toCrossing(value))).toStrictEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["~", "~~", '{"~":"a"}', '{"~":', '"~":"é"', "", "\u007e\u0000"])("keeps the text %j", (text) => {
    expect(fromCrossing(toCrossing(text))).toBe(text);
    expect(fromCrossing(toCrossing({ inside: [text, Uint8Array.of(1)] }))).toEqual({
      inside: [text, Uint8Array.of(1)],
    });
  });

  it("keeps every byte", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(fromCrossing(toCrossing(bytes))).toStrictEqual(bytes);
  });

  it("keeps byte strings of any length, those in several pieces too", () => {
    for (const length of [0, 1, 4_095, 4_096, 4_097, 20_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index * 7);
      expect(fromCrossing(toCrossing([bytes]))).toStrictEqual([bytes]);
    }
  });

  it("takes the part of a buffer that a byte string shows, not the buffer", () => {
    const shown = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 3);
    expect(fromCrossing(toCrossing({ shown }))).toStrictEqual({ shown: Uint8Array.of(2, 3) });
  });

  it("is null where there is nothing to say", () => {
    expect(toCrossing(undefined)).toBe("null");
    expect(toCrossing(null)).toBe("null");
    expect(fromCrossing("null")).toBeNull();
    expect(fromCrossing(toCrossing([undefined, 1]))).toEqual([null, 1]);
    expect(fromCrossing(toCrossing({ absent: undefined, here: 1 }))).toStrictEqual({ here: 1 });
  });

  it("says a byte string as an object with one field", () => {
    expect(toCrossing([Uint8Array.of(0x41, 0xe9), "a", "~a"])).toBe('[{"~":"Aé"},"a","~a"]');
  });

  it("is said the same by plain JSON, where that was asked for", () => {
    sayBytesInJson();
    try {
      fc.assert(
        fc.property(anyValue, (value) => {
          expect(JSON.stringify(value)).toBe(toCrossing(value));
        }),
      );
    } finally {
      Reflect.deleteProperty(Uint8Array.prototype, "toJSON");
    }
    expect(JSON.stringify(Uint8Array.of(1))).toBe('{"0":1}');
  });
});
