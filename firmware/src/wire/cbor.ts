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
  /** The bytes end within an item: more of them might make it whole. */
  readonly isCut: boolean;
  constructor(problem: string, offset: number, isCut = false) {
    super(`${problem} at byte ${offset}`);
    this.isCut = isCut;
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
const UNDEFINED = 23;
const BREAK = 0xff;
/** Stands for a length that the bytes do not say beforehand. */
const INDEFINITE = -1;
/** Nesting deeper than any format of ours; keeps a hostile file from exhausting the stack. */
const DEPTH_MAX = 16;

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Bytewise order of encoded keys (RFC 8949, 4.2.1). For two integers of one sign that is the order of their size. */
function compareKeys(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number" && a >= 0 && b >= 0) return a - b;
  return compareBytes(encodeCbor(a), encodeCbor(b));
}

function isTag(value: object): value is CborTag {
  return "tag" in value;
}

class Writer {
  private buffer = new Uint8Array(256);
  private used = 0;

  written(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }

  private room(size: number): void {
    if (this.used + size <= this.buffer.length) return;
    const grown = new Uint8Array(2 * (this.used + size));
    grown.set(this.buffer.subarray(0, this.used));
    this.buffer = grown;
  }

  private bytes(major: number, content: Uint8Array): void {
    this.head(major, content.length);
    this.room(content.length);
    this.buffer.set(content, this.used);
    this.used += content.length;
  }

  /** Head with the shortest argument (RFC 8949, 4.2.1). */
  private head(major: number, argument: number): void {
    const top = major << 5;
    if (argument < 24) {
      if (this.used === this.buffer.length) this.room(1);
      this.buffer[this.used] = top | argument;
      this.used += 1;
      return;
    }
    this.room(9);
    const power = argument < 0x100 ? 0 : argument < 0x1_0000 ? 1 : argument < 0x1_0000_0000 ? 2 : 3;
    const size = 1 << power;
    this.buffer[this.used] = top | (24 + power);
    let rest = argument;
    for (let i = this.used + size; i > this.used; i -= 1) {
      this.buffer[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.used += 1 + size;
  }

  item(value: Cbor): void {
    if (typeof value === "number") {
      if (!Number.isSafeInteger(value)) throw new RangeError(`encodeCbor: ${value} is not a safe integer`);
      if (value >= 0) this.head(UNSIGNED, value);
      else this.head(NEGATIVE, -1 - value);
    } else if (typeof value === "string") this.bytes(TEXT, utf8Encode(value));
    else if (value === null) this.head(SIMPLE, NULL);
    else if (typeof value === "boolean") this.head(SIMPLE, value ? TRUE : FALSE);
    else if (value instanceof Uint8Array) this.bytes(BYTES, value);
    else if (Array.isArray(value)) {
      this.head(ARRAY, value.length);
      for (const item of value) this.item(item);
    } else if (value instanceof Map) this.map(value);
    else if (isTag(value as object)) {
      const { tag, value: inner } = value as CborTag;
      if (!Number.isSafeInteger(tag) || tag < 0) throw new RangeError(`encodeCbor: ${tag} is no tag`);
      this.head(TAG, tag);
      this.item(inner);
    } else throw new RangeError("encodeCbor: not a CBOR value");
  }

  private map(map: CborMap): void {
    this.head(MAP, map.size);
    const start = this.used;
    let before: number | string | null = null;
    // Our own maps are declared in order: only those that are not have to be sorted, and written again.
    for (const key of map.keys()) {
      if (before !== null && compareKeys(before, key) >= 0) {
        this.used = start;
        for (const sorted of [...map.keys()].sort(compareKeys)) this.pair(sorted, map.get(sorted)!);
        return;
      }
      this.pair(key, map.get(key)!);
      before = key;
    }
  }

  private pair(key: number | string, value: Cbor): void {
    this.item(key);
    this.item(value);
  }
}

/** Deterministic encoding (RFC 8949, 4.2): shortest heads, map keys in bytewise order. Throws on what is not `Cbor`. */
export function encodeCbor(value: Cbor): Uint8Array {
  const writer = new Writer();
  writer.item(value);
  return writer.written();
}

class Reader {
  at: number;
  private readonly bytes: Uint8Array;
  /** Takes what others write as well: any order of keys, longer numbers, lengths that are not said beforehand, undefined. */
  private readonly loose: boolean;
  constructor(bytes: Uint8Array, at: number, loose = false) {
    this.bytes = bytes;
    this.at = at;
    this.loose = loose;
  }

  /** Steps over bytes; gives where they begin. */
  private take(size: number): number {
    const start = this.at;
    if (size > this.bytes.length - start) throw new CborFault("item is cut off", start, true);
    this.at = start + size;
    return start;
  }

  private argument(info: number, start: number, major: number): number {
    if (info < 24) return info;
    if (info === 31 && this.loose && major >= BYTES && major <= MAP) return INDEFINITE;
    if (info > 27) throw new CborFault("indefinite or reserved length", start);
    const size = 2 ** (info - 24);
    let value = 0;
    for (let at = this.take(size); at < this.at; at += 1) value = value * 256 + this.bytes[at]!;
    if (!Number.isSafeInteger(value)) throw new CborFault("number is too large", start);
    const smallest = info === 24 ? 24 : 2 ** (4 * size);
    if (value < smallest && !this.loose) throw new CborFault("number is not in its shortest form", start);
    return value;
  }

  /** Steps over one item without looking at more than its lengths. Throws `CborFault` where it is cut off, or no lengths can be told. */
  skip(depth: number): void {
    const start = this.at;
    if (depth > DEPTH_MAX) throw new CborFault("nested too deeply", start);
    const first = this.bytes[this.take(1)]!;
    const major = first >> 5;
    if (major === SIMPLE && (first & 31) > UNDEFINED)
      throw new CborFault("floats and other simple values are not used", start);
    if (major === SIMPLE) return;
    const argument = this.argument(first & 31, start, major);
    if (major === BYTES || major === TEXT) this.take(argument);
    const within = major === ARRAY ? argument : major === MAP ? 2 * argument : major === TAG ? 1 : 0;
    for (let i = 0; i < within; i += 1) this.skip(depth + 1);
  }

  item(depth: number): Cbor {
    const start = this.at;
    if (depth > DEPTH_MAX) throw new CborFault("nested too deeply", start);
    const first = this.bytes[this.take(1)]!;
    const info = first & 31;
    const major = first >> 5;
    if (major === SIMPLE) {
      if (info === NULL) return null;
      if (info === TRUE || info === FALSE) return info === TRUE;
      if (info === UNDEFINED && this.loose) return null;
      throw new CborFault("floats and other simple values are not used", start);
    }
    const argument = this.argument(info, start, major);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        if (argument >= Number.MAX_SAFE_INTEGER) throw new CborFault("number is too large", start);
        return -1 - argument;
      case BYTES:
        return this.string(argument, major);
      case TEXT: {
        const text = utf8Decode(this.string(argument, major));
        if (text === null) throw new CborFault("text is not UTF-8", start);
        return text;
      }
      case ARRAY: {
        const items: Cbor[] = [];
        while (this.goesOn(items.length, argument)) items.push(this.item(depth + 1));
        return items;
      }
      case MAP:
        return this.map(argument, depth);
      default:
        return { tag: argument, value: this.item(depth + 1) };
    }
  }

  /** Whether another item follows; takes the break that ends an indefinite length. */
  private goesOn(done: number, length: number): boolean {
    if (length !== INDEFINITE) return done < length;
    if (this.bytes[this.at] !== BREAK) return true;
    this.at += 1;
    return false;
  }

  /** The bytes of a string: all at once, or in chunks of the same kind, each of a length of its own (RFC 8949, 3.2.3). */
  private string(length: number, major: number): Uint8Array {
    if (length !== INDEFINITE) return this.bytes.slice(this.take(length), this.at);
    const chunks: number[] = [];
    while (this.goesOn(0, INDEFINITE)) {
      const start = this.at;
      const first = this.bytes[this.take(1)]!;
      if (first >> 5 !== major || (first & 31) === 31) throw new CborFault("chunk of another kind", start);
      const size = this.argument(first & 31, start, major);
      chunks.push(...this.bytes.subarray(this.take(size), this.at));
    }
    return Uint8Array.from(chunks);
  }

  private map(pairs: number, depth: number): CborMap {
    const map = new Map<number | string, Cbor>();
    let before: number | string | null = null;
    while (this.goesOn(map.size, pairs)) {
      const start = this.at;
      const key = this.item(depth + 1);
      if (typeof key !== "number" && typeof key !== "string")
        throw new CborFault("map key is no integer or text", start);
      if (map.has(key)) throw new CborFault("map key stands twice", start);
      if (!this.loose && before !== null && compareKeys(before, key) >= 0)
        throw new CborFault("map keys are not in order", start);
      before = key;
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

/**
 * Where the item at `at` ends. Tells nothing of what is in it: whether it is deterministic CBOR shows when it is read. Throws `CborFault`
 * where the bytes end within it, or lengths are none.
 */
export function endOfCborItem(bytes: Uint8Array, at: number): number {
  const reader = new Reader(bytes, at);
  reader.skip(0);
  return reader.at;
}

/** Reads bytes that hold exactly one item. Throws `CborFault`. */
export function decodeCbor(bytes: Uint8Array): Cbor {
  const { value, end } = decodeCborItem(bytes, 0);
  if (end !== bytes.length) throw new CborFault("bytes follow the item", end);
  return value;
}

/**
 * Reads bytes that hold one item as others may write it: valid CBOR (RFC 8949) of the kinds in `Cbor`, deterministic or not, undefined
 * read as null. For messages that nobody signs. Throws `CborFault`.
 */
export function decodeLooseCbor(bytes: Uint8Array): Cbor {
  const reader = new Reader(bytes, 0, true);
  const value = reader.item(0);
  if (reader.at !== bytes.length) throw new CborFault("bytes follow the item", reader.at);
  return value;
}
