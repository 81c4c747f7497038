import {
  type AreaMap,
  type AreaReading,
  type CardMap,
  type CardState,
  concat,
  IDENTITY_SEALED_BYTES,
  IDENTITY_TLV,
  Identity,
  identityHash,
  isBlank,
  isCardNumber,
  isCutWriteOf,
  MAC_BYTES,
  mapOf,
  PAGE_BYTES,
  packState,
  purseRoom,
  pursesSize,
  readArea,
  readSlot,
  type Slot,
  type SlotIndex,
  sameBytes,
  slotPage,
  splitSlot,
  stateHash,
  type2,
  unwrapIdentity,
} from "@cachet/card-layout";
import type { DeviceFacts, Hal, SealKey } from "../hal/index.ts";
import type { ShownState } from "../journal/index.ts";

/** Why a card cannot be used at this terminal. */
export type CardRefusal =
  | "NOT_OURS"
  | "NEWER_LAYOUT"
  | "BAD_SIGNATURE"
  | "KEY_NOT_HELD"
  | "AREA_CONFLICT"
  | "COUNTER_ROLLBACK"
  | "CARD_UNSTEADY"
  | "ALREADY_USED"
  | "BLOCKED"
  | "NO_ROOM"
  | "CARD_WORN_OUT"
  | "NOT_WRITABLE";

/** The card left the field. What it holds now is not known until it is read again. */
export class CardGone extends Error {}

/** The card is refused; nothing was written to it. */
export class CardRefused extends Error {
  readonly reason: CardRefusal;
  readonly card: number | undefined;
  constructor(reason: CardRefusal, card?: number) {
    super(reason);
    this.reason = reason;
    this.card = card;
  }
}

/** One area of a card as it was read. */
export interface AreaOnCard {
  readonly index: number;
  readonly map: AreaMap;
  /** Both slots' bytes, A then B. */
  readonly slots: readonly [Uint8Array, Uint8Array];
  /** One of them holds what a cut write left. */
  readonly torn: boolean;
  /** `foreign`: records of a programme whose key this terminal does not hold. */
  readonly reading:
    | (Extract<AreaReading, { kind: "current" }> & { readonly shown: ShownState })
    | Exclude<AreaReading, { kind: "current" }>
    | { readonly kind: "foreign" };
}

/** A card whose identity is verified. */
export interface CardOnReader {
  readonly uid: Uint8Array;
  readonly number: number;
  readonly map: CardMap;
  readonly identity: Identity;
}

/** The answers to all commands. Throws `CardGone`, or `CardRefused` with `ifNak` where the chip says no. */
async function exchange(hal: Hal, commands: readonly Uint8Array[], ifNak: CardRefused): Promise<readonly Uint8Array[]> {
  const answers = await hal.exchange(commands);
  const last = answers.at(-1);
  if (last !== undefined && type2.isNak(last)) throw ifNak;
  if (answers.length !== commands.length) throw new CardGone();
  return answers;
}

const readPages = (first: number, pages: number): Uint8Array => type2.fastRead(first, first + pages - 1);

/** Both slots of an area. */
async function readSlotsBytes(hal: Hal, card: CardOnReader, map: AreaMap): Promise<Uint8Array> {
  const refused = new CardRefused("NOT_OURS", card.number);
  const [bytes] = await exchange(hal, [readPages(map.firstPage, 2 * map.slotPages)], refused);
  if (bytes?.length !== 2 * map.slotPages * PAGE_BYTES) throw refused;
  return bytes;
}

const IDENTITY_FIRST_PAGE = 4;
const IDENTITY_PAGES = IDENTITY_TLV.size / PAGE_BYTES;

