import { type Day, PAGE_BYTES } from "@cachet/card-layout";

/** What some bytes of a card mean. `instant`: seconds since 2000-01-01T00:00Z. `unknown`: they could not be read. */
export type RangeValue =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "number"; readonly number: number }
  | { readonly is: "cents"; readonly cents: number }
  | { readonly is: "day"; readonly day: Day }
  | { readonly is: "instant"; readonly seconds: number }
  | { readonly is: "bytes"; readonly bytes: Uint8Array }
  | { readonly is: "unknown" };

/** Bytes of a card with their name. Ranges stand in the order of the memory, without a gap. */
export interface ByteRange {
  readonly firstByte: number;
  readonly length: number;
  /** The page that the first byte lies in. */
  readonly page: number;
  /** What the bytes belong to: "chip", "identity", "area 0 slot A", … */
  readonly part: string;
  readonly name: string;
  readonly value: RangeValue;
}

/** A field before it has a place: its bytes come to `read` once they are known. */
export interface ByteField {
  readonly length: number;
  readonly part: string;
  readonly name: string;
  readonly read: (bytes: Uint8Array) => RangeValue;
}

export const text = (said: string): RangeValue => ({ is: "text", text: said });
export const number = (value: number): RangeValue => ({ is: "number", number: value });
export const cents = (value: number): RangeValue => ({ is: "cents", cents: value });

export const asBytes = (bytes: Uint8Array): RangeValue => ({ is: "bytes", bytes });
/** Padding and free bytes: what stands there counts for nothing, and is not repeated. */
export const asPadding = (bytes: Uint8Array): RangeValue =>
  text(bytes.every((byte) => byte === 0) ? "zero" : "not zero");

/** A field of one part. */
export const fieldOf =
  (part: string) =>
  (length: number, name: string, read: ByteField["read"]): ByteField => ({ length, part, name, read });

/** A field whose value does not follow from its own bytes alone. */
export const always =
  (value: RangeValue): ByteField["read"] =>
  () =>
    value;

const sizeOf = (fields: readonly ByteField[]): number => fields.reduce((sum, { length }) => sum + length, 0);

/** Fields that fill exactly `length` bytes: the rest is named `rest`; fields that do not fit become one of that name. */
export function filling(fields: readonly ByteField[], length: number, part: string, rest: string): ByteField[] {
  const left = length - sizeOf(fields);
  if (left < 0) return [fieldOf(part)(length, rest, always(text("does not fit this layout")))];
  return left === 0 ? [...fields] : [...fields, fieldOf(part)(left, rest, asPadding)];
}

/** Gives fields their places, from byte 0. A field with a byte in a page that is not known is `unknown`. */
export function placed(fields: readonly ByteField[], pages: readonly (Uint8Array | null)[]): ByteRange[] {
  let firstByte = 0;
  return fields.map(({ length, part, name, read }) => {
    const bytes = bytesOf(pages, firstByte, length);
    const page = Math.floor(firstByte / PAGE_BYTES);
    const range = { firstByte, length, page, part, name, value: bytes === null ? UNKNOWN : read(bytes) };
    firstByte += length;
    return range;
  });
}

const UNKNOWN: RangeValue = { is: "unknown" };

function bytesOf(pages: readonly (Uint8Array | null)[], firstByte: number, length: number): Uint8Array | null {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) {
    const page = pages[Math.floor((firstByte + i) / PAGE_BYTES)];
    if (page == null) return null;
    bytes[i] = page[(firstByte + i) % PAGE_BYTES]!;
  }
  return bytes;
}
