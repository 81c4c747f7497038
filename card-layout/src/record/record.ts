import { bigEndian, concat, isBlank, readBigEndian } from "./bytes.ts";

/** Why bytes are not the record they should be. Names the field, so that an inspector can point at it. */
export interface RecordFault {
  readonly record: string;
  readonly field: string;
  readonly offset: number;
  readonly problem: string;
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: RecordFault };

/** One field of a record: its size in bytes and the values it may hold. */
export interface Field<T> {
  readonly size: number;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
  /** What is wrong with a value, or null. */
  readonly problem: (value: T) => string | null;
}

/** A field of whatever type. */
interface AnyField {
  readonly size: number;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly problem: (value: never) => string | null;
}
type ValueOf<F extends AnyField> = ReturnType<F["decode"]>;

export interface RecordTable<V> {
  readonly name: string;
  readonly size: number;
  /** Where each field lies: for inspectors and the format document. */
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
  /** Throws `RangeError` on a value that its field cannot hold: that is our bug, not the card's. */
  encode(value: V): Uint8Array;
  /** Never throws: a strange card is daily business. Bytes must be exactly `size` long. */
  decode(bytes: Uint8Array): Decoded<V>;
}

/** The TypeScript type of a record's values. */
export type RecordOf<R> = R extends RecordTable<infer V> ? V : never;

interface IntegerBounds {
  readonly min?: number;
  readonly max?: number;
  readonly only?: number;
}

function integer(size: number, bounds: IntegerBounds): Field<number> {
  const min = bounds.only ?? bounds.min ?? 0;
  const max = bounds.only ?? bounds.max ?? 256 ** size - 1;
  return {
    size,
    encode: (value) => bigEndian(value, size),
    decode: (bytes) => readBigEndian(bytes, 0, size),
    problem: (value) =>
      Number.isSafeInteger(value) && value >= min && value <= max ? null : `${value} is outside ${min} to ${max}`,
  };
}

export const u8 = (bounds: IntegerBounds = {}): Field<number> => integer(1, bounds);
export const u16 = (bounds: IntegerBounds = {}): Field<number> => integer(2, bounds);
export const u24 = (bounds: IntegerBounds = {}): Field<number> => integer(3, bounds);
export const u32 = (bounds: IntegerBounds = {}): Field<number> => integer(4, bounds);
export const u48 = (bounds: IntegerBounds = {}): Field<number> => integer(6, bounds);

/** A fixed number of bytes, kept as they are. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    size,
    encode: (value) => value,
    decode: (from) => from.slice(),
    problem: (value) => (value.length === size ? null : `${value.length} bytes instead of ${size}`),
  };
}

/** So many values of one field, one after the other. */
export function times<T>(count: number, one: Field<T>): Field<readonly T[]> {
  return {
    size: count * one.size,
    encode: (values) => concat(...values.map(one.encode)),
    decode: (from) =>
      Array.from({ length: count }, (_, i) => one.decode(from.subarray(i * one.size, (i + 1) * one.size))),
    problem: (values) =>
      values.length === count
        ? (values.map(one.problem).find((problem) => problem !== null) ?? null)
        : `${values.length} values instead of ${count}`,
  };
}

/** Bytes without a meaning yet: written as zero and refused when they are not. */
export function reserved(size: number): Field<Uint8Array> {
  return {
    ...bytes(size),
    problem: (value) => (value.length === size && isBlank(value) ? null : "reserved bytes are not zero"),
  };
}

/**
 * A record of fixed size: fields one after the other, integers big-endian, no gaps.
 * Throws at load when the fields do not fill `size` exactly.
 */
export function record<F extends { [K in keyof F]: AnyField }>(
  name: string,
  size: number,
  fields: F,
): RecordTable<{ [K in keyof F]: ValueOf<F[K]> }> {
  type Values = { [K in keyof F]: ValueOf<F[K]> };
  const table = Object.entries<AnyField>(fields).reduce<{ name: string; offset: number; size: number }[]>(
    (placed, [field, { size: width }]) => {
      const before = placed.at(-1);
      placed.push({ name: field, offset: before ? before.offset + before.size : 0, size: width });
      return placed;
    },
    [],
  );
  const last = table.at(-1);
  const filled = last ? last.offset + last.size : 0;
  if (filled !== size) throw new RangeError(`record ${name}: fields fill ${filled} bytes, not ${size}`);
  const fieldOf = (field: string) => (fields as unknown as Readonly<Record<string, Field<unknown>>>)[field]!;

  return {
    name,
    size,
    fields: table,
    encode(value) {
      const out = new Uint8Array(size);
      for (const { name: field, offset } of table) {
        const given = (value as Readonly<Record<string, unknown>>)[field];
        const problem = fieldOf(field).problem(given);
        if (problem !== null) throw new RangeError(`record ${name}.${field}: ${problem}`);
        out.set(fieldOf(field).encode(given), offset);
      }
      return out;
    },
    decode(from) {
      if (from.length !== size) {
        const problem = `${from.length} bytes instead of ${size}`;
        return { ok: false, fault: { record: name, field: "", offset: 0, problem } };
      }
      const value: Record<string, unknown> = {};
      for (const { name: field, offset, size: width } of table) {
        const found = fieldOf(field).decode(from.subarray(offset, offset + width));
        const problem = fieldOf(field).problem(found);
        if (problem !== null) return { ok: false, fault: { record: name, field, offset, problem } };
        value[field] = found;
      }
      return { ok: true, value: value as Values };
    },
  };
}
