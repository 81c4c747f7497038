import { ascii, bigEndian, concat } from "./bytes.ts";
import type { Hash } from "./identity.ts";
import { type Purse, packPurses, unpackPurses } from "./purse.ts";
import { bytes, type Decoded, type RecordOf, record, u8, u16, u24 } from "./record.ts";

/** The state layout this version writes. */
export const STATE_LAYOUT = 1;
export const MAC_BYTES = 8;
export const SEQUENCE_MAX = 0xff_ff_ff;
/** First bytes of a state hash that a record keeps of the one before it. */
export const PREDECESSOR_BYTES = 4;

/**
 * Header of a state record: one programme's values on one card, at one moment. An area keeps two slots, A and B, of one record each.
 *
 *   byte   field        meaning
 *   0      layout       state layout, 1
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

/** A state record without its MAC. */
export interface CardState extends StateHeader {
  readonly purses: readonly Purse[];
}

/** The bytes that the MAC covers. Throws when the purses do not fit `purseRoom`, or the layout is none that we write. */
export function packState(state: CardState, purseRoom: number): Uint8Array {
  if (state.layout > STATE_LAYOUT) throw new RangeError(`state layout ${state.layout} is newer than ${STATE_LAYOUT}`);
  return concat(StateHeader.encode(state), packPurses(state.purses, purseRoom));
}

/** Reads a record without its MAC. The caller has checked the MAC over these very bytes. */
export function unpackState(sealed: Uint8Array): Decoded<CardState> {
  if (sealed[0]! > STATE_LAYOUT) {
    const problem = `layout ${sealed[0]} is newer than ${STATE_LAYOUT}`;
    return { ok: false, fault: { record: "State", field: "layout", offset: 0, problem } };
  }
  const header = StateHeader.decode(sealed.subarray(0, StateHeader.size));
  if (!header.ok) return header;
  const purses = unpackPurses(sealed.subarray(StateHeader.size));
  if (!purses.ok) return { ok: false, fault: { ...purses.fault, offset: purses.fault.offset + StateHeader.size } };
  return { ok: true, value: { ...header.value, purses: purses.value } };
}

const STATE_HASH_TAG = ascii("cachet/state/1");

/** What a state hash is taken over: tag, card number (6 bytes), and the record without generation, sequence and MAC. */
export function stateHashMessage(card: number, sealed: Uint8Array): Uint8Array {
  return concat(STATE_HASH_TAG, bigEndian(card, 6), sealed.subarray(0, 1), sealed.subarray(2, 4), sealed.subarray(7));
}

/**
 * State hash: names a state of a card whatever key generation or sequence it was written under.
 * SHA-256 over `stateHashMessage`.
 */
export async function stateHash(hash: Hash, card: number, sealed: Uint8Array): Promise<Uint8Array> {
  return hash(stateHashMessage(card, sealed));
}