/** Reads and verifies who the card is. Throws `CardGone` or `CardRefused`. */
export async function readIdentity(hal: Hal, facts: DeviceFacts, uid: Uint8Array): Promise<CardOnReader> {
  const [version, tlv] = await exchange(
    hal,
    [type2.getVersion(), readPages(IDENTITY_FIRST_PAGE, IDENTITY_PAGES)],
    new CardRefused("NOT_OURS"),
  );
  const chip = type2.chipOf(version!);
  if (chip === null) throw new CardRefused("NOT_OURS");
  const identity = unwrapIdentity(tlv!);
  if (!identity.ok || identity.value.issuer !== facts.issuer) throw new CardRefused("NOT_OURS");
  const { layout, generation, issuer, card, mac } = identity.value;
  const sealed = Identity.encode(identity.value).subarray(0, IDENTITY_SEALED_BYTES);
  const right = await hal.open({ role: "identity", issuer, generation }, uid, card, sealed, mac);
  if (right === "no-key") throw new CardRefused("KEY_NOT_HELD", card);
  if (!right) throw new CardRefused("BAD_SIGNATURE");
  if (!isCardNumber(card)) throw new CardRefused("NOT_OURS");
  const map = mapOf(layout, chip);
  if (map === null || map.commit !== "highest-sequence") throw new CardRefused("NEWER_LAYOUT", card);
  return { uid, number: card, map, identity: identity.value };
}

/** The generation a terminal writes; it also accepts the one before. */
function isAccepted(facts: DeviceFacts, programme: number, generation: number): boolean {
  const held = facts.programmes.find((candidate) => candidate.programme === programme);
  return held !== undefined && (generation === held.generation || generation === held.generation - 1);
}

async function readOneSlot(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  bytes: Uint8Array,
): Promise<Slot | "foreign"> {
  const { sealed, mac, programme, generation } = splitSlot(bytes);
  const held = facts.programmes.some((candidate) => candidate.programme === programme);
  if (!held && programme !== 0) return "foreign";
  const right =
    isAccepted(facts, programme, generation) &&
    (await hal.open({ role: "area", programme, generation }, card.uid, card.number, sealed, mac)) === true;
  const slot = readSlot(bytes, right);
  if (slot === "newer") throw new CardRefused("NEWER_LAYOUT", card.number);
  return slot;
}

/** The area's slots as far as this terminal can tell; a slot that an intent of its own was writing is known for what it is. */
async function readSlots(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  [bytesA, bytesB]: AreaOnCard["slots"],
  openings: readonly Uint8Array[],
): Promise<readonly [Slot, Slot] | "foreign"> {
  if (isBlank(bytesA) && isBlank(bytesB)) return [{ kind: "blank" }, { kind: "blank" }];
  const check = (bytes: Uint8Array) => readOneSlot(hal, facts, card, bytes);
  const [claimsA, claimsB] = [splitSlot(bytesA).sequence, splitSlot(bytesB).sequence];
  // The slot that claims the higher sequence first: where it is valid, the other cannot be the current one.
  const first = claimsA > claimsB ? await check(bytesA) : await check(bytesB);
  if (first !== "foreign" && first.kind === "valid" && claimsA !== claimsB) {
    return claimsA > claimsB ? [first, { kind: "older" }] : [{ kind: "older" }, first];
  }
  const [a, b] = claimsA > claimsB ? [first, await check(bytesB)] : [await check(bytesA), first];
  const wasOpening = b !== "foreign" && b.kind === "blank" && isCutWriteOf(bytesA, openings);
  if (wasOpening && (a === "foreign" || a.kind === "invalid")) return [{ kind: "unfinished" }, b];
  const valid = [a, b].some((slot) => slot !== "foreign" && slot.kind === "valid");
  if (!valid && (a === "foreign" || b === "foreign")) return "foreign";
  const known = (slot: Slot | "foreign"): Slot => (slot === "foreign" ? { kind: "invalid" } : slot);
  return [known(a), known(b)];
}

/**
 * Reads area `index`. `openings`: whole records with which open intents of this terminal were about to open it.
 * A record that lost its sibling is read twice before it is trusted: torn cells may read differently a second time.
 */
