/** What the supervisor does to every byte of entries and messages, in C: the build puts it in the place of the plain code, which says what each promises. */
import { native } from "./native.ts";

export const crc32 = (bytes: Uint8Array): number => native.crc32(bytes);

export const { bigEndian, concat, readBigEndian, sameBytes } = native;

export const toCrossing = (value: unknown): string => JSON.stringify(value ?? null, native.crossed);

export const fromCrossing = (text: string): unknown =>
  text.includes('"~') ? JSON.parse(text, native.revived) : JSON.parse(text);

export function utf8Encode(text: string): Uint8Array {
  // The engine knows it; the language of the other files is a little older.
  if (!(text as string & { isWellFormed(): boolean }).isWellFormed())
    throw new RangeError("utf8Encode: lone surrogate");
  return native.utf8Of(text);
}

export const utf8Decode = (bytes: Uint8Array): string | null => native.strictText(bytes);
