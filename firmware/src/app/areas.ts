import {
  type AreaMap,
  type AreaReading,
  blankState,
  type CardState,
  commitSteps,
  counterNumber,
  counterStart,
  currentSequence,
  identityHash,
  isBlank,
  isCutWriteOf,
  layoutFor,
  newSequence,
  PAGE_BYTES,
  type Purse,
  packState,
  purseRoom,
  pursesSize,
  readArea,
  readCounterArea,
  readSlot,
  SEQUENCE_MAX,
  type Slot,
  type SlotIndex,
  STATE_LAYOUT,
  sameBytes,
  splitSlot,
  stateHash,
  stateLayout,
  type2,
} from "@cachet/card-layout";
import type { DeviceFacts, Hal } from "../hal/index.ts";
import type { ShownState } from "../journal/index.ts";
import { CardGone, type CardOnReader, CardRefused, exchange, readPages } from "./card.ts";

/** A commit counter as it was read. */
export interface AreaCounter {
  /** Which of the chip's counters. */
  readonly number: number;
  readonly value: number;
  /** The chip says that an increment of it was cut: the area earns only, until the next commit. */
  readonly torn: boolean;
}

/** One area of a card as it was read. */
export interface AreaOnCard {
  readonly index: number;
  readonly map: AreaMap;
  /** Both slots' bytes, A then B. */
  readonly slots: readonly [Uint8Array, Uint8Array];
  /** The slot that is not current may hold what a cut write left. */
  readonly torn: boolean;
  /** Null on media that commit by the highest sequence. */
  readonly counter: AreaCounter | null;
  /** `foreign`: records of a programme whose key this terminal does not hold. */
  readonly reading:
    | (Extract<AreaReading, { kind: "current" }> & { readonly shown: ShownState })
    | Exclude<AreaReading, { kind: "current" }>
    | { readonly kind: "foreign" }
    | { readonly kind: "behind" };
}

type FoundSlots = readonly [Slot, Slot] | "foreign";

/** Both slots of an area, and its counter: value and tearing byte. */
async function readCells(hal: Hal, card: CardOnReader, index: number): Promise<readonly Uint8Array[]> {
  const map = card.map.areas[index]!;
  const number = counterNumber(index);
  const counters = [type2.readCounter(number), type2.checkTearing(number)];
  const commands = [
    readPages(map.firstPage, 2 * map.slotPages),
    ...(card.map.commit === "odd-even-counter" ? counters : []),
  ];
  const answers = await exchange(hal, commands, "NOT_OURS", card.number);
  if (answers[0]?.length !== 2 * map.slotPages * PAGE_BYTES) throw new CardRefused("NOT_OURS", card.number);
  return answers;
}

async function counterOf(
  hal: Hal,
  card: CardOnReader,
  index: number,
  answers: readonly Uint8Array[],
): Promise<AreaCounter | null> {
  if (card.map.commit !== "odd-even-counter") return null;
  const number = counterNumber(index);
  const unsteady = () => new CardRefused("COUNTER_UNSTEADY", card.number);
  const value = type2.counterOf(answers[1] ?? new Uint8Array());
  if (value === null) throw unsteady();
  const torn = answers[2]?.[0] !== type2.NOT_TORN;
  if (torn) {
    // The cells of a counter whose increment was cut may read differently a second time.
    const [again] = await exchange(hal, [type2.readCounter(number)], "COUNTER_UNSTEADY", card.number);
    if (type2.counterOf(again!) !== value) throw unsteady();
  }
  return { number, value, torn };
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
  if (isBlank(bytes)) return { kind: "blank" };
  const { sealed, mac, programme, generation } = splitSlot(bytes);
  const held = facts.programmes.find((candidate) => candidate.programme === programme);
  const cutShort = readSlot(bytes, false);
  // A write that was cut before its last page may have left any number where the programme stands.
  if (cutShort !== "newer" && cutShort.kind === "unfinished") return cutShort;
  if (held === undefined && programme !== 0) return "foreign";
  const verdict = isAccepted(facts, programme, generation)
    ? await hal.open({ role: "area", programme, generation }, card.uid, card.number, sealed, mac)
    : false;
  // A record under a key to come is no torn one: falling back behind it would undo what it says.
  if (verdict === "no-key" || (held !== undefined && generation > held.generation)) {
    throw new CardRefused("KEY_NOT_HELD", card.number);
  }
  const slot = readSlot(bytes, verdict);
  if (slot === "newer") throw new CardRefused("NEWER_LAYOUT", card.number);
  return slot;
}

