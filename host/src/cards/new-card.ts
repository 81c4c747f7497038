import {
  bestArea,
  CARD_MAPS,
  type CardIdentity,
  type CardMap,
  type CardPassword,
  type Chip,
  cardKey,
  cardNumber,
  cardPassword,
  type Day,
  EMPTY_NDEF,
  PAGE_BYTES,
  packUrl,
  seal,
  sealedIdentity,
  uidCardNumber,
} from "@cachet/card-layout";
import { hmacSha256 } from "../ports/crypto.ts";

/** What a card is to become. */
export interface CardOrder {
  readonly issuer: number;
  readonly serial: number;
  /** Local date of personalisation. */
  readonly issued: Day;
  /** Master card key of the issuer and its generation. */
  readonly master: Uint8Array;
  readonly generation: number;
  /** Programmes that must find an area; 1 where it is left out. */
  readonly areas?: number;
  /** A programme that must find an area: bytes of its purses, and the chips that it may be opened on; any where none are named. */
  readonly keeps?: { readonly bytes: number; readonly chips?: readonly Chip[] };
  /** Web address for phones, where the card has room; `{card}` in it stands for the card number. */
  readonly url?: string;
}

/** Layouts in the order in which they are preferred: by what a card is usually for. */
const PREFERRED = [1, 2, 3, 4, 5, 6, 7] as const;

/** The memory map that fits an order on this chip: enough areas, room for the programme that is named, and room for a web address where one is wanted; null where none does. */
export function mapFor(
  chip: Chip,
  { areas = 1, keeps, url }: Pick<CardOrder, "areas" | "keeps" | "url">,
): CardMap | null {
  if (keeps?.chips?.includes(chip) === false) return null;
  const maps = PREFERRED.flatMap((layout) =>
    CARD_MAPS.filter((map) => map.layout === layout && map.chip === chip),
  ).filter((map) => map.areas.length >= areas && bestArea(map, map.areas, keeps?.bytes ?? 0) !== null);
  const withUrl = url === undefined ? undefined : maps.find(({ ndef }) => ndef !== null);
  return withUrl ?? maps[0] ?? null;
}

/** The number that a card of this order gets; null where it goes by its UID and that is none of NXP's. */
export function numberFor(map: CardMap, { issuer, serial }: CardOrder, uid: Uint8Array): number | null {
  return map.identity === null ? uidCardNumber(uid) : cardNumber(issuer, serial);
}

/** The identity record of an order, sealed. `starts`: counters 2 and 1 as they stand, on chips that commit by them. */
export function identityFor(
  map: CardMap,
  order: CardOrder,
  uid: Uint8Array,
  number: number,
  starts: readonly [number, number] | null,
): CardIdentity {
  const { issuer, issued, master, generation } = order;
  const head = { layout: map.layout, generation, issuer, card: number, issued };
  const mac = new Uint8Array(8);
  const unsealed: CardIdentity =
    starts === null
      ? { ...head, reserved: new Uint8Array(2), mac }
      : { ...head, start2: starts[0], start1: starts[1], mac };
  const bearer = { uid, card: number };
  const key = cardKey(hmacSha256, master, "identity", bearer);
  return { ...unsealed, mac: seal(hmacSha256, key, bearer, sealedIdentity(unsealed)) };
}

/** What opens a card's pages for writing. */
export function passwordFor(master: Uint8Array, uid: Uint8Array, number: number): CardPassword {
  return cardPassword(hmacSha256, master, { uid, card: number });
}

/** The web address of one card. */
export const urlOf = (template: string, number: number): string => template.replaceAll("{card}", String(number));

/** What the NDEF pages hold: the address, or an empty message; nothing where the map has none. */
export function ndefFor({ ndef }: CardMap, { url }: CardOrder, number: number): Uint8Array {
  if (ndef === null) return new Uint8Array();
  if (url !== undefined) return packUrl(urlOf(url, number), ndef.pages * PAGE_BYTES);
  const empty = new Uint8Array(ndef.pages * PAGE_BYTES);
  empty.set(EMPTY_NDEF);
  return empty;
}
