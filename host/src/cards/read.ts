import {
  type AreaMap,
  areLocksFrozen,
  type CardIdentity,
  type CardMap,
  type CardState,
  type Chip,
  type ChipAccess,
  CONFIG_PAGES,
  type CounterAreaReading,
  counterNumber,
  counterStart,
  isBlank,
  lockedPages,
  mapOf,
  PAGE_BYTES,
  readAccess,
  readArea,
  readCounterArea,
  readSlot,
  type Slot,
  sealedIdentity,
  slotPage,
  splitSlot,
  type2,
  uidCardNumber,
  uidIdentity,
  uidMapOf,
  unpackState,
  unpackUrl,
  unwrapIdentity,
} from "@cachet/card-layout";
import { ask, identifyChip, readPages } from "./chip.ts";
import type { ChipLink } from "./chip-link.ts";
import { sealFits } from "./seals.ts";

/** Master keys by what they seal; null where this host does not hold the key. */
export interface MasterKeys {
  card(issuer: number, generation: number): Uint8Array | null;
  area(programme: number, generation: number): Uint8Array | null;
}

/** What can be said of a MAC: nothing without the key. */
export type SealVerdict = "right" | "wrong" | "no-key";

/** One slot of an area. */
export interface SlotReading {
  readonly bytes: Uint8Array;
  /** `unreadable`: neither blank nor a record of a layout that this version knows. `unknown`: some of its pages could not be read. */
  readonly kind: "blank" | "record" | "unreadable" | "unknown";
  readonly seal: SealVerdict | null;
  readonly state: CardState | null;
}

/** What an area holds. `unknown`: its slots, or the counter that decides between them, could not be read. */
export type InspectedArea = CounterAreaReading | { readonly kind: "unknown"; readonly what: "slot" | "counter" };

/** One area of a card. A record whose key is not held is taken at its word: `trusted` says so. */
export interface AreaInspection {
  readonly index: number;
  readonly map: AreaMap;
  readonly counter: { readonly number: number; readonly value: number; readonly torn: boolean } | null;
  readonly slots: readonly [SlotReading, SlotReading];
  readonly reading: InspectedArea;
  readonly trusted: boolean;
}

/** What a card's identity says, and what can be said of it. */
export type IdentityReading =
  | { readonly kind: "record"; readonly identity: CardIdentity; readonly seal: SealVerdict }
  /** No room for a record: the UID is the number, and nothing on the card says whose it is. */
  | { readonly kind: "uid"; readonly identity: CardIdentity }
  | { readonly kind: "none" };

/** A card as a host sees it: everything that can be read without writing. */
export interface CardInspection {
  readonly uid: Uint8Array;
  readonly chip: Chip;
  /** Every page of the chip up to its configuration; null where it cannot be read. */
  readonly pages: readonly (Uint8Array | null)[];
  readonly identity: IdentityReading;
  readonly map: CardMap | null;
  readonly url: string | null;
  readonly areas: readonly AreaInspection[];
  readonly access: ChipAccess | null;
  readonly locked: readonly number[];
  readonly locksFrozen: boolean;
  readonly signature: Uint8Array | null;
}

export type CardReading =
  | { readonly result: "read"; readonly card: CardInspection }
  | { readonly result: "gone" | "unknown-chip" };

/** Pages one after the other, as far as they can be read: a dump may not know some, a chip may not give some. */
export async function readAll(link: ChipLink, count: number): Promise<(Uint8Array | null)[] | "gone"> {
  const whole = await readPages(link, 0, count - 1);
  if (whole === "gone") return whole;
  if (whole !== "refused") return split(whole);
  const pages: (Uint8Array | null)[] = [];
  for (let page = 0; page < count; page += 1) {
    const one = await readPages(link, page, page);
    if (one === "gone") return one;
    pages.push(one === "refused" ? null : one);
  }
  return pages;
}

const split = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / PAGE_BYTES }, (_, i) => bytes.slice(i * PAGE_BYTES, (i + 1) * PAGE_BYTES));

/** The bytes of pages `first` and on; null where one of them is unknown. */
export function bytesAt(pages: readonly (Uint8Array | null)[], first: number, count: number): Uint8Array | null {
  const bytes = new Uint8Array(count * PAGE_BYTES);
  for (let i = 0; i < count; i += 1) {
    const page = pages[first + i];
    if (page == null) return null;
    bytes.set(page, i * PAGE_BYTES);
  }
  return bytes;
}

function identityOf(
  chip: Chip,
  uid: Uint8Array,
  pages: readonly (Uint8Array | null)[],
  keys: MasterKeys,
): IdentityReading {
  const uidMap = uidMapOf(chip);
  const number = uidCardNumber(uid);
  if (uidMap !== null) {
    return number === null ? { kind: "none" } : { kind: "uid", identity: uidIdentity(uidMap.layout, 0, number) };
  }
  const bytes = bytesAt(pages, 4, 7);
  const found = bytes === null ? null : unwrapIdentity(bytes);
  if (found === null || !found.ok) return { kind: "none" };
  const { issuer, generation, card, mac } = found.value;
  const master = keys.card(issuer, generation);
  const bearer = { uid, card };
  const right = master !== null && sealFits(master, "identity", bearer, sealedIdentity(found.value), mac);
  return { kind: "record", identity: found.value, seal: master === null ? "no-key" : right ? "right" : "wrong" };
}