const orInvalid = (slot: Slot | "foreign"): Slot => (slot === "foreign" ? { kind: "invalid" } : slot);

/** The slots where the highest sequence counts; one that an intent of this terminal was writing is known for what it is. */
async function slotsBySequence(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  [bytesA, bytesB]: AreaOnCard["slots"],
  openings: readonly Uint8Array[],
): Promise<FoundSlots> {
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
  return [orInvalid(a), orInvalid(b)];
}

/** The slots where the counter decides: only one that claims the sequence which fits it can be current. */
async function slotsByCounter(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  slots: AreaOnCard["slots"],
  counter: number,
  start: number,
): Promise<FoundSlots> {
  const [a, b] = [await check(slots[0]), await check(slots[1])];
  async function check(bytes: Uint8Array): Promise<Slot | "foreign"> {
    if (isBlank(bytes)) return { kind: "blank" };
    if (splitSlot(bytes).sequence !== currentSequence(counter)) return { kind: "older" };
    return readOneSlot(hal, facts, card, bytes);
  }
  const known = [orInvalid(a), orInvalid(b)] as const;
  const { kind } = readCounterArea(...known, counter, start);
  if (kind === "free" || kind === "current" || kind === "conflict") return known;
  const isForeign = (bytes: Uint8Array) =>
    !isBlank(bytes) && !facts.programmes.some(({ programme }) => programme === splitSlot(bytes).programme);
  return a === "foreign" || b === "foreign" || slots.every(isForeign) ? "foreign" : known;
}

/** Which slots read the same a second time: torn cells may not. */
async function steadySlots(
  hal: Hal,
  card: CardOnReader,
  index: number,
  slots: AreaOnCard["slots"],
): Promise<readonly [boolean, boolean]> {
  const [again] = await readCells(hal, card, index);
  const size = slots[0].length;
  return [sameBytes(again!.subarray(0, size), slots[0]), sameBytes(again!.subarray(size), slots[1])];
}

/** What the slots of an area hold; where anything is doubtful, only what reads the same twice counts. */
async function findSlots(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  area: Pick<AreaOnCard, "index" | "slots" | "counter">,
  openings: readonly Uint8Array[],
  inDoubt: boolean,
): Promise<{ readonly found: FoundSlots; readonly torn: boolean }> {
  const { index, slots, counter } = area;
  if (counter !== null) {
    const found = await slotsByCounter(hal, facts, card, slots, counter.value, counterStart(card.identity, index));
    return { found, torn: counter.value % 2 === 1 };
  }
  const found = await slotsBySequence(hal, facts, card, slots, openings);
  if (found === "foreign") return { found, torn: false };
  const torn = found.some(({ kind }) => kind === "invalid" || kind === "unfinished");
  if (!torn && !inDoubt) return { found, torn };
  const steady = await steadySlots(hal, card, index, slots);
  if (steady[0] && steady[1]) return { found, torn };
  if (!steady[0] && !steady[1]) throw new CardGone();
  // The slot that flickers holds what a cut write left: it was never acknowledged, and is written anew.
  const other = steady[0] ? 0 : 1;
  const kept = await readOneSlot(hal, facts, card, slots[other]);
  if (kept === "foreign") return { found: "foreign", torn: true };
  const flickers: Slot = { kind: kept.kind === "blank" ? "unfinished" : "invalid" };
  return { found: other === 0 ? [kept, flickers] : [flickers, kept], torn: true };
}

