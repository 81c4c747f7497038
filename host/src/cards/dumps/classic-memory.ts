import { sameBytes, toHex } from "@cachet/card-layout";
import { type ClassicBlock, type ClassicDump, type DumpProblem, dumpProblem } from "./dump.ts";
import type { HexBytes } from "./hex-text.ts";

export const BLOCK_BYTES = 16;
/** Blocks of Mini, 1K, 2K and 4K. */
export const CLASSIC_SIZES: readonly number[] = [20, 64, 128, 256];
export const MOST_BLOCKS = 256;

const UNKNOWN: ClassicBlock = { bytes: new Uint8Array(BLOCK_BYTES), unknown: 0xffff };
/** Key A in bytes 0 to 5, key B in bytes 10 to 15. */
const KEYS = 0xfc3f;

/** Sectors have 4 blocks below block 128, 16 from there on. The last block of a sector holds its keys. */
export const isTrailer = (block: number): boolean => (block < 128 ? block % 4 === 3 : block % 16 === 15);
/** First block and number of blocks of a sector. */
export function sectorBlocks(sector: number): { readonly first: number; readonly count: number } {
  return sector < 32 ? { first: 4 * sector, count: 4 } : { first: 128 + 16 * (sector - 32), count: 16 };
}

/** The smallest card that has block `highest`. A Mini is told by its SAK alone, since larger cards are often read in part. */
export function classicSize(highest: number, sak: number | undefined): number {
  if (sak === 0x09 && highest < 20) return 20;
  return highest < 64 ? 64 : highest < 128 ? 128 : 256;
}

/** A block as text gave it. */
export function blockOf({ bytes, unknown }: HexBytes): ClassicBlock {
  return { bytes, unknown: unknown.reduce((mask, open, i) => (open ? mask | (1 << i) : mask), 0) };
}

function withoutKeys(block: ClassicBlock): ClassicBlock {
  const unknown = block.unknown | KEYS;
  return { bytes: block.bytes.map((byte, i) => ((unknown >> i) & 1 ? 0 : byte)), unknown };
}

/** The UID in block 0: four bytes and their exclusive or; seven where the file names seven, or names none and the exclusive or is wrong. */
function uidOf(block: ClassicBlock, named: Uint8Array | null, warnings: string[]): Uint8Array | null {
  const { bytes, unknown } = block;
  if ((unknown & 0x7f) !== 0) return named;
  const checked = (bytes[0]! ^ bytes[1]! ^ bytes[2]! ^ bytes[3]! ^ bytes[4]!) === 0;
  const size = named?.length === 7 || (named === null && !checked) ? 7 : 4;
  const uid = bytes.slice(0, size);
  if (size === 4 && !checked) warnings.push("the check byte of the UID in block 0 is wrong");
  if (named !== null && !sameBytes(named, uid)) {
    warnings.push(`it names the UID ${toHex(named)}, but block 0 says ${toHex(uid)}; block 0 counts`);
  }
  return uid;
}

/** Makes a dump of blocks by number; those missing are unknown, keys are left out. `size` is one of `CLASSIC_SIZES`. */
export function classicMemory(
  size: number,
  blocks: ReadonlyMap<number, ClassicBlock>,
  named: Uint8Array | null,
): { readonly ok: true; readonly dump: ClassicDump; readonly warnings: readonly string[] } | DumpProblem {
  if (!CLASSIC_SIZES.includes(size)) return dumpProblem(`no MIFARE Classic has ${size} blocks`);
  if (named !== null && named.length !== 4 && named.length !== 7)
    return dumpProblem(`its UID has ${named.length} bytes`);
  const warnings: string[] = [];
  const all = Array.from({ length: size }, (_, number) => {
    const block = blocks.get(number) ?? UNKNOWN;
    return isTrailer(number) ? withoutKeys(block) : block;
  });
  return { ok: true, dump: { family: "classic", uid: uidOf(all[0]!, named, warnings), blocks: all }, warnings };
}
