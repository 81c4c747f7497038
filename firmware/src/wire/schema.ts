import type { Cbor, CborMap } from "./cbor.ts";

/** A CBOR item that is well-formed but not what the format says; `path` names the field. */
export class FormatFault extends Error {
  readonly path: string;
  readonly problem: string;
  constructor(path: string, problem: string) {
    super(path === "" ? problem : `${path}: ${problem}`);
    this.name = "FormatFault";
    this.path = path;
    this.problem = problem;
  }

  /** The same fault, told from the whole that `path` leads from: paths are put together only where something is wrong. */
  within(path: string): FormatFault {
    return new FormatFault(`${path}${this.path}`, this.problem);
  }
}

const within = (path: string, error: unknown): unknown => (error instanceof FormatFault ? error.within(path) : error);

/** How one kind of value is written as CBOR. `encode` throws `RangeError` (our bug), `decode` throws `FormatFault`. */
export interface Codec<T> {
  encode(value: T): Cbor;
  decode(item: Cbor, path: string): T;
}

/** The TypeScript type that a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

function checked<T extends Cbor>(accept: (item: Cbor) => item is T, expected: string): Codec<T> {
  return {
    encode: (value) => {
      if (!accept(value)) throw new RangeError(`not ${expected}`);
      return value;
    },
    decode: (item, path) => {
      if (!accept(item)) throw new FormatFault(path, `not ${expected}`);
      return item;
    },
  };
}

export const integer = ({ min, max }: { readonly min: number; readonly max: number }): Codec<number> =>
  checked(
    (item): item is number => typeof item === "number" && item >= min && item <= max,
    `an integer ${min} to ${max}`,
  );

export const uint = (max: number = Number.MAX_SAFE_INTEGER): Codec<number> => integer({ min: 0, max });

export const text = (max = 200): Codec<string> =>
  checked(
    (item): item is string => typeof item === "string" && item.length <= max,
    `text of at most ${max} characters`,
  );

/** Control characters of Latin-1: what could steer a screen or a printer. */
const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code < 0xa0);

/** Text that people read on a screen or a receipt: 1 to `max` characters, no control character among them. */
export const printable = (max: number): Codec<string> =>
  checked((item): item is string => {
    if (typeof item !== "string" || item.length === 0 || item.length > max) return false;
    for (let at = 0; at < item.length; at += 1) if (isControl(item.charCodeAt(at))) return false;
    return true;
  }, `text of 1 to ${max} characters without control characters`);

/** A mark that is there or not: only `true` is ever written. */
export const truth: Codec<true> = checked((item): item is true => item === true, "true");

/** Byte string of a fixed size. */
export const bstr = (size: number): Codec<Uint8Array> =>
  checked((item): item is Uint8Array => item instanceof Uint8Array && item.length === size, `${size} bytes`);

/** Byte string of at most `max` bytes. */
export const bstrUpTo = (max: number): Codec<Uint8Array> =>
  checked((item): item is Uint8Array => item instanceof Uint8Array && item.length <= max, `at most ${max} bytes`);

/** True or false. */
export const bool: Codec<boolean> = checked((item): item is boolean => typeof item === "boolean", "true or false");

/** Byte string of `min` to `max` bytes. */
export const bstrWithin = (min: number, max: number): Codec<Uint8Array> =>
  checked(
    (item): item is Uint8Array => item instanceof Uint8Array && item.length >= min && item.length <= max,
    `${min} to ${max} bytes`,
  );

/** One of a closed list of words, written as its number. Numbers are never reused. */
export function word<W extends string>(numbers: Readonly<Record<W, number>>): Codec<W> {
  const words = new Map(Object.entries(numbers).map(([name, number]) => [number as number, name as W]));
  return {
    encode: (value) => {
      if (numbers[value] === undefined) throw new RangeError(`unknown word ${value}`);
      return numbers[value];
    },
    decode: (item, path) => {
      const found = typeof item === "number" ? words.get(item) : undefined;
      if (found === undefined) throw new FormatFault(path, `unknown word ${String(item)}`);
      return found;
    },
  };
}

