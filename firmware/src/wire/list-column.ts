import { bigEndian, concat } from "@cachet/card-layout";
import { FormatFault } from "./schema.ts";

/** Bytes that do not make the table, or tables that do not fit each other. */
export class TableFault extends FormatFault {
  readonly reason: "form" | "too-many" | "inconsistent";
  constructor(reason: TableFault["reason"], table: string, problem: string) {
    super(table, problem);
    this.name = "TableFault";
    this.reason = reason;
  }

  /** A table is named by itself, wherever it stands. */
  override within(): TableFault {
    return this;
  }
}

/** One column of a list's table (list-table.ts): how its values lie in a row. */
export interface Column<T> {
  /** Bytes that a value takes; null where one byte in front counts them. */
  readonly size: number | null;
  /** Throws `RangeError` on what the column cannot hold: our bug. */
  write(value: T): Uint8Array;
  /** Throws `FormatFault`. */
  read(bytes: Uint8Array, path: string): T;
}

function readUint(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

/** An unsigned integer of `size` bytes, `min` to `max` (at most 2^53 - 1), big-endian. */
export function uintColumn(size: number, min: number, max: number): Column<number> {
  const fits = (value: number) => Number.isSafeInteger(value) && value >= min && value <= max;
  return {
    size,
    write: (value) => {
      if (!fits(value)) throw new RangeError(`${value} is outside ${min} to ${max}`);
      return bigEndian(value, size);
    },
    read: (bytes, path) => {
      const value = readUint(bytes);
      if (!fits(value)) throw new TableFault("form", path, `${value} is outside ${min} to ${max}`);
      return value;
    },
  };
}

/** A fixed number of bytes, kept as they are. */
export function bytesColumn(size: number): Column<Uint8Array> {
  return {
    size,
    write: (value) => {
      if (value.length !== size) throw new RangeError(`${value.length} bytes instead of ${size}`);
      return value;
    },
    read: (bytes) => bytes.slice(),
  };
}

/** At most `max` (255 or less) bytes, counted by a byte in front. Value columns only. */
export function countedColumn(max: number): Column<Uint8Array> {
  return {
    size: null,
    write: (value) => {
      if (value.length > max) throw new RangeError(`${value.length} bytes, at most ${max}`);
      return concat(bigEndian(value.length, 1), value);
    },
    read: (bytes, path) => {
      if (bytes.length > max) throw new TableFault("form", path, `${bytes.length} bytes, at most ${max}`);
      return bytes.slice();
    },
  };
}

/** One of a closed list of words, as its number in one byte. Numbers are never reused. */
export function wordColumn<W extends string>(numbers: Readonly<Record<W, number>>): Column<W> {
  const words = new Map(Object.entries(numbers).map(([name, number]) => [number as number, name as W]));
  return {
    size: 1,
    write: (value) => {
      if (numbers[value] === undefined) throw new RangeError(`unknown word ${value}`);
      return bigEndian(numbers[value], 1);
    },
    read: (bytes, path) => {
      const found = words.get(bytes[0]!);
      if (found === undefined) throw new TableFault("form", path, `unknown word ${bytes[0]}`);
      return found;
    },
  };
}
