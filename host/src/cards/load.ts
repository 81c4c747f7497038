import { type CardMap, type CardPassword, PAGE_BYTES, sameBytes, slotPage, type2 } from "@cachet/card-layout";
import { readPages } from "./chip.ts";
import type { ChipLink } from "./chip-link.ts";
import type { Type2Dump } from "./dumps/dump.ts";
import type { CardInspection } from "./read.ts";
import { lockedUserPages, userPages } from "./user-pages.ts";

/** What writing a dump onto a card takes. */
export type LoadPlan =
  | {
      readonly result: "ready";
      /** Pages that differ, in the order in which they are written. */
      readonly pages: readonly number[];
      /** User pages that the dump does not know: they stay as they are. */
      readonly unknown: readonly number[];
      /** Whether one of the pages needs the card's password. */
      readonly needsPassword: boolean;
    }
  /** Nothing of it can be written: another kind of chip, or pages that differ are locked or cannot be read. */
  | { readonly result: "other-chip" }
  | { readonly result: "locked" | "unreadable"; readonly pages: readonly number[] };

/** The page of each slot that is written last: it holds the end of the MAC. */
function lastPages(map: CardMap | null): ReadonlySet<number> {
  const areas = map?.areas ?? [];
  return new Set(areas.flatMap((area) => ([0, 1] as const).map((slot) => slotPage(area, slot) + area.slotPages - 1)));
}

/**
 * Plans to write the user pages of a dump onto a card. Pages 0 to 3, lock bits, configuration and counters are never written:
 * they differ as they differ. `map`: the layout that the dump's own identity names, if any.
 */
export function planLoad(card: CardInspection, dump: Type2Dump, map: CardMap | null): LoadPlan {
  if (dump.chip !== card.chip) return { result: "other-chip" };
  const { first, last } = userPages(card.chip);
  const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const unknown = all.filter((page) => dump.pages[page] == null);
  const known = all.filter((page) => dump.pages[page] != null);
  const unreadable = known.filter((page) => card.pages[page] == null);
  if (unreadable.length > 0) return { result: "unreadable", pages: unreadable };
  const differ = known.filter((page) => !sameBytes(dump.pages[page]!, card.pages[page]!));
  const locks = lockedUserPages(card);
  const locked = differ.filter((page) => locks.includes(page));
  if (locked.length > 0) return { result: "locked", pages: locked };
  const ends = lastPages(map);
  const pages = [...differ.filter((page) => !ends.has(page)), ...differ.filter((page) => ends.has(page))];
  const from = card.access?.firstProtected ?? 0;
  return { result: "ready", pages, unknown, needsPassword: pages.some((page) => page >= from) };
}

/** What became of a card. `refused`: the chip did not take the password, or `page`. `gone`: it left; `written` pages are sure. */
export type Loaded =
  | { readonly result: "loaded" }
  | { readonly result: "wrong-password" }
  | { readonly result: "refused"; readonly page: number; readonly written: number }
  | { readonly result: "differs"; readonly pages: readonly number[] }
  | { readonly result: "gone"; readonly written: number };

async function readBack(link: ChipLink, dump: Type2Dump, written: readonly number[]): Promise<Loaded> {
  const { first, last } = userPages(dump.chip!);
  const back = await readPages(link, first, last);
  if (back === "gone") return { result: "gone", written: written.length };
  const at = (page: number) => (page - first) * PAGE_BYTES;
  const isThere = (page: number) =>
    back !== "refused" && sameBytes(back.subarray(at(page), at(page) + PAGE_BYTES), dump.pages[page]!);
  const differ = written.filter((page) => !isThere(page));
  return differ.length === 0 ? { result: "loaded" } : { result: "differs", pages: differ };
}

/**
 * Writes the pages of a plan and reads them back. `password`: opens the card; null where no page needs it. One exchange, so
 * that readers keep the card open from the password to the last page. Cut anywhere, the same command finishes it.
 */
export async function loadPages(
  link: ChipLink,
  dump: Type2Dump,
  pages: readonly number[],
  password: CardPassword | null,
): Promise<Loaded> {
  if (pages.length === 0) return { result: "loaded" };
  const opening = password === null ? [] : [type2.passwordAuth(password.password)];
  const writes = pages.map((page) => type2.write(page, dump.pages[page]!));
  const { answers, end } = await link.exchange([...opening, ...writes]);
  const written = Math.max(0, answers.length - opening.length);
  if (end === "done") return readBack(link, dump, pages);
  if (end === "gone") return { result: "gone", written };
  return answers.length < opening.length
    ? { result: "wrong-password" }
    : { result: "refused", page: pages[written]!, written };
}
