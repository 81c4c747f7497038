import { concat, sameBytes, toHex } from "@cachet/card-layout";
import { type Column, TableFault } from "./list-column.ts";
import { type Codec, FormatFault } from "./schema.ts";

type Columns = Readonly<Record<string, Column<unknown>>>;
type ValuesOf<C> = { readonly [N in keyof C]: C[N] extends Column<infer T> ? T : never };

function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Rows of one table, kept as the bytes they came in. */
export class Rows<Key, Row extends Key> {
  readonly table: Table<Key, Row>;
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Where each row begins, and where the last one ends; null where all rows have one size. */
  private readonly starts: Uint32Array | null;

  /** For `Table` alone: the bytes are rows in order. */
  constructor(table: Table<Key, Row>, bytes: Uint8Array, count: number, starts: Uint32Array | null) {
    this.table = table;
    this.bytes = bytes;
    this.count = count;
    this.starts = starts;
  }

  private start(index: number): number {
    return this.starts === null ? index * this.table.rowBytes! : this.starts[index]!;
  }

  /** The bytes of the row at `index`. */
  row(index: number): Uint8Array {
    return this.bytes.subarray(this.start(index), this.start(index + 1));
  }

  /** The bytes of the key at `index`. */
  key(index: number): Uint8Array {
    const start = this.start(index);
    return this.bytes.subarray(start, start + this.table.keyBytes);
  }

  /** The values of the row at `index`. */
  at(index: number): Row {
    return this.table.values(this.row(index));
  }

  all(): Row[] {
    return Array.from({ length: this.count }, (_, index) => this.at(index));
  }

  /** Every row whose key begins with these values, in order: the first key columns, or all of them. */
  of(first: Partial<Key>): Row[] {
    const prefix = this.table.prefix(first);
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.key(middle).subarray(0, prefix.length), prefix) < 0) low = middle + 1;
      else high = middle;
    }
    const found: Row[] = [];
    for (let at = low; at < this.count && sameBytes(this.key(at).subarray(0, prefix.length), prefix); at += 1)
      found.push(this.at(at));
    return found;
  }
}

/**
 * Table: rows of a list, one after the other in one byte string, without gaps. A row is its key columns, then its value
 * columns; integers are big-endian, so that bytewise order of the keys is the order of their values. Rows stand in that
 * order, no key twice: a key is found by halving, where the bytes lie.
 */
export class Table<Key, Row extends Key> {
  readonly name: string;
  readonly rowsMax: number;
  readonly keyBytes: number;
  /** Bytes of a row; null where they differ. */
  readonly rowBytes: number | null;
  private readonly keyColumns: Columns;
  private readonly columns: readonly (readonly [string, Column<unknown>])[];

  constructor(name: string, rowsMax: number, keyColumns: Columns, valueColumns: Columns) {
    this.name = name;
    this.rowsMax = rowsMax;
    this.keyColumns = keyColumns;
    this.columns = Object.entries({ ...keyColumns, ...valueColumns });
    const sizes = this.columns.map(([, { size }]) => size);
    this.keyBytes = Object.values(keyColumns).reduce((sum, { size }) => sum + (size ?? Number.NaN), 0);
    if (Number.isNaN(this.keyBytes)) throw new RangeError(`table ${name}: a key column without a fixed size`);
    this.rowBytes = sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + size!, 0);
  }

  /** The keys alone, as a table of their own: what a delta removes. */
  keys(): Table<Key, Key> {
    return new Table<Key, Key>(this.name, this.rowsMax, this.keyColumns, {});
  }

  none(): Rows<Key, Row> {
    return this.index(new Uint8Array());
  }

  /** Packs rows given in any order. Throws `RangeError`: a value that does not fit, a key twice, too many rows. */
  pack(rows: readonly Row[]): Rows<Key, Row> {
    const packed = rows.map((row) =>
      concat(...this.columns.map(([name, column]) => column.write((row as Readonly<Record<string, unknown>>)[name]))),
    );
    const sorted = packed.sort((a, b) => compare(a.subarray(0, this.keyBytes), b.subarray(0, this.keyBytes)));
    try {
      return this.read(concat(...sorted));
    } catch (error) {
      throw error instanceof TableFault ? new RangeError(error.message) : error;
    }
  }

  /** Reads rows that a stranger may have written. Throws `TableFault`. */
  read(bytes: Uint8Array): Rows<Key, Row> {
    const rows = this.index(bytes);
    for (let at = 0; at < rows.count; at += 1) {
      rows.at(at);
      if (at > 0 && compare(rows.key(at - 1), rows.key(at)) >= 0)
        throw new TableFault("form", `${this.name}[${at}]`, "its key does not come after the one before it");
    }
    return rows;
  }

  /** Finds where rows begin; looks into none. */
  index(bytes: Uint8Array): Rows<Key, Row> {
    const starts: number[] = [];
    let count = 0;
    if (this.rowBytes !== null) {
      if (bytes.length % this.rowBytes !== 0) throw new TableFault("form", this.name, "the last row is cut off");
      count = bytes.length / this.rowBytes;
    } else {
      let at = 0;
      for (; at < bytes.length && count <= this.rowsMax; count += 1) {
        starts.push(at);
        at = this.rowEnd(bytes, at);
      }
      starts.push(at);
    }
    if (count > this.rowsMax) throw new TableFault("too-many", this.name, `more than ${this.rowsMax} rows`);
    return new Rows(this, bytes, count, this.rowBytes === null ? Uint32Array.from(starts) : null);
  }

  private rowEnd(bytes: Uint8Array, start: number): number {
    let at = start;
    for (const [, { size }] of this.columns) at += size ?? 1 + (bytes[at] ?? 0);
    if (at > bytes.length) throw new TableFault("form", this.name, "the last row is cut off");
    return at;
  }

  /** The values of one row's bytes. Throws `TableFault`. */
  values(row: Uint8Array): Row {
    const values: Record<string, unknown> = {};
    let at = 0;
    for (const [name, column] of this.columns) {
      const from = column.size === null ? at + 1 : at;
      const end = column.size === null ? from + row[at]! : from + column.size;
      values[name] = column.read(row.subarray(from, end), `${this.name}.${name}`);
      at = end;
    }
    return values as Row;
  }

  /** The bytes that keys with these first values begin with. */
  prefix(first: Partial<Key>): Uint8Array {
    const given = first as Readonly<Record<string, unknown>>;
    const columns = Object.entries(this.keyColumns);
    const known = columns.findIndex(([name]) => given[name] === undefined);
    return concat(
      ...columns.slice(0, known < 0 ? undefined : known).map(([name, column]) => column.write(given[name])),
    );
  }
}

