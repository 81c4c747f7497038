import { type Chip, CONFIG_PAGES, FACTORY_CONTENT, isBlank, toHex } from "@cachet/card-layout";
import { bytesAt, type CardInspection } from "./read.ts";

/** Pages as people name them: "04", "0a". */
export const pageText = (page: number): string => toHex(Uint8Array.of(page));

/** Runs of pages: "04-09, 0c". */
export function pagesText(pages: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === page - 1) last[1] = page;
    else runs.push([page, page]);
  }
  return runs.map(([a, b]) => (a === b ? pageText(a) : `${pageText(a)}-${pageText(b)}`)).join(", ");
}

/** The user pages of a chip: what holders, terminals and tools write. */
export function userPages(chip: Chip): { readonly first: number; readonly last: number } {
  const { dynamicLock, cfg0 } = CONFIG_PAGES[chip];
  return { first: 4, last: (dynamicLock ?? cfg0) - 1 };
}

/** Pages that one bit of the dynamic lock bytes 0 and 1 locks (NTAG213_215_216 section 8.5.3, MF0ULX1 section 8.5.4). */
const PAGES_A_DYNAMIC_BIT: Readonly<Record<Chip, number>> = {
  NTAG213: 2,
  NTAG215: 16,
  NTAG216: 16,
  MF0UL11: 2,
  MF0UL21: 2,
};
const FIRST_DYNAMIC_PAGE = 0x10;

/** User pages that lock bits keep as they are for ever: static ones up to page 0f, dynamic ones behind it. */
export function lockedUserPages({
  chip,
  pages,
  locked,
}: Pick<CardInspection, "chip" | "pages" | "locked">): readonly number[] {
  const { dynamicLock } = CONFIG_PAGES[chip];
  const four = dynamicLock === null ? null : pages[dynamicLock];
  if (four == null) return locked;
  const bits = four[0]! | (four[1]! << 8);
  const { last } = userPages(chip);
  const behind = Array.from({ length: Math.max(0, last - FIRST_DYNAMIC_PAGE + 1) }, (_, i) => FIRST_DYNAMIC_PAGE + i);
  const isLocked = (page: number) =>
    ((bits >> Math.floor((page - FIRST_DYNAMIC_PAGE) / PAGES_A_DYNAMIC_BIT[chip])) & 1) === 1;
  return [...locked, ...behind.filter(isLocked)];
}

/** What stands in the user pages of a card without an identity. `new`: what the maker delivers. */
export function contentOf({
  chip,
  pages,
}: Pick<CardInspection, "chip" | "pages">): "blank" | "new" | "other" | "unknown" {
  const { first, last } = userPages(chip);
  const bytes = bytesAt(pages, first, last - first + 1);
  if (bytes === null) return "unknown";
  if (isBlank(bytes)) return "blank";
  const isNew = FACTORY_CONTENT.some(
    (content) => content.every((byte, i) => bytes[i] === byte) && isBlank(bytes.subarray(content.length)),
  );
  return isNew ? "new" : "other";
}
