import { type PurseKind, purseSize } from "../record/purse.ts";
import { type AreaMap, type CardMap, type Chip, PAGE_BYTES, purseRoom } from "./card-map.ts";
import { NTAG21X_MAPS } from "./ntag21x.ts";
import { ULTRALIGHT_EV1_MAPS } from "./ultralight-ev1.ts";

/** Every memory map, by layout number. */
export const CARD_MAPS: readonly CardMap[] = [...NTAG21X_MAPS, ...ULTRALIGHT_EV1_MAPS];

/** The map of an identity record's layout on this chip; null when the layout is unknown or belongs to another chip. */
export function mapOf(layout: number, chip: Chip): CardMap | null {
  return CARD_MAPS.find((map) => map.layout === layout && map.chip === chip) ?? null;
}

/** The map of a chip that has no room for an identity record; null for all others. */
export function uidMapOf(chip: Chip): CardMap | null {
  return CARD_MAPS.find((map) => map.chip === chip && map.identity === null) ?? null;
}

/** Bytes the purses of a programme take in an area. */
export function pursesSize(kinds: readonly PurseKind[]): number {
  return kinds.reduce((sum, kind) => sum + purseSize(kind), 0);
}

/** The smallest of `free` areas with room for `bytes` of purses, the earlier of two equals; null when none has. */
export function bestArea(map: CardMap, free: readonly AreaMap[], bytes: number): AreaMap | null {
  let best: AreaMap | null = null;
  for (const area of free) {
    if (purseRoom(map, area) >= bytes && (best === null || area.slotPages < best.slotPages)) best = area;
  }
  return best;
}

/** Where each programme's bytes would lie on a kind of card, or which programme finds no area. */
export interface Budget {
  readonly map: CardMap;
  readonly userBytes: number;
  readonly identityBytes: number;
  readonly ndefBytes: number;
  readonly freeBytes: number;
  /** By programme, in the order given: the area's index and its room, or null when nothing fits. */
  readonly placed: readonly ({ readonly area: number; readonly room: number } | null)[];
}

/** Places programmes, given as bytes of purses, on a card: the largest first, each in the smallest area that holds it. */
export function budgetOf(map: CardMap, programmes: readonly number[]): Budget {
  const free = [...map.areas];
  const placed: (Budget["placed"][number] | undefined)[] = programmes.map(() => undefined);
  const largestFirst = programmes
    .map((bytes, index) => ({ bytes, index }))
    .sort((a, b) => b.bytes - a.bytes || a.index - b.index);
  for (const { bytes, index } of largestFirst) {
    const area = bestArea(map, free, bytes);
    if (area) free.splice(free.indexOf(area), 1);
    placed[index] = area ? { area: map.areas.indexOf(area), room: purseRoom(map, area) } : null;
  }
  const userPages = map.user.last - map.user.first + 1;
  const areaPages = map.areas.reduce((sum, area) => sum + 2 * area.slotPages, 0);
  const identityPages = map.identity?.pages ?? 0;
  const ndefPages = map.ndef?.pages ?? 0;
  return {
    map,
    userBytes: userPages * PAGE_BYTES,
    identityBytes: identityPages * PAGE_BYTES,
    ndefBytes: ndefPages * PAGE_BYTES,
    freeBytes: (userPages - areaPages - identityPages - ndefPages) * PAGE_BYTES,
    placed: placed.map((place) => place ?? null),
  };
}
