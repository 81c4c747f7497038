import { HEADER_BYTES, type HeaderForm, MAC_BYTES } from "../record/state.ts";

/** Chips that Cachet knows the memory of. */
export type Chip = "NTAG213" | "NTAG215" | "NTAG216" | "MF0UL11" | "MF0UL21";

/** How a medium decides which of two slots is current, and how a write becomes the current one. */
export type CommitRule = "highest-sequence" | "odd-even-counter";

/** Type 2 chips are read and written in pages of four bytes. */
export const PAGE_BYTES = 4;

/** One area: two slots of `slotPages` pages each, slot A at `firstPage`, slot B right behind it. */
export interface AreaMap {
  readonly firstPage: number;
  readonly slotPages: number;
}

/** Where everything lies on one kind of card. `layout` is the identity record's layout byte; a map never changes once cards carry it. */
export interface CardMap {
  readonly layout: number;
  readonly chip: Chip;
  readonly commit: CommitRule;
  readonly header: HeaderForm;
  /** First and last user page. */
  readonly user: { readonly first: number; readonly last: number };
  /** Null where the chip has no room for an identity record and its UID stands for the card number. */
  readonly identity: { readonly firstPage: number; readonly pages: number } | null;
  readonly ndef: { readonly firstPage: number; readonly pages: number } | null;
  readonly areas: readonly AreaMap[];
}

/** Places areas one behind the other from `firstPage`, one for each slot size. */
export function placeAreas(firstPage: number, slotPages: readonly number[]): AreaMap[] {
  const areas: AreaMap[] = [];
  let page = firstPage;
  for (const pages of slotPages) {
    areas.push({ firstPage: page, slotPages: pages });
    page += 2 * pages;
  }
  return areas;
}

/** Bytes an area leaves for purses: a slot less header and MAC. */
export function purseRoom(map: CardMap, area: AreaMap): number {
  return area.slotPages * PAGE_BYTES - HEADER_BYTES[map.header] - MAC_BYTES;
}

/** First page of a slot. */
export function slotPage(area: AreaMap, slot: 0 | 1): number {
  return area.firstPage + slot * area.slotPages;
}
