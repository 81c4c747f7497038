import { type Chip, PAGE_BYTES } from "@cachet/card-layout";
import { BLOCK_BYTES, blockOf, classicMemory, classicSize, MOST_BLOCKS } from "./classic-memory.ts";
import { type DumpProblem, type DumpReading, dumpProblem, type Type2Dump } from "./dump.ts";
import { type HexBytes, hexText, quoted, readHex } from "./hex-text.ts";
import { type Field, NamedFields } from "./named-fields.ts";
import { numberedLines } from "./text-lines.ts";
import { MOST_PAGES, type2Memory } from "./type2-memory.ts";

/**
 * Flipper Zero `.nfc`, versions 2 to 4: lines "Name: value", comments behind "#".
 *
 *   all              Filetype · Version · Device type · UID · ATQA (high byte first from version 4 on) · SAK
 *   NTAG/Ultralight  Signature · Mifare version · Counter n (decimal) · Tearing n · Pages total · Pages read · Page i
 *   Mifare Classic   Mifare Classic type · Block i, "??" for unknown bytes
 *
 * Before version 4 the device type is the name of the chip, and "Pages read" may be missing. The device reads pages from 0 on
 * and stops at the first it cannot: those from "Pages read" on are unknown, whatever stands there.
 */
const FIRST_LINE = "Filetype: Flipper NFC device";
const VERSIONS: readonly (number | null)[] = [2, 3, 4];
const TYPE2_DEVICE = /^(?:NTAG|Mifare Ultralight)/;
const CLASSIC_DEVICE = "Mifare Classic";
const ULTRALIGHT_NAMES: Readonly<Partial<Record<Chip, string>>> = {
  MF0UL11: "Mifare Ultralight 11",
  MF0UL21: "Mifare Ultralight 21",
};
const COUNTER_MAX = 0xffffff;

export const looksLikeFlipper = (text: string): boolean => text.trimStart().startsWith("Filetype:");

/** The lines by name; a name that stands twice is a problem. */
function linesOf(text: string): Map<string, Field> | DumpProblem {
  const fields = new Map<string, Field>();
  for (const { text: content, line } of numberedLines(text)) {
    if (content.startsWith("#")) continue;
    const place = `line ${line}`;
    const colon = content.indexOf(":");
    if (colon < 0) return dumpProblem('a line is not written as "Name: value"', place);
    const name = content.slice(0, colon).trim();
    if (fields.has(name)) return dumpProblem(`${quoted(name)} is there twice`, place);
    fields.set(name, { text: content.slice(colon + 1).trim(), place });
  }
  return fields;
}

/** Lines "Page i" or "Block i" by their number. */
function numbered(
  lines: Map<string, Field>,
  word: string,
  size: number,
  most: number,
): Map<number, HexBytes> | DumpProblem {
  const found = new Map<number, HexBytes>();
  for (const [name, { text, place }] of lines) {
    const digits = new RegExp(`^${word} (\\d{1,4})$`).exec(name)?.[1];
    if (digits === undefined) continue;
    const number = Number(digits);
    if (number >= most || digits !== String(number))
      return dumpProblem(`${word} numbers go from 0 to ${most - 1}`, place);
    const bytes = readHex(text, size);
    if (bytes === null) return dumpProblem(`${name} is not written as ${size} hexadecimal bytes`, place);
    found.set(number, bytes);
  }
  return found.size === 0 ? dumpProblem(`it has no line "${word} 0"`) : found;
}

function readType2(lines: Map<string, Field>, fields: NamedFields): DumpReading {
  const named = fields.bytes("UID", 7);
  const signature = fields.bytes("Signature", 32);
  const version = fields.bytes("Mifare version", 8);
  const counters = fields.counters((name) => fields.decimal(name, COUNTER_MAX));
  const total = fields.decimal("Pages total", MOST_PAGES);
  const known = fields.decimal("Pages read", total ?? MOST_PAGES);
  if (fields.problem !== null) return fields.problem;
  const found = numbered(lines, "Page", PAGE_BYTES, total ?? MOST_PAGES);
  if ("problem" in found) return found;
  const count = total ?? Math.max(...found.keys()) + 1;
  const pages = Array.from({ length: count }, (_, page) => {
    const read = page < (known ?? count) ? found.get(page) : undefined;
    return read === undefined || read.unknown.includes(true) ? null : read.bytes;
  });
  const memory = type2Memory({ named, version, signature, counters, pages });
  return memory.ok ? { ...memory, format: "flipper" } : memory;
}

