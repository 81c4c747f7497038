import { BLOCK_BYTES, blockOf, classicMemory, classicSize, sectorBlocks } from "./classic-memory.ts";
import { type ClassicBlock, type DumpReading, dumpProblem } from "./dump.ts";
import { readHex } from "./hex-text.ts";
import { type NumberedLine, numberedLines } from "./text-lines.ts";

/**
 * `.mct` of MIFARE Classic Tool: "+Sector: n", then each block of the sector as 32 digits, "-" for what could not be read.
 * Sectors may be missing.
 */
const HEAD = /^\+Sector:\s*(\d{1,2})$/;
const SECTORS = 40;

export const looksLikeMct = (text: string): boolean => text.trimStart().startsWith("+Sector:");

/** Puts one line of a sector where it belongs, or tells what is wrong with it. */
function placeBlock(
  blocks: Map<number, ClassicBlock>,
  sector: number,
  index: number,
  { text }: NumberedLine,
): string | null {
  const { first, count } = sectorBlocks(sector);
  if (index >= count) return `sector ${sector} has more than ${count} blocks`;
  const block = readHex(text, BLOCK_BYTES);
  if (block === null) return "a block is not written as 32 hexadecimal digits";
  blocks.set(first + index, blockOf(block));
  return null;
}

export function readMct(text: string): DumpReading {
  const blocks = new Map<number, ClassicBlock>();
  const seen = new Set<number>();
  let sector = -1;
  let index = 0;
  for (const line of numberedLines(text)) {
    const at = `line ${line.line}`;
    if (line.text.startsWith("+")) {
      sector = Number(HEAD.exec(line.text)?.[1] ?? SECTORS);
      if (sector >= SECTORS) return dumpProblem("a sector is not named by a number from 0 to 39", at);
      if (seen.has(sector)) return dumpProblem(`sector ${sector} is there twice`, at);
      seen.add(sector);
      index = 0;
    } else {
      if (sector < 0) return dumpProblem("a block stands before any sector", at);
      const problem = placeBlock(blocks, sector, index, line);
      if (problem !== null) return dumpProblem(problem, at);
      index += 1;
    }
  }
  if (blocks.size === 0) return dumpProblem("it holds no block");
  const memory = classicMemory(classicSize(Math.max(...blocks.keys()), sakOf(blocks.get(0))), blocks, null);
  return memory.ok ? { ...memory, format: "mct" } : memory;
}

/** Byte 5 of block 0, behind a UID of four bytes. */
function sakOf(block: ClassicBlock | undefined): number | undefined {
  return block === undefined || (block.unknown & 0x20) !== 0 ? undefined : block.bytes[5];
}