function slotOf(bytes: Uint8Array | null, uid: Uint8Array, card: number, keys: MasterKeys): SlotReading {
  if (bytes === null) return { bytes: new Uint8Array(), kind: "unknown", seal: null, state: null };
  if (isBlank(bytes)) return { bytes, kind: "blank", seal: null, state: null };
  const { programme, generation, sealed, mac } = splitSlot(bytes);
  const master = programme === 0 || generation === 0 ? null : keys.area(programme, generation);
  const right = master !== null && sealFits(master, "area", { uid, card }, sealed, mac);
  const state = unpackState(sealed);
  return {
    bytes,
    kind: state.ok ? "record" : "unreadable",
    seal: master === null ? "no-key" : right ? "right" : "wrong",
    state: state.ok ? state.value : null,
  };
}

/** How the rules of the medium see a slot; one whose key is not held counts as what it claims to be. */
function asSlot({ bytes, seal, kind }: SlotReading): Slot {
  const slot = readSlot(bytes, kind === "record" && (seal === "right" || seal === "no-key"));
  return slot === "newer" ? { kind: "invalid" } : slot;
}

async function counterOf(link: ChipLink, number: number): Promise<AreaInspection["counter"] | "gone"> {
  const value = await ask(link, type2.readCounter(number));
  const tearing = await ask(link, type2.checkTearing(number));
  if (value === "gone" || tearing === "gone") return "gone";
  const read = value === "refused" ? null : type2.counterOf(value[0]!);
  if (read === null) return null;
  return { number, value: read, torn: tearing !== "refused" && tearing[0]![0] !== type2.NOT_TORN };
}

async function inspectArea(
  link: ChipLink,
  map: CardMap,
  index: number,
  identity: CardIdentity,
  pages: readonly (Uint8Array | null)[],
  keys: MasterKeys,
): Promise<AreaInspection | "gone"> {
  const area = map.areas[index]!;
  const counts = map.commit === "odd-even-counter";
  const counter = counts ? await counterOf(link, counterNumber(index)) : null;
  if (counter === "gone") return counter;
  const slot = (which: 0 | 1) =>
    slotOf(bytesAt(pages, slotPage(area, which), area.slotPages), link.uid, identity.card, keys);
  const slots = [slot(0), slot(1)] as const;
  const reading = areaReading(slots, counts, counter, counterStart(identity, index));
  const current = reading.kind === "current" ? slots[reading.slot] : undefined;
  return { index, map: area, counter, slots, reading, trusted: current?.seal !== "no-key" };
}

function areaReading(
  [a, b]: AreaInspection["slots"],
  counts: boolean,
  counter: AreaInspection["counter"],
  start: number,
): InspectedArea {
  if (a.kind === "unknown" || b.kind === "unknown") return { kind: "unknown", what: "slot" };
  if (!counts) return readArea(asSlot(a), asSlot(b));
  return counter === null
    ? { kind: "unknown", what: "counter" }
    : readCounterArea(asSlot(a), asSlot(b), counter.value, start);
}

/** Reads everything on a card that can be read, and checks every MAC it has the key for. Writes nothing. */
export async function readCard(link: ChipLink, keys: MasterKeys): Promise<CardReading> {
  const chip = await identifyChip(link);
  if (chip === "gone" || chip === "refused") return { result: chip === "gone" ? chip : "unknown-chip" };
  const { pages: count, cfg0, cfg1 } = CONFIG_PAGES[chip];
  const pages = await readAll(link, count);
  const signature = await ask(link, type2.readSignature());
  if (pages === "gone" || signature === "gone") return { result: "gone" };
  const identity = identityOf(chip, link.uid, pages, keys);
  const map = identity.kind === "none" ? null : mapOf(identity.identity.layout, chip);
  const areas: AreaInspection[] = [];
  for (const index of map?.areas.keys() ?? []) {
    const area = identity.kind === "none" ? null : await inspectArea(link, map!, index, identity.identity, pages, keys);
    if (area === "gone") return { result: "gone" };
    if (area !== null) areas.push(area);
  }
  const ndef = map?.ndef ? bytesAt(pages, map.ndef.firstPage, map.ndef.pages) : null;
  const [configA, configB, page2] = [pages[cfg0], pages[cfg1], pages[2]];
  return {
    result: "read",
    card: {
      uid: link.uid,
      chip,
      pages,
      identity,
      map,
      url: ndef && unpackUrl(ndef),
      areas,
      access: configA && configB ? readAccess(configA, configB) : null,
      locked: page2 ? lockedPages(page2) : [],
      locksFrozen: page2 ? areLocksFrozen(page2) : false,
      signature: signature === "refused" ? null : signature[0]!,
    },
  };
}

/** The current records of a card that can be believed: their keys are held and their MACs right. */
export function statesOf({ areas }: CardInspection): CardState[] {
  return areas.flatMap(({ reading, trusted }) => (reading.kind === "current" && trusted ? [reading.state] : []));
}