export const list = <T>(items: Codec<T>, max = 1_000): Codec<readonly T[]> => ({
  encode: (values) => {
    if (values.length > max) throw new RangeError(`not a list of at most ${max}`);
    return values.map((value) => items.encode(value));
  },
  decode: (item, path) => {
    if (!Array.isArray(item) || item.length > max) throw new FormatFault(path, `not a list of at most ${max}`);
    const values: T[] = [];
    try {
      for (const entry of item) values.push(items.decode(entry, ""));
    } catch (error) {
      throw within(`${path}[${values.length}]`, error);
    }
    return values;
  },
});

export interface Key<T, Optional extends boolean> {
  readonly key: number | string;
  readonly codec: Codec<T>;
  readonly optional: Optional;
  /** The value that is never written: where the field is absent, it is read as this. */
  readonly usual?: T;
}
/** A field that is always there. Formats of ours use integer keys; text keys belong to formats of others. */
export const key = <T>(name: number | string, codec: Codec<T>): Key<T, false> => ({
  key: name,
  codec,
  optional: false,
});
/** A field that may be absent. */
export const maybe = <T>(name: number | string, codec: Codec<T>): Key<T, true> => ({
  key: name,
  codec,
  optional: true,
});

/** A number that is always there in memory and absent on the wire where it is zero: a format can gain it and keep its old bytes. */
export const orZero = (number: number, codec: Codec<number>): Key<number, false> => ({
  ...key(number, codec),
  usual: 0,
});

type Value<K> = K extends Key<infer T, boolean> ? T : never;
export type MapOf<F> = { readonly [N in keyof F as F[N] extends Key<unknown, true> ? never : N]: Value<F[N]> } & {
  readonly [N in keyof F as F[N] extends Key<unknown, true> ? N : never]?: Value<F[N]>;
};

type Fields = Readonly<Record<string, Key<unknown, boolean>>>;

/** A map whose keys are declared once. Unknown keys are refused: a newer format has a newer version number. */
export function map<F extends Fields>(fields: F): Codec<MapOf<F>> {
  return mapOf(fields, false);
}

/** A map as in messages of others: unknown keys are ignored, and a field that may be absent may be null as well. */
export function looseMap<F extends Fields>(fields: F): Codec<MapOf<F>> {
  return mapOf(fields, true);
}

function mapOf<F extends Fields>(fields: F, isLoose: boolean): Codec<MapOf<F>> {
  const entries = Object.entries(fields);
  return {
    encode: (value) => {
      const out = new Map<number | string, Cbor>();
      for (const [name, field] of entries) {
        const given = (value as Readonly<Record<string, unknown>>)[name];
        if (given === undefined && field.optional) continue;
        if (given === undefined) throw new RangeError(`field ${name} is missing`);
        if (given === field.usual) continue;
        out.set(field.key, field.codec.encode(given));
      }
      return out;
    },
    decode: (item, path) => {
      if (!(item instanceof Map)) throw new FormatFault(path, "not a map");
      const found = item as CborMap;
      const value: Record<string, unknown> = {};
      let used = 0;
      let at = "";
      try {
        for (const [name, field] of entries) {
          at = name;
          const given = found.get(field.key);
          if (given === undefined || (isLoose && given === null && field.optional)) {
            if (field.usual !== undefined) value[name] = field.usual;
            else if (!field.optional) throw new FormatFault("", "missing");
            continue;
          }
          const read = field.codec.decode(given, "");
          // Written all the same it would be a second encoding of one value.
          if (read === field.usual) throw new FormatFault("", `${String(read)} is left out, not written`);
          value[name] = read;
          used += 1;
        }
      } catch (error) {
        throw within(`${path}.${at}`, error);
      }
      if (!isLoose && used !== found.size) throw new FormatFault(path, "has a key that the format does not know");
      return value as MapOf<F>;
    },
  };
}
