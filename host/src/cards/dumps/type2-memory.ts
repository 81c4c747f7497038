import {
  type Chip,
  CONFIG_PAGES,
  concat,
  isBlank,
  PAGE_BYTES,
  sameBytes,
  toHex,
  type2,
  uidOfPages,
} from "@cachet/card-layout";
import { type DumpCounter, type DumpProblem, dumpProblem, type Type2Dump } from "./dump.ts";

/** What a reader of one format found, before it is known to be a chip's memory. */
export interface Type2Parts {
  /** The UID the file names beside the pages; null where it names none. */
  readonly named: Uint8Array | null;
  readonly version: Uint8Array | null;
  readonly signature: Uint8Array | null;
  readonly counters: readonly (DumpCounter | null)[];
  readonly pages: readonly (Uint8Array | null)[];
}

export type Type2Memory =
  | { readonly ok: true; readonly dump: Type2Dump; readonly warnings: readonly string[] }
  | DumpProblem;

export const NO_COUNTERS: readonly (DumpCounter | null)[] = [null, null, null];
const CHIPS = Object.keys(CONFIG_PAGES) as readonly Chip[];

/**
 * Pages that hold passwords or keys, by the number of pages, of chips that are not ours or give no version: NTAG210 and 212 are
 * built like MF0UL11 and 21; Ultralight C keeps its key in 2C-2F, Ultralight AES in 30-37; Ultralight and NTAG203 have none.
 */
const SECRET_PAGES: Readonly<Record<number, readonly number[]>> = {
  16: [],
  20: [18, 19],
  41: [39, 40],
  42: [],
  45: [43, 44],
  48: [44, 45, 46, 47],
  60: [48, 49, 50, 51, 52, 53, 54, 55],
  135: [133, 134],
  231: [229, 230],
};

/** The most pages that any of these chips has. */
export const MOST_PAGES = 231;

/** A counter as tools write it: value zero with flag zero is one they could not read. */
export function counterAsWritten(value: number, tearing: number): DumpCounter | null {
  return value === 0 && tearing === 0 ? null : { value, tearing };
}

const orNull = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null || isBlank(bytes) ? null : bytes);

/** The whole chip's pages: missing ones at the end are unknown. */
function fitPages(
  chip: Chip | null,
  pages: Type2Parts["pages"],
  warnings: string[],
): (Uint8Array | null)[] | DumpProblem {
  const count = pages.length;
  const wanted = chip === null ? count : CONFIG_PAGES[chip].pages;
  if (chip === null && SECRET_PAGES[count] === undefined) return dumpProblem(`no known chip has ${count} pages`);
  if (count > wanted) return dumpProblem(`it has ${count} pages, but its version is that of ${chip} with ${wanted}`);
  if (count < wanted)
    warnings.push(`pages ${count} to ${wanted - 1} of the ${chip} are missing; they count as unknown`);
  return Array.from({ length: wanted }, (_, page) => pages[page] ?? null);
}

/** Takes out what only the card's owner should know; those pages read as zeros on the chip. */
function dropSecrets(pages: (Uint8Array | null)[], secret: readonly number[], warnings: string[]): void {
  let dropped = false;
  for (const page of secret) {
    const bytes = pages[page];
    if (bytes == null) continue;
    dropped ||= !isBlank(bytes);
    pages[page] = new Uint8Array(PAGE_BYTES);
  }
  if (dropped) warnings.push(`it held a password or key in page ${secret[0]} or behind; that was not taken over`);
}

function uidOf(pages: Type2Parts["pages"]): Uint8Array | DumpProblem {
  const [first, second, third] = pages;
  if (first == null || second == null || third == null)
    return dumpProblem("pages 0 to 2, which hold the UID, are not all known");
  return (
    uidOfPages(concat(first, second, third)) ?? dumpProblem("the check bytes of the UID in pages 0 to 2 are wrong")
  );
}

/** Counters 0 and 1 are on MIFARE Ultralight EV1 only. */
function countersOf(chip: Chip | null, counters: Type2Parts["counters"]): readonly (DumpCounter | null)[] {
  return chip?.startsWith("NTAG") ? [null, null, counters[2] ?? null] : counters;
}

/**
 * Makes a dump of the parts, or says why they are none: unknown or wrong UID pages, or a number of pages that fits no chip.
 * Pages that hold passwords come out as zeros where the file knew them.
 */
export function type2Memory(parts: Type2Parts): Type2Memory {
  const uid = uidOf(parts.pages);
  if ("problem" in uid) return uid;
  const warnings: string[] = [];
  if (parts.named !== null && !sameBytes(parts.named, uid)) {
    warnings.push(`it names the UID ${toHex(parts.named)}, but its pages say ${toHex(uid)}; the pages count`);
  }
  const version = orNull(parts.version);
  const bySize = CHIPS.find((chip) => CONFIG_PAGES[chip].pages === parts.pages.length) ?? null;
  const chip = version === null ? bySize : type2.chipOf(version);
  const pages = fitPages(chip, parts.pages, warnings);
  if ("problem" in pages) return pages;
  dropSecrets(pages, SECRET_PAGES[pages.length] ?? [], warnings);
  const counters = countersOf(chip, parts.counters);
  const signature = orNull(parts.signature);
  return { ok: true, dump: { family: "type2", chip, uid, version, signature, counters, pages }, warnings };
}