export async function readAreaOnCard(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  index: number,
  openings: readonly Uint8Array[],
): Promise<AreaOnCard> {
  const map = card.map.areas[index]!;
  const size = map.slotPages * PAGE_BYTES;
  const bytes = await readSlotsBytes(hal, card, map);
  const slots = [bytes.slice(0, size), bytes.slice(size)] as const;
  const found = await readSlots(hal, facts, card, slots, openings);
  if (found === "foreign") return { index, map, slots, torn: false, reading: { kind: "foreign" } };
  const torn = found.some(({ kind }) => kind === "invalid" || kind === "unfinished");
  if (torn && !sameBytes(bytes, await readSlotsBytes(hal, card, map))) throw new CardGone();
  const reading = readArea(...found);
  if (reading.kind !== "current") return { index, map, slots, torn, reading };
  const hash = await stateHash((message) => hal.hash(message), card.number, reading.sealed);
  const shown = { hash, predecessor: reading.state.predecessor };
  return { index, map, slots, torn, reading: { ...reading, shown } };
}

/** The state an area shows: its current record, or the identity where none was committed. */
export async function shownState(hal: Hal, card: CardOnReader, area: AreaOnCard | null): Promise<ShownState> {
  if (area?.reading.kind === "current") return area.reading.shown;
  return { hash: await identityHash((message) => hal.hash(message), card.identity), predecessor: null };
}

/** Reads an area a second time; throws `CardGone` when it does not read the same, as torn cells may. */
export async function confirmSteady(hal: Hal, card: CardOnReader, area: AreaOnCard): Promise<void> {
  const again = await readSlotsBytes(hal, card, area.map);
  if (!sameBytes(again, concat(...area.slots))) throw new CardGone();
}

/** The slot that the next record of an area goes to. */
function targetSlot(area: AreaOnCard): SlotIndex {
  return area.reading.kind === "current" && area.reading.slot === 0 ? 1 : 0;
}

/** Packs a new record for an area. Throws `CardRefused` when its purses do not fit. */
export function packFor(card: CardOnReader, area: AreaOnCard, state: CardState): Uint8Array {
  const room = purseRoom(card.map, area.map);
  if (pursesSize(state.purses.map(({ kind }) => kind)) > room) throw new CardRefused("NO_ROOM", card.number);
  return packState(state, room);
}

/**
 * Writes a record to the slot that is not current, changed pages only where nothing is torn, and reads the slot back. When it
 * returns, the record is the card's current one: on media without a counter that is the commit.
 * Throws `CardGone` or `CardRefused`.
 */
export async function writeRecord(
  hal: Hal,
  card: CardOnReader,
  area: AreaOnCard,
  sealed: Uint8Array,
  key: SealKey,
): Promise<void> {
  const mac = await hal.seal(key, card.uid, card.number, sealed);
  if (mac === "no-key") throw new Error("the terminal does not hold the key it said it holds");
  const slot = targetSlot(area);
  const old = area.slots[slot];
  const record = concat(sealed, mac);
  if (record.length !== old.length || mac.length !== MAC_BYTES)
    throw new RangeError("the record does not fill its slot");
  const first = slotPage(area.map, slot);
  const pageOf = (bytes: Uint8Array, page: number) => bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  const commands: Uint8Array[] = [];
  for (let page = 0; page < area.map.slotPages; page += 1) {
    const four = pageOf(record, page);
    // Cells of a torn write may only seem to hold what they should: they are all written again.
    if (area.torn || !sameBytes(four, pageOf(old, page))) commands.push(type2.write(first + page, four));
  }
  commands.push(readPages(first, area.map.slotPages));
  const answers = await exchange(hal, commands, new CardRefused("NOT_WRITABLE", card.number));
  if (!sameBytes(answers.at(-1)!, record)) throw new CardGone();
}
