import { concat } from "@cachet/card-layout";
import { utf8Decode, utf8Encode } from "./utf8.ts";

/** A tagged item (RFC 8949, 3.4). */
export interface CborTag {
  readonly tag: number;
  readonly value: Cbor;
}

/** The part of CBOR that Cachet writes: integers within ±(2^53 - 1), byte and text strings, arrays, maps, tags, booleans, null. */
export type Cbor = number | string | boolean | null | Uint8Array | readonly Cbor[] | CborMap | CborTag;
export type CborMap = ReadonlyMap<number | string, Cbor>;

/** Bytes that are not the deterministic CBOR we accept; `offset` is where reading stopped. */
export class CborFault extends Error {
  readonly offset: number;
  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.name = "CborFault";
    this.offset = offset;
  }
}

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;
const FALSE = 20;
const TRUE = 21;
const NULL = 22;
/** Nesting deeper than any format of ours; keeps a hostile file from exhausting the stack. */
const DEPTH_MAX = 16;

/** Head with the shortest argument (RFC 8949, 4.2.1). */
function head(major: number, argument: number): Uint8Array {
  const top = major << 5;
  if (argument < 24) return Uint8Array.of(top | argument);
  if (argument < 0x100) return Uint8Array.of(top | 24, argument);
  if (argument < 0x1_0000) return Uint8Array.of(top | 25, argument >> 8, argument & 0xff);
  const size = argument < 0x1_0000_0000 ? 4 : 8;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = top | (size === 4 ? 26 : 27);
  let rest = argument;
  for (let i = size; i >= 1; i -= 1) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function isTag(value: object): value is CborTag {
  return "tag" in value;
}

/** Deterministic encoding (RFC 8949, 4.2): shortest heads, map keys in bytewise order. Throws on what is not `Cbor`. */
export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`encodeCbor: ${value} is not a safe integer`);
    return value >= 0 ? head(UNSIGNED, value) : head(NEGATIVE, -1 - value);
  }
  if (typeof value === "string") {
    const text = utf8Encode(value);
    return concat(head(TEXT, text.length), text);
  }
  if (value === null) return head(SIMPLE, NULL);
  if (typeof value === "boolean") return head(SIMPLE, value ? TRUE : FALSE);
  if (value instanceof Uint8Array) return concat(head(BYTES, value.length), value);
  if (Array.isArray(value)) return concat(head(ARRAY, value.length), ...value.map(encodeCbor));
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item]) => ({ key: encodeCbor(key), item: encodeCbor(item) }));
    pairs.sort((a, b) => compareBytes(a.key, b.key));
    return concat(head(MAP, pairs.length), ...pairs.flatMap(({ key, item }) => [key, item]));
  }
  if (isTag(value as object)) {
    const { tag, value: inner } = value as CborTag;
    return concat(head(TAG, tag), encodeCbor(inner));
  }
  throw new RangeError("encodeCbor: not a CBOR value");
}

class Reader {
  at: number;
  private readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  private take(size: number): Uint8Array {
    if (size > this.bytes.length - this.at) throw new CborFault("item is cut off", this.at);
    const taken = this.bytes.subarray(this.at, this.at + size);
    this.at += size;
    return taken;
  }

  private argument(info: number, start: number): number {
    if (info < 24) return info;
    if (info > 27) throw new CborFault("indefinite or reserved length", start);
    const raw = this.take(2 ** (info - 24));
    let value = 0;
    for (const byte of raw) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw new CborFault("number is too large", start);
    const smallest = info === 24 ? 24 : 2 ** (8 * (raw.length / 2));
    if (value < smallest) throw new CborFault("number is not in its shortest form", start);
    return value;
  }

  item(depth: number): Cbor {
    const start = this.at;
    if (depth > DEPTH_MAX) throw new CborFault("nested too deeply", start);
    const first = this.take(1)[0]!;
    const info = first & 31;
    const major = first >> 5;
    if (major === SIMPLE) {
      if (info === NULL) return null;
      if (info === TRUE || info === FALSE) return info === TRUE;
      throw new CborFault("floats and other simple values are not used", start);
    }
    const argument = this.argument(info, start);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return -1 - argument;
      case BYTES:
        return this.take(argument).slice();
      case TEXT: {
        const text = utf8Decode(this.take(argument));
        if (text === null) throw new CborFault("text is not UTF-8", start);
        return text;
      }
      case ARRAY: {
        const items: Cbor[] = [];
        for (let i = 0; i < argument; i += 1) items.push(this.item(depth + 1));
        return items;
      }
      case MAP:
        return this.map(argument, depth);
      default:
        return { tag: argument, value: this.item(depth + 1) };
    }
  }

  private map(pairs: number, depth: number): CborMap {
    const map = new Map<number | string, Cbor>();
    let before: Uint8Array | null = null;
    for (let i = 0; i < pairs; i += 1) {
      const start = this.at;
      const key = this.item(depth + 1);
      if (typeof key !== "number" && typeof key !== "string")
        throw new CborFault("map key is no integer or text", start);
      const raw = this.bytes.subarray(start, this.at);
      if (before !== null && compareBytes(before, raw) >= 0) throw new CborFault("map keys are not in order", start);
      before = raw;
      map.set(key, this.item(depth + 1));
    }
    return map;
  }
}

/** Reads one item from `at`. Throws `CborFault` on anything but deterministic CBOR. */
export function decodeCborItem(bytes: Uint8Array, at: number): { readonly value: Cbor; readonly end: number } {
  const reader = new Reader(bytes, at);
  const value = reader.item(0);
  return { value, end: reader.at };
}

/** Reads bytes that hold exactly one item. Throws `CborFault`. */
export function decodeCbor(bytes: Uint8Array): Cbor {
  const { value, end } = decodeCborItem(bytes, 0);
  if (end !== bytes.length) throw new CborFault("bytes follow the item", end);
  return value;
}
