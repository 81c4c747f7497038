import { ascii, concat } from "./bytes.ts";
import { cardBytes } from "./card-number.ts";
import type { Hash } from "./identity.ts";
import { layoutFor, type Purse, packPurses, unpackPurses } from "./purse.ts";
import { bytes, type Decoded, type RecordOf, record, u8, u16, u24 } from "./record.ts";

/** The newest state layout this version reads and writes. */
export const STATE_LAYOUT = 2;
/** Records without purses are written in the oldest layout: every terminal reads them. */
const BLANK_LAYOUT = 1;
/** Added to the layout's number in a record with the short header. */
const SHORT_FORM = 0x80;

/** Which header a card's state records use: 17 bytes, or 13 bytes without day and credits. */
export type HeaderForm = "full" | "short";

export const MAC_BYTES = 8;
export const SEQUENCE_MAX = 0xff_ff_ff;
/** First bytes of a state hash that a record keeps of the one before it. */
export const PREDECESSOR_BYTES = 4;

/**
 * Header of a state record: one programme's values on one card, at one moment. An area keeps two slots, A and B, of one record each.
 *
 *   byte   field        meaning
 *   0      layout       state layout, 1 or 2
 *   1      generation   of the area key that made the MAC
 *   2–3    programme    number of the programme
 *   4–6    sequence     writes of this area so far; stops at 16777215, never wraps
 *   7–8    terminal     number of the terminal that wrote it
 *   9–10   day          local date of the write, days since 2000-01-01
 *   11–14  predecessor  first 4 bytes of the state hash of the record it replaces (of the identity hash, for the first)
 *   15–16  credit       number of the last pending credit applied
 *   17–…   purses       as many bytes as the area has room for (record/purse.ts)
 *   last 8 mac          over UID, card number and everything before it (seal/)
 *
 * All integers big-endian. Golden bytes: vectors/state-1.json.
 */
export const StateHeader = record("State", 17, {
  layout: u8({ min: 1 }),
  generation: u8({ min: 1 }),
  programme: u16({ min: 1 }),
  sequence: u24({ min: 1 }),
  terminal: u16(),
  day: u16(),
  predecessor: bytes(PREDECESSOR_BYTES),
  credit: u16(),
});
export type StateHeader = RecordOf<typeof StateHeader>;

/**
 * Short header, for chips with little room: no day, no credits (both read as 0).
 *
 *   byte   field        meaning
 *   0      layout       80h + state layout
 *   1–8    as above     generation, programme, sequence, terminal
 *   9–12   predecessor  as above
 *   13–…   purses, mac  as above
 *
 * Golden bytes: vectors/state-2.json.
 */
const ShortHeader = record("ShortState", 13, {
  layout: u8({ min: SHORT_FORM + 1 }),
  generation: u8({ min: 1 }),
  programme: u16({ min: 1 }),
  sequence: u24({ min: 1 }),
  terminal: u16(),
  predecessor: bytes(PREDECESSOR_BYTES),
});

export const HEADER_BYTES: Readonly<Record<HeaderForm, number>> = { full: StateHeader.size, short: ShortHeader.size };

/** The layout byte of a record with a header of this form. */
export function stateLayout(form: HeaderForm, layout: number): number {
  return form === "short" ? SHORT_FORM + layout : layout;
}

const versionOf = (layout: number): number => layout & ~SHORT_FORM;

/** A state record without its MAC. */
export interface CardState extends StateHeader {
  readonly purses: readonly Purse[];
}

/** The bytes that the MAC covers. Throws when the purses do not fit `purseRoom`, or the layout is none that we write. */
export function packState(state: CardState, purseRoom: number): Uint8Array {
  if (versionOf(state.layout) > STATE_LAYOUT) {
    throw new RangeError(`state layout ${state.layout} is newer than ${STATE_LAYOUT}`);
  }
  if (layoutFor(state.purses.map(({ kind }) => kind)) > versionOf(state.layout)) {
    throw new RangeError(`state layout ${state.layout} does not know every purse`);
  }
  const header = state.layout >= SHORT_FORM ? ShortHeader.encode(state) : StateHeader.encode(state);
  return concat(header, packPurses(state.purses, purseRoom));
}

function decodeHeader(sealed: Uint8Array): Decoded<StateHeader> {
  if (sealed[0]! < SHORT_FORM) return StateHeader.decode(sealed.subarray(0, StateHeader.size));
  const short = ShortHeader.decode(sealed.subarray(0, ShortHeader.size));
  return short.ok ? { ok: true, value: { ...short.value, day: 0, credit: 0 } } : short;
}

/** Reads a record without its MAC. The caller has checked the MAC over these very bytes. */
export function unpackState(sealed: Uint8Array): Decoded<CardState> {
  const layout = sealed[0]!;
  if (versionOf(layout) > STATE_LAYOUT) {
    const problem = `layout ${versionOf(layout)} is newer than ${STATE_LAYOUT}`;
    return { ok: false, fault: { record: "State", field: "layout", offset: 0, problem } };
  }
  const header = decodeHeader(sealed);
  if (!header.ok) return header;
  const size = HEADER_BYTES[layout >= SHORT_FORM ? "short" : "full"];
  const purses = unpackPurses(sealed.subarray(size), versionOf(layout));
  if (!purses.ok) return { ok: false, fault: { ...purses.fault, offset: purses.fault.offset + size } };
  return { ok: true, value: { ...header.value, purses: purses.value } };
}

/**
 * The record that opens an area on media with a commit counter, before anything of value is written: no purses, no terminal,
 * no day. Its content follows from the identity alone, so that two of them, one of them torn, are the same record.
 */
export function blankState(form: HeaderForm, programme: number, identityHash: Uint8Array): CardState {
  return {
    layout: stateLayout(form, BLANK_LAYOUT),
    generation: 1,
    programme,
    sequence: 1,
    terminal: 0,
    day: 0,
    predecessor: identityHash.slice(0, PREDECESSOR_BYTES),
    credit: 0,
    purses: [],
  };
}

const STATE_HASH_TAG = ascii("cachet/state/1");

/** What a state hash is taken over: tag, card number (6 bytes), and the record without generation, sequence and MAC. */
export function stateHashMessage(card: number, sealed: Uint8Array): Uint8Array {
  return concat(STATE_HASH_TAG, cardBytes(card), sealed.subarray(0, 1), sealed.subarray(2, 4), sealed.subarray(7));
}

/**
 * State hash: names a state of a card whatever key generation or sequence it was written under.
 * SHA-256 over `stateHashMessage`.
 */
export async function stateHash(hash: Hash, card: number, sealed: Uint8Array): Promise<Uint8Array> {
  return hash(stateHashMessage(card, sealed));
}