/** Declares a table. The limit holds for rows in a list, and for what is held. */
export function table<K extends Columns, V extends Columns>(
  name: string,
  rowsMax: number,
  key: K,
  value: V,
): Table<ValuesOf<K>, ValuesOf<K> & ValuesOf<V>> {
  return new Table(name, rowsMax, key, value);
}

/** Rows as a CBOR byte string. No rows are left out, not written. */
export function rowsOf<Key, Row extends Key>(of: Table<Key, Row>): Codec<Rows<Key, Row>> {
  return {
    encode: (rows) => {
      if (rows.count === 0) throw new RangeError(`table ${of.name}: no rows are left out, not written`);
      return rows.bytes;
    },
    decode: (item, path) => {
      if (!(item instanceof Uint8Array)) throw new FormatFault(path, "not a byte string");
      if (item.length === 0) throw new FormatFault(path, "no rows are left out, not written");
      return of.read(item);
    },
  };
}

/**
 * The rows held, without the removed ones, and with the put ones in place of those of the same key. Throws `TableFault`:
 * `inconsistent` where a row is to be removed that is not held, `too-many`.
 */
export function mergeRows<Key, Row extends Key>(
  held: Rows<Key, Row>,
  removed: Rows<Key, Key>,
  put: Rows<Key, Row>,
): Rows<Key, Row> {
  const merged = new Uint8Array(held.bytes.length + put.bytes.length);
  let [h, r, p, size] = [0, 0, 0, 0];
  const copy = (row: Uint8Array) => {
    merged.set(row, size);
    size += row.length;
  };
  while (h < held.count || p < put.count) {
    const order = p === put.count ? -1 : h === held.count ? 1 : compare(held.key(h), put.key(p));
    if (order > 0) {
      copy(put.row(p));
      p += 1;
      continue;
    }
    const gone = r === removed.count ? 1 : compare(removed.key(r), held.key(h));
    if (gone === 0) r += 1;
    else if (order < 0) copy(held.row(h));
    // Of the same key, the put row replaces: it is copied when its turn comes.
    h += 1;
  }
  if (r < removed.count) {
    const key = Object.values(removed.at(r) as object).map((value) =>
      value instanceof Uint8Array ? toHex(value) : value,
    );
    throw new TableFault("inconsistent", held.table.name, `removes ${key.join(" ")}, which is not held`);
  }
  return held.table.index(merged.slice(0, size));
}

/** What leads from the old rows to the new ones by `mergeRows`. */
export function differenceOfRows<Key, Row extends Key>(
  old: Rows<Key, Row>,
  next: Rows<Key, Row>,
): { readonly removed: Rows<Key, Key>; readonly put: Rows<Key, Row> } {
  const [removed, put]: Uint8Array[][] = [[], []];
  let [o, n] = [0, 0];
  while (o < old.count || n < next.count) {
    const order = n === next.count ? -1 : o === old.count ? 1 : compare(old.key(o), next.key(n));
    if (order < 0) removed!.push(old.key(o));
    else if (order > 0 || !sameBytes(old.row(o), next.row(n))) put!.push(next.row(n));
    if (order <= 0) o += 1;
    if (order >= 0) n += 1;
  }
  return { removed: old.table.keys().index(concat(...removed!)), put: old.table.index(concat(...put!)) };
}
