import { concat } from "@cachet/card-layout";
import { readType2Binary } from "./binary.ts";
import { BLOCK_BYTES, blockOf, classicMemory, MOST_BLOCKS } from "./classic-memory.ts";
import { type ClassicBlock, type DumpReading, dumpProblem, type Type2Dump } from "./dump.ts";
import { hexText, readHex, readWholeHex } from "./hex-text.ts";
import { numberedLines } from "./text-lines.ts";

/**
 * `.eml` of the Proxmark3 client: one line of digits for each page (8 digits) or block (32). Dumps of Type 2 chips made by
 * that client begin with its binary header, four bytes on a line.
 */
const PAGE_DIGITS = 8;
const BLOCK_DIGITS = 32;

/** Whether a text consists of nothing but digits, marks of unknown bytes and blanks. */
export const looksLikeEml = (text: string): boolean => /^[0-9a-fA-F?\-\s]+$/.test(text);

function readPages(lines: ReturnType<typeof numberedLines>): DumpReading {
  const pages: Uint8Array[] = [];
  for (const { text, line } of lines) {
    const page = readWholeHex(text, PAGE_DIGITS / 2);
    if (page === null) return dumpProblem("a page is not written as 8 hexadecimal digits", `line ${line}`);
    pages.push(page);
  }
  const { memory } = readType2Binary(concat(...pages));
  if (memory.ok) return { ...memory, format: "eml" };
  return { ...memory, place: null };
}

function readBlocks(lines: ReturnType<typeof numberedLines>): DumpReading {
  const blocks = new Map<number, ClassicBlock>();
  for (const { text, line } of lines) {
    const block = readHex(text, BLOCK_BYTES);
    if (block === null) return dumpProblem("a block is not written as 32 hexadecimal digits", `line ${line}`);
    if (blocks.size === MOST_BLOCKS) return dumpProblem("it has more blocks than any MIFARE Classic", `line ${line}`);
    blocks.set(blocks.size, blockOf(block));
  }
  const memory = classicMemory(blocks.size, blocks, null);
  return memory.ok ? { ...memory, format: "eml" } : memory;
}

export function readEml(text: string): DumpReading {
  const lines = numberedLines(text);
  const digits = lines[0]?.text.length;
  if (digits === PAGE_DIGITS) return readPages(lines);
  if (digits === BLOCK_DIGITS) return readBlocks(lines);
  return dumpProblem("its first line has neither 8 nor 32 hexadecimal digits", `line ${lines[0]?.line ?? 1}`);
}

/** Every page as a line, no header; unknown pages are zeros. */
export function writeEml({ pages }: Type2Dump): string {
  return pages.map((page) => `${hexText(page ?? new Uint8Array(PAGE_DIGITS / 2))}\n`).join("");
}
