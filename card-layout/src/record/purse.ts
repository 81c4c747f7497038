import { concat, isBlank } from "./bytes.ts";
import { type Decoded, type RecordFault, type RecordTable, record, u8, u16, u24, u32 } from "./record.ts";

/**
 * Purses: the values of one programme on one card, packed one after the other in a state record.
 *
 *   head 1 byte = kind << 3 | index      index 0-7 tells purses of one kind apart (two stamp grids, say)
 *   payload     = fixed size by kind, integers big-endian
 *   then the next head; a head of 00 ends the list and every byte after it is zero
 *
 * State layout 1 knows the kinds below. A kind an image does not know means a newer layout: the card is refused as such, not guessed at.
 */
const KINDS = {
  /** Stamps in a grid. */
  stamps: { code: 1, table: record("stamps", 1, { count: u8() }) },
  /** Stamps in a grid with a cooldown: `last` is the instant of the last stamp, seconds since 2000-01-01T00:00Z. */
  "timed-stamps": { code: 2, table: record("timed-stamps", 5, { count: u8(), last: u32() }) },
  /** Cagnotte: euro cents. */
  cagnotte: { code: 3, table: record("cagnotte", 3, { cents: u24() }) },
  /** Cagnotte that carries the unearned fraction: `remainder` in ten-thousandths of a cent. */
  "carrying-cagnotte": {
    code: 4,
    table: record("carrying-cagnotte", 5, { cents: u24(), remainder: u16({ max: 9_999 }) }),
  },
  /** Prepaid: euro cents that the customer paid in. */
  prepaid: { code: 5, table: record("prepaid", 3, { cents: u24() }) },
} as const;

type Kinds = typeof KINDS;
export type PurseKind = keyof Kinds;
type Payload<K extends PurseKind> = Kinds[K]["table"] extends RecordTable<infer V> ? V : never;

/** One purse: its kind, its index among those of its kind, and its values. */
export type Purse = {
  [K in PurseKind]: { readonly kind: K; readonly index: number } & Readonly<Payload<K>>;
}[PurseKind];

const PURSE_INDEX_MAX = 7;
const NAME_OF_CODE = new Map<number, PurseKind>(
  (Object.keys(KINDS) as PurseKind[]).map((kind): [number, PurseKind] => [KINDS[kind].code, kind]),
);

/** Bytes one purse takes on a card, head included. */
export function purseSize(kind: PurseKind): number {
  return 1 + KINDS[kind].table.size;
}

/** Most stamps a grid can hold. */
export const STAMPS_MAX = 0xff;

/** The largest number of cents a cagnotte can hold. */
export const CAGNOTTE_CENTS_MAX = 0xff_ff_ff;

/** The largest number of cents a prepaid purse can hold. */
export const PREPAID_CENTS_MAX = 0xff_ff_ff;

/** Packs purses into exactly `room` bytes, zero-padded. Throws when they do not fit. */
export function packPurses(purses: readonly Purse[], room: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const heads = new Set<number>();
  for (const { kind, index, ...values } of purses) {
    if (!Number.isInteger(index) || index < 0 || index > PURSE_INDEX_MAX) throw new RangeError(`purse index ${index}`);
    const head = (KINDS[kind].code << 3) | index;
    if (heads.has(head)) throw new RangeError(`purse ${kind} ${index} stands twice`);
    heads.add(head);
    const table = KINDS[kind].table as RecordTable<Record<string, number>>;
    parts.push(Uint8Array.of(head), table.encode(values));
  }
  const packed = concat(...parts);
  if (packed.length > room) throw new RangeError(`purses need ${packed.length} bytes, the area has ${room}`);
  const padded = new Uint8Array(room);
  padded.set(packed);
  return padded;
}

/** Unpacks purses. An unknown kind, a cut payload, a repeated purse or dirty padding is a fault that names its offset. */
export function unpackPurses(bytes: Uint8Array): Decoded<Purse[]> {
  const refuse = (offset: number, problem: string, field = "purse"): { ok: false; fault: RecordFault } => ({
    ok: false,
    fault: { record: "Purses", field, offset, problem },
  });
  const purses: Purse[] = [];
  const seen = new Set<number>();
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0) {
    const head = bytes[at]!;
    const kind = NAME_OF_CODE.get(head >> 3);
    if (kind === undefined) return refuse(at, `purse kind ${head >> 3} belongs to a newer layout`, "kind");
    if (seen.has(head)) return refuse(at, `purse ${kind} ${head & 7} stands twice`);
    seen.add(head);
    const table = KINDS[kind].table as RecordTable<Record<string, number>>;
    if (at + 1 + table.size > bytes.length) return refuse(at, `purse ${kind} is cut off`);
    const payload = table.decode(bytes.subarray(at + 1, at + 1 + table.size));
    if (!payload.ok)
      return refuse(at + 1 + payload.fault.offset, payload.fault.problem, `${kind}.${payload.fault.field}`);
    purses.push({ kind, index: head & 7, ...payload.value } as Purse);
    at += 1 + table.size;
  }
  if (!isBlank(bytes.subarray(at))) return refuse(at, "bytes after the last purse are not zero", "padding");
  return { ok: true, value: purses };
}
