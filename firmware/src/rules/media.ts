import {
  budgetOf,
  CARD_MAPS,
  type CardMap,
  type Chip,
  preventsRollback,
  purseRoom,
  purseSize,
  pursesSize,
} from "@cachet/card-layout";
import { ArithmeticFault, whole } from "./arithmetic.ts";
import type { Programme } from "./programme.ts";
import { pursesOf } from "./stages.ts";

/** What a medium does about an older state of a card that somebody puts back on it. */
export type Protection = "prevents roll-back" | "detects roll-back at import";

/** Where a programme's purses lie on a medium. */
export interface Place {
  /** Index of the area. */
  readonly area: number;
  /** Bytes the area has for purses, and how many of them stay free. */
  readonly room: number;
  readonly free: number;
}

/** One memory map, and what becomes of each programme on it, in the order given; null where there is no area for it. */
export interface MediumReport {
  readonly map: CardMap;
  readonly protection: Protection;
  /** Each as the only one on the card. */
  readonly alone: readonly (Place | null)[];
  /** All of them on one card. */
  readonly together: readonly (Place | null)[];
}

export interface MediaReport {
  readonly media: readonly MediumReport[];
  /** In the order given: bytes of purses, media it is meant for and fits on, and what is wrong with that, one sentence each. */
  readonly programmes: readonly {
    readonly programme: Programme;
    readonly bytes: number;
    readonly usable: readonly Chip[];
    readonly faults: readonly string[];
  }[];
}

const CHIPS: readonly Chip[] = [...new Set(CARD_MAPS.map(({ chip }) => chip))];
const PREVENTING: readonly Chip[] = CARD_MAPS.filter(({ commit }) => preventsRollback(commit)).map(({ chip }) => chip);

/** What a map's way to commit does about roll-back. */
export function protectionOf({ commit }: Pick<CardMap, "commit">): Protection {
  return preventsRollback(commit) ? "prevents roll-back" : "detects roll-back at import";
}

const bytesOf = (programme: Programme): number => pursesSize(pursesOf(programme));

/** The most bytes of purses that one area of a chip has, whatever the layout. */
function roomOf(chip: Chip): number {
  return Math.max(
    ...CARD_MAPS.filter((map) => map.chip === chip).flatMap((map) => map.areas.map((area) => purseRoom(map, area))),
  );
}

function fitting(programme: Programme): Chip[] {
  return CHIPS.filter((chip) => roomOf(chip) >= bytesOf(programme));
}

/** Media that a programme is meant for and fits on. */
function usableMedia(programme: Programme): Chip[] {
  return fitting(programme).filter((chip) => programme.media?.includes(chip) ?? true);
}

function roomFaults(programme: Programme): string[] {
  const bytes = bytesOf(programme);
  const fits = fitting(programme);
  const need = `the purses take ${bytes} bytes (${pursesOf(programme)
    .map((kind) => `${kind} ${purseSize(kind)}`)
    .join(", ")})`;
  if (fits.length === 0) return [`media: ${need}; the largest area of any has ${Math.max(...CHIPS.map(roomOf))}`];
  return (programme.media ?? []).flatMap((chip) =>
    fits.includes(chip)
      ? []
      : [`media: ${need}; the largest area of ${chip} has ${roomOf(chip)}; they fit on ${fits.join(", ")}`],
  );
}

function capFaults(programme: Programme): string[] {
  const rule = programme.rules.find(({ kind }) => kind === "prepaid");
  const exposed = usableMedia(programme).filter((chip) => !PREVENTING.includes(chip));
  if (rule === undefined || programme.offlineCap !== undefined || exposed.length === 0) return [];
  const safe = fitting(programme).filter((chip) => PREVENTING.includes(chip));
  const elsewhere =
    safe.length === 0
      ? "no medium that prevents it has room for this programme"
      : `or name only media that prevent it, media: [${safe.map((chip) => `"${chip}"`).join(", ")}]`;
  return [
    `rule "${rule.id}": prepaid money may lie on ${exposed.join(", ")}, where putting back an old state is only detected at import; ` +
      `set offlineCap, the cents that one terminal lets one card spend in a day, ${elsewhere}`,
  ];
}

/** What is wrong with a programme's media, one sentence each. The programme has no other faults. */
export function mediaFaults(programme: Programme): string[] {
  return [...roomFaults(programme), ...capFaults(programme)];
}

function placesOn(map: CardMap, sizes: readonly number[]): (Place | null)[] {
  return budgetOf(map, sizes).placed.map((place, i) => place && { ...place, free: place.room - sizes[i]! });
}

/** What every medium can do for these programmes, and what is wrong with what they say about media. */
export function mediaReport(programmes: readonly Programme[]): MediaReport {
  const sizes = programmes.map(bytesOf);
  return {
    media: CARD_MAPS.map((map) => ({
      map,
      protection: protectionOf(map),
      alone: sizes.flatMap((bytes) => placesOn(map, [bytes])),
      together: placesOn(map, sizes),
    })),
    programmes: programmes.map((programme, i) => ({
      programme,
      bytes: sizes[i]!,
      usable: usableMedia(programme),
      faults: mediaFaults(programme),
    })),
  };
}

/**
 * The most that copies of one card can take before the office sees it, in cents, exactly: terminals that have not reported
 * × cap of one card at one terminal in a day × days between two reports. Three tills with a cap of 15 euros and daily
 * reports: 45 euros. Throws `ArithmeticFault` on what is no whole number, or a product that is none that is exact.
 */
export function exposure(of: { readonly terminals: number; readonly capCents: number; readonly days: number }): number {
  for (const [name, value] of Object.entries(of)) {
    if (whole(value, name) < 0) throw new ArithmeticFault(`${name} is ${value}, less than nothing`);
  }
  return whole(whole(of.terminals * of.capCents, "exposure") * of.days, "exposure");
}
