import { bigEndian, concat, readBigEndian } from "@cachet/card-layout";
import { crc32 } from "./crc32.ts";

/** A frame of the journal's file: length u32, CRC-32 u32, content; integers big-endian. */
const LENGTH_BYTES = 4;
export const FRAME_BYTES = LENGTH_BYTES + 4;
/** Larger than any entry: a longer length is damage, not an entry. */
export const ENTRY_BYTES_MAX = 16_384;

export function frame(content: Uint8Array): Uint8Array {
  return concat(bigEndian(content.length, LENGTH_BYTES), bigEndian(crc32(content), 4), content);
}

/** The content of a whole frame at `at`, up to `max` bytes long, as a view of `bytes`; null where there is none. */
export function contentAt(bytes: Uint8Array, at: number, max = ENTRY_BYTES_MAX): Uint8Array | null {
  if (at + FRAME_BYTES > bytes.length) return null;
  const size = readBigEndian(bytes, at, LENGTH_BYTES);
  if (size === 0 || size > max || at + FRAME_BYTES + size > bytes.length) return null;
  const content = bytes.subarray(at + FRAME_BYTES, at + FRAME_BYTES + size);
  return crc32(content) === readBigEndian(bytes, at + LENGTH_BYTES, 4) ? content : null;
}

/** Size of the content of a frame that is known to be whole. */
export function sizeAt(bytes: Uint8Array, at: number): number {
  return readBigEndian(bytes, at, LENGTH_BYTES);
}

/** Whether the rest of a file can be what one cut append leaves: a part of one frame, and perhaps zeros behind it. */
export function isCutAppend(bytes: Uint8Array, at: number): boolean {
  let end = bytes.length;
  while (end > at && bytes[end - 1] === 0) end -= 1;
  if (end - at > FRAME_BYTES + ENTRY_BYTES_MAX) return false;
  for (let behind = at + 1; behind < end; behind += 1) if (contentAt(bytes, behind) !== null) return false;
  return true;
}
