import { type CardState, unpackState } from "@cachet/card-layout";
import { decodeCbor, decodeCborItem, endOfCborItem } from "@cachet/firmware/wire";

/** Where the entry of an intent has its areas, and an area its programme and its record (docs/formats/journal.md). */
const [BODY, AREAS, PROGRAMME, RECORD] = [5, 6, 1, 8];
const [LIST, MAP, SHORT] = [4, 5, 24];

/** How many items a list or a map has; our own entries have few, and say so in one byte. */
function countAt(bytes: Uint8Array, at: number, kind: number): number {
  const head = bytes[at] ?? 0;
  const count = head & 31;
  if (head >> 5 !== kind || count >= SHORT) throw new RangeError(`byte ${at} of an entry begins no short list or map`);
  return count;
}

/** Where an item of a list begins. */
function placeIn(bytes: Uint8Array, at: number, place: number): number {
  if (place >= countAt(bytes, at, LIST)) throw new RangeError(`the list at byte ${at} of an entry is too short`);
  let item = at + 1;
  for (let i = 0; i < place; i += 1) item = endOfCborItem(bytes, item);
  return item;
}

/** Where the value of a key below 24 begins. */
function keyIn(bytes: Uint8Array, at: number, key: number): number {
  let item = at + 1;
  for (let left = countAt(bytes, at, MAP); left > 0; left -= 1) {
    if (bytes[item] === key) return item + 1;
    item = endOfCborItem(bytes, endOfCborItem(bytes, item));
  }
  throw new RangeError(`the map at byte ${at} of an entry has no key ${key}`);
}

/**
 * The record that an intent gave the area of a programme, from its entry as stored. All else is stepped over: it was read and verified when
 * it was imported, and a report reads thousands. Throws `RangeError` where there is none.
 */
export function recordIn(stored: Uint8Array, programme: number): CardState {
  const areas = keyIn(stored, placeIn(stored, 0, BODY), AREAS);
  const count = countAt(stored, areas, LIST);
  let area = areas + 1;
  for (let i = 0; i < count; i += 1, area = endOfCborItem(stored, area)) {
    if (decodeCborItem(stored, keyIn(stored, area, PROGRAMME)).value !== programme) continue;
    const at = keyIn(stored, area, RECORD);
    const state = unpackState(decodeCbor(stored.subarray(at, endOfCborItem(stored, at))) as Uint8Array);
    if (state.ok) return state.value;
  }
  throw new RangeError(`an entry has no record of programme ${programme}`);
}
