/** What the supervisor does to every byte of entries and messages, in C: the build puts it in the place of the plain code, which says what each promises. */
import { native } from "./native.ts";

export const crc32 = (bytes: Uint8Array): number => native.crc32(bytes);

export const { bigEndian, concat, readBigEndian, sameBytes } = native;

// The supervisor has the language to itself here.
Object.defineProperty(Uint8Array.prototype, "toJSON", { value: native.markedBytes });

export const toCrossing = (value: unknown): string => JSON.stringify(value ?? null);

export const fromCrossing = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  return text.includes('{"~":') ? native.heard(value) : value;
};

export function utf8Encode(text: string): Uint8Array {
  // The engine knows it; the language of the other files is a little older.
  if (!(text as string & { isWellFormed(): boolean }).isWellFormed())
    throw new RangeError("utf8Encode: lone surrogate");
  return native.utf8Of(text);
}

export const utf8Decode = (bytes: Uint8Array): string | null => native.strictText(bytes);
