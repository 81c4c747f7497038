import { bigEndian, concat, readBigEndian } from "@cachet/card-layout";
import type { StoredFile } from "../hal/index.ts";
import { crc32 } from "../journal/index.ts";
import {
  bool,
  type Decoded,
  decodeCbor,
  encodeCbor,
  integer,
  isFormatError,
  key,
  map,
  uint,
  word,
} from "../wire/index.ts";

/**
 * What decides which image starts: one file, only ever replaced as a whole. MCUboot's states (docs/design.md, "Image swap types"),
 * with a pointer to the running slot in place of a swap.
 *
 *   running    the slot that runs; the other one is where an image is uploaded to, and what a trial goes back to
 *   next       what happens at the next start: stay · test (the other slot, on trial) · permanent (the same, confirmed by the host already)
 *   trial      the running image has not been confirmed: the next start goes back to the other slot
 *   agreed     a host asked for the running image to be kept; with the app's health report that confirms it
 *   counter    the lowest security counter that may run: raised in the very write that ends a trial
 *
 * Bytes: CBOR map, then CRC-32 u32 big-endian.
 */
const BootState = map({
  format: key(1, integer({ min: 1, max: 1 })),
  running: key(2, word({ a: 1, b: 2 })),
  next: key(3, word({ stay: 1, test: 2, permanent: 3 })),
  trial: key(4, bool),
  agreed: key(5, bool),
  counter: key(6, uint(0xffff_ffff)),
});
export type BootState = Decoded<typeof BootState>;
export type SlotName = BootState["running"];

export const otherSlot = (slot: SlotName): SlotName => (slot === "a" ? "b" : "a");

const CRC_BYTES = 4;

function decode(bytes: Uint8Array): BootState | null {
  if (bytes.length <= CRC_BYTES) return null;
  const body = bytes.subarray(0, -CRC_BYTES);
  if (crc32(body) !== readBigEndian(bytes, body.length, CRC_BYTES)) return null;
  try {
    return BootState.decode(decodeCbor(body), "state");
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}

/** Null where the file was never written; "damaged" where it holds something else. */
export async function loadBootState(file: StoredFile): Promise<BootState | null | "damaged"> {
  const bytes = await file.read();
  return bytes.length === 0 ? null : (decode(bytes) ?? "damaged");
}

/** Durable once it resolves; cut before that, the old state or the new one is there. */
export async function saveBootState(file: StoredFile, state: BootState): Promise<void> {
  const body = encodeCbor(BootState.encode(state));
  await file.replace(concat(body, bigEndian(crc32(body), CRC_BYTES)));
}
