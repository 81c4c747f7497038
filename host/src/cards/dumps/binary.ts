import { concat, PAGE_BYTES, uidOfPages } from "@cachet/card-layout";
import { BLOCK_BYTES, CLASSIC_SIZES, classicMemory } from "./classic-memory.ts";
import {
  type ClassicBlock,
  type DumpCounter,
  type DumpFormat,
  type DumpReading,
  dumpProblem,
  type Type2Dump,
} from "./dump.ts";
import {
  counterAsWritten,
  MOST_PAGES,
  NO_COUNTERS,
  type Type2Memory,
  type Type2Parts,
  type2Memory,
} from "./type2-memory.ts";

/**
 * Memory as bytes. Type 2 chips come in three shapes (Proxmark3 client, `mfu_dump_t` and `old_mfu_dump_t`), told apart by
 * where the check bytes of the UID fit; a MIFARE Classic is its blocks and nothing else (libnfc `.mfd`), told by its size.
 *
 *   byte    56-byte header                        48-byte header              no header
 *   0-7     GET_VERSION                           GET_VERSION                 pages
 *   8-11    2 + 1 of the tool, last page's index  2 of the tool, tearing 0, 1
 *   12-43   signature                             tearing 2, PACK, 1, then the signature in 16-47
 *   44-55   3 x (counter, 3 bytes, low byte first; tearing flag)
 *   56      pages                                 pages, from 48
 *
 * The tool's own bytes may hold PACK: they are not read, and written as zeros.
 */
const HEADER = 56;
const OLD_HEADER = 48;
const SHAPES = [
  { header: HEADER, format: "proxmark-bin" },
  { header: OLD_HEADER, format: "proxmark-bin-48" },
  { header: 0, format: "bin" },
] as const;

function countersIn(file: Uint8Array): (DumpCounter | null)[] {
  return [44, 48, 52].map((at) =>
    counterAsWritten(file[at]! | (file[at + 1]! << 8) | (file[at + 2]! << 16), file[at + 3]!),
  );
}

function pagesIn(memory: Uint8Array): Uint8Array[] {
  return Array.from({ length: memory.length / PAGE_BYTES }, (_, i) =>
    memory.slice(i * PAGE_BYTES, (i + 1) * PAGE_BYTES),
  );
}

function partsIn(file: Uint8Array, header: number): Type2Parts {
  const pages = pagesIn(file.subarray(header));
  const version = header === 0 ? null : file.slice(0, 8);
  const signature = header === 0 ? null : file.slice(header === HEADER ? 12 : 16, header === HEADER ? 44 : 48);
  return { named: null, version, signature, counters: header === HEADER ? countersIn(file) : NO_COUNTERS, pages };
}

type Shape = (typeof SHAPES)[number];

function readShape(file: Uint8Array, { header }: Shape): Type2Memory {
  const bytes = file.length - header;
  const cut = bytes % PAGE_BYTES;
  if (cut !== 0) return dumpProblem("its last page is cut", `byte ${file.length - cut}`);
  if (bytes > MOST_PAGES * PAGE_BYTES) return dumpProblem("it is larger than any chip", `byte ${header}`);
  const memory = type2Memory(partsIn(file, header));
  const last = bytes / PAGE_BYTES - 1;
  if (!memory.ok || header !== HEADER || file[11] === last) return memory;
  const warning = `its header says that page ${file[11]} is the last, but it ends with page ${last}`;
  return { ...memory, warnings: [warning, ...memory.warnings] };
}

/**
 * Reads the memory of a Type 2 chip, whatever its header. Check bytes alone could fit at two places by chance or by intent, so
 * the rest has to fit a chip as well.
 */
export function readType2Binary(file: Uint8Array): { readonly format: DumpFormat; readonly memory: Type2Memory } {
  let first: { readonly format: DumpFormat; readonly memory: Type2Memory } | null = null;
  for (const shape of SHAPES) {
    if (uidOfPages(file.subarray(shape.header)) === null) continue;
    const read = { format: shape.format, memory: readShape(file, shape) };
    if (read.memory.ok) return read;
    first ??= read;
  }
  return first ?? { format: "bin", memory: dumpProblem("no check bytes of a UID fit at byte 0, 48 or 56", "byte 0") };
}

function readClassicBinary(file: Uint8Array): DumpReading {
  const blocks = new Map<number, ClassicBlock>();
  for (let at = 0; at < file.length; at += BLOCK_BYTES) {
    blocks.set(at / BLOCK_BYTES, { bytes: file.slice(at, at + BLOCK_BYTES), unknown: 0 });
  }
  const memory = classicMemory(blocks.size, blocks, null);
  return memory.ok ? { ...memory, format: "bin" } : memory;
}

/** Reads a file of memory: a MIFARE Classic when it has the size of one, a Type 2 chip otherwise. */
export function readBinary(file: Uint8Array): DumpReading {
  if (CLASSIC_SIZES.includes(file.length / BLOCK_BYTES)) return readClassicBinary(file);
  const { format, memory } = readType2Binary(file);
  return memory.ok ? { ...memory, format } : memory;
}

/** Every page; unknown ones are zeros. */
export function writeBinary({ pages }: Type2Dump): Uint8Array {
  return concat(...pages.map((page) => page ?? new Uint8Array(PAGE_BYTES)));
}

/** The 56-byte header and every page. What the dump does not know is zeros. */
export function writeProxmarkBinary(dump: Type2Dump): Uint8Array {
  const counters = dump.counters.map((counter) => {
    const { value, tearing } = counter ?? { value: 0, tearing: 0 };
    return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16, tearing);
  });
  return concat(
    dump.version ?? new Uint8Array(8),
    Uint8Array.of(0, 0, 0, dump.pages.length - 1),
    dump.signature ?? new Uint8Array(32),
    ...counters,
    writeBinary(dump),
  );
}
