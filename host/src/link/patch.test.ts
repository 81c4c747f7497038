import { concat } from "@cachet/card-layout";
import { applyPatch, BLOCK_HASH_BYTES, decodePatch, encodePatch } from "@cachet/firmware/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../ports/crypto.ts";
import { type KnownBlocks, makePatch } from "./patch.ts";

const SIZE = 64;

/** What a terminal tells of a file. */
function blocksOf(file: Uint8Array): KnownBlocks {
  const count = Math.ceil(file.length / SIZE);
  const hashes = Array.from({ length: count }, (_, i) =>
    sha256(file.subarray(i * SIZE, (i + 1) * SIZE)).subarray(0, BLOCK_HASH_BYTES),
  );
  return { size: SIZE, length: file.length, hashes: concat(...hashes) };
}

const bytes = (max: number) => fc.uint8Array({ maxLength: max });

describe("a patch", () => {
  it("builds the file from whatever the other one is", () => {
    fc.assert(
      fc.property(bytes(600), bytes(200), bytes(200), fc.nat(600), (base, added, tail, cut) => {
        const file = concat(base.subarray(0, cut), added, base.subarray(Math.min(base.length, cut + 10)), tail);
        const steps = decodePatch(encodePatch(makePatch(file, blocksOf(base), sha256)));
        expect(applyPatch(base, steps!, file.length)).toEqual(file);
      }),
    );
  });

  it("copies what only moved, and says runs of blocks in one step", () => {
    const base = Uint8Array.from({ length: 40 * SIZE }, (_, i) => (i * i) >> 5);
    const file = concat(Uint8Array.of(1, 2, 3), base.subarray(SIZE), base.subarray(0, SIZE));
    const steps = makePatch(file, blocksOf(base), sha256);
    expect(steps).toEqual([Uint8Array.of(1, 2, 3), { offset: SIZE, length: 39 * SIZE }, { offset: 0, length: SIZE }]);
  });

  it("is the file itself where nothing is known", () => {
    const file = Uint8Array.of(5, 6, 7);
    expect(makePatch(file, blocksOf(new Uint8Array()), sha256)).toEqual([file]);
  });
});
