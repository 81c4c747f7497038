import { toHex } from "@cachet/card-layout";
import { BLOCK_HASH_BYTES, type PatchStep, type Sha256 } from "@cachet/firmware/wire";

/** What a terminal tells of the file in the slot that runs: the first bytes of the SHA-256 of each of its blocks, one after the other. */
export interface KnownBlocks {
  /** Bytes of a block; the last one may be shorter. */
  readonly size: number;
  /** Bytes of the file. */
  readonly length: number;
  readonly hashes: Uint8Array;
}

/** Where each whole block lies, by its hash. Blocks that are the same are found where the first one is. */
function placesOf({ size, length, hashes }: KnownBlocks): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (let block = Math.floor(length / size) - 1; block >= 0; block -= 1) {
    const at = block * BLOCK_HASH_BYTES;
    places.set(toHex(hashes.subarray(at, at + BLOCK_HASH_BYTES)), block * size);
  }
  return places;
}

/**
 * The steps that build `file` from the file whose blocks are known: blocks that are found in it, wherever they lie, and the bytes
 * between them. Two blocks whose hashes begin alike would give a file that is not the right one: the terminal checks the whole.
 */
export function makePatch(file: Uint8Array, known: KnownBlocks, sha256: Sha256): readonly PatchStep[] {
  const { size } = known;
  const places = placesOf(known);
  const steps: PatchStep[] = [];
  let literalFrom = 0;
  const copy = (offset: number) => {
    const last = steps.at(-1);
    if (last !== undefined && !(last instanceof Uint8Array) && last.offset + last.length === offset) {
      steps[steps.length - 1] = { offset: last.offset, length: last.length + size };
    } else steps.push({ offset, length: size });
  };
  for (let at = 0; at + size <= file.length; ) {
    const hash = sha256(file.subarray(at, at + size)).subarray(0, BLOCK_HASH_BYTES);
    const place = places.get(toHex(hash));
    if (place === undefined) {
      at += 1;
      continue;
    }
    if (at > literalFrom) steps.push(file.subarray(literalFrom, at));
    copy(place);
    at += size;
    literalFrom = at;
  }
  if (literalFrom < file.length) steps.push(file.subarray(literalFrom));
  return steps;
}
