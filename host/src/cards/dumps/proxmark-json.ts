import { PAGE_BYTES } from "@cachet/card-layout";
import { BLOCK_BYTES, blockOf, classicMemory, classicSize, MOST_BLOCKS } from "./classic-memory.ts";
import { type DumpProblem, type DumpReading, dumpProblem, type Type2Dump } from "./dump.ts";
import { type HexBytes, hexText, quoted, readHex } from "./hex-text.ts";
import { NamedFields } from "./named-fields.ts";
import { MOST_PAGES, type2Memory } from "./type2-memory.ts";

/**
 * JSON of the Proxmark3 client, file types "mfu" (Type 2), "mfc v2" and the older "mfcard" (MIFARE Classic):
 *
 *   { "Created", "FileType", "Card": { "UID", … }, "blocks": { "0": "04A1B29F", … } }
 *
 * Digits in upper case; counters are three bytes, low byte first. Blocks that are missing or empty are unknown. "SectorKeys", "TBO_0", "TBO_1" and
 * "Pack" may hold keys: they are not read, and written as zeros where the client wants them.
 */
const TYPE2 = "mfu";
const CLASSIC: readonly unknown[] = ["mfc v2", "mfcard"];

type JsonObject = Readonly<Record<string, unknown>>;

/** An object of the file; empty where there is none. */
function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function cardOf(file: JsonObject): NamedFields {
  const card = objectOf(file.Card);
  return new NamedFields((name) => {
    if (!Object.hasOwn(card, name)) return undefined;
    const value = card[name];
    return { text: typeof value === "string" ? value : "", place: `Card.${name}` };
  });
}

function blocksOf(file: JsonObject, size: number, most: number): Map<number, HexBytes> | DumpProblem {
  const blocks = new Map<number, HexBytes>();
  for (const [name, text] of Object.entries(objectOf(file.blocks))) {
    const place = `blocks.${quoted(name)}`;
    const number = /^(?:0|[1-9]\d{0,2})$/.test(name) ? Number(name) : most;
    if (number >= most) return dumpProblem(`blocks are numbered from 0 to ${most - 1}`, place);
    const bytes = typeof text === "string" ? readHex(text === "" ? "??".repeat(size) : text, size) : null;
    if (bytes === null) return dumpProblem(`block ${number} is not written as ${size} hexadecimal bytes`, place);
    blocks.set(number, bytes);
  }
  return blocks.size === 0 ? dumpProblem("it holds no blocks", "blocks") : blocks;
}

function readType2(file: JsonObject): DumpReading {
  const card = cardOf(file);
  const named = card.bytes("UID", 7);
  const version = card.bytes("Version", 8);
  const signature = card.bytes("Signature", 32);
  const counters = card.counters((name) => {
    const value = card.bytes(name, 3);
    return value === null ? null : value[0]! | (value[1]! << 8) | (value[2]! << 16);
  });
  if (card.problem !== null) return card.problem;
  const blocks = blocksOf(file, PAGE_BYTES, MOST_PAGES);
  if ("problem" in blocks) return blocks;
  const pages = Array.from({ length: Math.max(...blocks.keys()) + 1 }, (_, page) => {
    const read = blocks.get(page);
    return read === undefined || read.unknown.includes(true) ? null : read.bytes;
  });
  const memory = type2Memory({ named, version, signature, counters, pages });
  return memory.ok ? { ...memory, format: "proxmark-json" } : memory;
}

function readClassic(file: JsonObject): DumpReading {
  const card = cardOf(file);
  const named = card.bytes("UID", 4, 7);
  const sak = card.bytes("SAK", 1);
  if (card.problem !== null) return card.problem;
  const read = blocksOf(file, BLOCK_BYTES, MOST_BLOCKS);
  if ("problem" in read) return read;
  const blocks = new Map([...read].map(([number, bytes]) => [number, blockOf(bytes)]));
  const memory = classicMemory(classicSize(Math.max(...blocks.keys()), sak?.[0]), blocks, named);
  return memory.ok ? { ...memory, format: "proxmark-json" } : memory;
}

/** The line where JSON.parse stopped, when it tells one. Its message is not handed on: that may repeat bytes of the file. */
function syntaxProblem(error: unknown): DumpProblem {
  const line = /\(line (\d+) column \d+\)/.exec(String(error))?.[1];
  return dumpProblem("it begins like JSON but is not", line === undefined ? null : `line ${line}`);
}

export const looksLikeJson = (text: string): boolean => text.trimStart().startsWith("{");

export function readProxmarkJson(text: string): DumpReading {
  let file: JsonObject;
  try {
    file = objectOf(JSON.parse(text));
  } catch (error) {
    return syntaxProblem(error);
  }
  const type = file.FileType;
  if (type === TYPE2) return readType2(file);
  if (CLASSIC.includes(type)) return readClassic(file);
  const told = typeof type === "string" ? `FileType ${quoted(type)}` : "no FileType";
  return dumpProblem(`it has ${told}; known are "mfu", "mfc v2" and "mfcard"`, "FileType");
}

const counterHex = (value: number): string => hexText(Uint8Array.of(value & 0xff, (value >> 8) & 0xff, value >> 16));

/** Type "mfu". Unknown pages are empty texts; version, signature and counters that the dump does not know are zeros. */
export function writeProxmarkJson(dump: Type2Dump): string {
  const counters = dump.counters.flatMap((counter, i) => [
    [`Counter${i}`, counterHex(counter?.value ?? 0)],
    [`Tearing${i}`, hexText(Uint8Array.of(counter?.tearing ?? 0))],
  ]);
  const file = {
    Created: "cachet",
    FileType: TYPE2,
    Card: {
      UID: hexText(dump.uid),
      Version: hexText(dump.version ?? new Uint8Array(8)),
      TBO_0: "0000",
      TBO_1: "00",
      Signature: hexText(dump.signature ?? new Uint8Array(32)),
      ...Object.fromEntries(counters),
    },
    blocks: Object.fromEntries(dump.pages.map((page, i) => [i, page === null ? "" : hexText(page)])),
  };
  return JSON.stringify(file, null, 2);
}