/**
 * Reads area `index`. `openings`: whole records with which open intents of this terminal were about to open it; `inDoubt`:
 * there are open intents. Nothing is decided on cells that read differently a second time.
 */
export async function readAreaOnCard(
  hal: Hal,
  facts: DeviceFacts,
  card: CardOnReader,
  index: number,
  openings: readonly Uint8Array[],
  inDoubt: boolean,
): Promise<AreaOnCard> {
  const map = card.map.areas[index]!;
  const size = map.slotPages * PAGE_BYTES;
  const answers = await readCells(hal, card, index);
  const bytes = answers[0]!;
  const slots = [bytes.slice(0, size), bytes.slice(size)] as const;
  const counter = await counterOf(hal, card, index, answers);
  const { found, torn } = await findSlots(hal, facts, card, { index, slots, counter }, openings, inDoubt);
  const area = { index, map, slots, torn, counter };
  if (found === "foreign") return { ...area, reading: { kind: "foreign" } };
  const reading =
    counter === null
      ? readArea(...found)
      : readCounterArea(...found, counter.value, counterStart(card.identity, index));
  if (reading.kind !== "current") return { ...area, reading };
  const hash = await stateHash((message) => hal.hash(message), card.number, reading.sealed);
  return { ...area, reading: { ...reading, shown: { hash, predecessor: reading.state.predecessor } } };
}

/** The record that opens a free area on media with a commit counter. */
export async function blankRecord(
  hal: Hal,
  card: CardOnReader,
  map: AreaMap,
  programme: number,
  generation: number,
  sequence: number,
): Promise<Uint8Array> {
  const hash = await identityHash((message) => hal.hash(message), card.identity);
  return packFor(card, map, { ...blankState(card.map.header, programme, hash), generation, sequence });
}

/**
 * The state that an area shows of a programme: its current record, or what stands there before the first one. `map`: the area
 * where that would be.
 */
export async function shownState(
  hal: Hal,
  card: CardOnReader,
  area: AreaOnCard | null,
  map: AreaMap,
  programme: number,
): Promise<ShownState> {
  if (area?.reading.kind === "current") return area.reading.shown;
  const hash = await identityHash((message) => hal.hash(message), card.identity);
  if (card.map.commit === "highest-sequence") return { hash, predecessor: null };
  const blank = await blankRecord(hal, card, map, programme, 1, 1);
  return { hash: await stateHash((message) => hal.hash(message), card.number, blank), predecessor: null };
}

/** The slot of an area's current record. */
export function currentSlot({ reading }: AreaOnCard): SlotIndex | null {
  return reading.kind === "current" ? reading.slot : null;
}

/** The sequence that the next record of an area carries; null where none is left. */
export function nextSequence(area: AreaOnCard): number | null {
  if (area.counter !== null) {
    const steps = commitSteps(currentSlot(area), area.counter.value);
    return steps && newSequence(steps);
  }
  const sequence = area.reading.kind === "current" ? area.reading.state.sequence + 1 : 1;
  return sequence > SEQUENCE_MAX ? null : sequence;
}

/**
 * The layout of a new record: the one that every terminal reads by now, so that older ones go as cards come. Throws `CardRefused` where
 * the purses need a newer one.
 */
export function layoutOf({ map, number }: CardOnReader, purses: readonly Purse[], writeLayout: number): number {
  const layout = Math.min(writeLayout, STATE_LAYOUT);
  if (layoutFor(purses.map(({ kind }) => kind)) > layout) throw new CardRefused("LAYOUT_NOT_YET", number);
  return stateLayout(map.header, layout);
}

/** Packs a new record for an area. Throws `CardRefused` when its purses do not fit. */
export function packFor(card: CardOnReader, map: AreaMap, state: CardState): Uint8Array {
  const room = purseRoom(card.map, map);
  if (pursesSize(state.purses.map(({ kind }) => kind)) > room) throw new CardRefused("NO_ROOM", card.number);
  return packState(state, room);
}
