import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPatch, decodePatch, encodePatch } from "../wire/index.ts";
import { inflate, unpack } from "./unpack.ts";

const deflated = (bytes: Uint8Array) => new Uint8Array(deflateRawSync(bytes, { level: 9 }));
const text = Uint8Array.from("the same words, the same words, the same words", (c) => c.charCodeAt(0));

describe("packed images", () => {
  it("come back whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => {
        expect(inflate(deflated(bytes), bytes.length)).toEqual(bytes);
        expect(unpack("deflate", deflated(bytes), bytes.length, new Uint8Array())).toEqual(bytes);
      }),
    );
  });

  it("are refused when they are cut off, damaged, longer or shorter than announced", () => {
    const packed = deflated(text);
    for (let length = 0; length < packed.length; length += 1)
      expect(inflate(packed.subarray(0, length), 999)).toBeNull();
    expect(inflate(packed, text.length - 1)).toBeNull();
    expect(unpack("deflate", packed, text.length + 1, new Uint8Array())).toBeNull();
    expect(unpack("deflate", Uint8Array.of(0xff, 0xff), 10, new Uint8Array())).toBeNull();
  });

  it("that would swell beyond their size are given up early", () => {
    expect(inflate(deflated(new Uint8Array(50_000_000)), 1_000)).toBeNull();
  });

  it("told as steps from another file build it, and nothing from outside of it", () => {
    const base = text;
    const steps = [{ offset: 4, length: 10 }, Uint8Array.of(1, 2, 3), { offset: 0, length: base.length }];
    const whole = applyPatch(base, steps, 13 + base.length)!;
    expect(unpack("patch", deflated(encodePatch(steps)), whole.length, base)).toEqual(whole);
    expect(applyPatch(base, steps, whole.length + 1)).toBeNull();
    expect(applyPatch(base, steps, whole.length - 1)).toBeNull();
    expect(applyPatch(base, [{ offset: base.length, length: 1 }], 1)).toBeNull();
    expect(applyPatch(base, [{ offset: 2 ** 53 - 2, length: 2 }], 2)).toBeNull();
  });

  it("told as steps that are none are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const steps = decodePatch(bytes);
        if (steps !== null) expect(encodePatch(steps)).toEqual(bytes);
        unpack("patch", bytes, 100, text);
        unpack("patch", deflated(bytes), 100, text);
      }),
    );
  });
});