function readClassic(lines: Map<string, Field>, fields: NamedFields): DumpReading {
  const named = fields.bytes("UID", 4, 7);
  const sak = fields.bytes("SAK", 1);
  if (fields.problem !== null) return fields.problem;
  const found = numbered(lines, "Block", BLOCK_BYTES, MOST_BLOCKS);
  if ("problem" in found) return found;
  const blocks = new Map([...found].map(([number, bytes]) => [number, blockOf(bytes)]));
  const memory = classicMemory(classicSize(Math.max(...blocks.keys()), sak?.[0]), blocks, named);
  return memory.ok ? { ...memory, format: "flipper" } : memory;
}

export function readFlipper(text: string): DumpReading {
  const lines = linesOf(text);
  if ("problem" in lines) return lines;
  // Counters and flags carry a blank in their names here: "Counter 0".
  const fields = new NamedFields((name) => lines.get(name.replace(/^(Counter|Tearing)(?=\d$)/, "$1 ")));
  const kind = fields.text("Filetype");
  if (kind === undefined || `Filetype: ${kind.text}` !== FIRST_LINE) {
    return dumpProblem("it is a file of a Flipper, but of no NFC device", kind?.place ?? null);
  }
  const version = fields.decimal("Version", 99);
  if (!VERSIONS.includes(version))
    return dumpProblem("its Version is not 2, 3 or 4", fields.text("Version")?.place ?? null);
  const device = fields.text("Device type");
  if (device !== undefined && TYPE2_DEVICE.test(device.text)) return readType2(lines, fields);
  if (device?.text === CLASSIC_DEVICE) return readClassic(lines, fields);
  const told = device === undefined ? "no device type" : `device type ${quoted(device.text)}`;
  return dumpProblem(`it has ${told}; known are NTAG/Ultralight and Mifare Classic`, device?.place ?? null);
}

function typeName(dump: Type2Dump): string {
  if (dump.chip !== null) return ULTRALIGHT_NAMES[dump.chip] ?? dump.chip;
  return dump.pages.length === 42 ? "NTAG203" : "Mifare Ultralight";
}

/** Version 4, with the comments that the device writes. Pages behind the first unknown one count as not read there. */
export function writeFlipper(dump: Type2Dump): string {
  const firstUnknown = dump.pages.indexOf(null);
  const line = (bytes: Uint8Array) => hexText(bytes, " ");
  const lines = [
    FIRST_LINE,
    "Version: 4",
    "# Device type can be ISO14443-3A, ISO14443-3B, ISO14443-4A, NTAG/Ultralight, Mifare Classic, Mifare DESFire",
    "Device type: NTAG/Ultralight",
    "# UID is common for all formats",
    `UID: ${line(dump.uid)}`,
    "# ISO14443-3A specific data",
    "ATQA: 00 44",
    "SAK: 00",
    "# NTAG/Ultralight specific data",
    "Data format version: 2",
    `NTAG/Ultralight type: ${typeName(dump)}`,
    `Signature: ${line(dump.signature ?? new Uint8Array(32))}`,
    `Mifare version: ${line(dump.version ?? new Uint8Array(8))}`,
    ...dump.counters.flatMap((counter, i) => [
      `Counter ${i}: ${counter?.value ?? 0}`,
      `Tearing ${i}: ${line(Uint8Array.of(counter?.tearing ?? 0))}`,
    ]),
    `Pages total: ${dump.pages.length}`,
    `Pages read: ${firstUnknown < 0 ? dump.pages.length : firstUnknown}`,
    ...dump.pages.map((page, i) => `Page ${i}: ${line(page ?? new Uint8Array(PAGE_BYTES))}`),
    "Failed authentication attempts: 0",
  ];
  return `${lines.join("\n")}\n`;
}
