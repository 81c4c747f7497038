/** What the supervisor does to every byte of entries and messages, in C: the build puts it in the place of the plain code, which says what each promises. */
import { native } from "./native.ts";

export const crc32 = (bytes: Uint8Array): number => native.crc32(bytes);

export const { bigEndian, concat, crossed, readBigEndian, revived, sameBytes } = native;

export function utf8Encode(text: string): Uint8Array {
  // The engine knows it; the language of the other files is a little older.
  if (!(text as string & { isWellFormed(): boolean }).isWellFormed())
    throw new RangeError("utf8Encode: lone surrogate");
  return native.utf8Of(text);
}

export const utf8Decode = (bytes: Uint8Array): string | null => native.strictText(bytes);
