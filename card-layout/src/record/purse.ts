import { concat, isBlank } from "./bytes.ts";
import { lots } from "./lot.ts";
import { type Decoded, type RecordFault, type RecordTable, record, times, u8, u16, u24, u32 } from "./record.ts";

/** Most stamps with days of their own that a purse can hold. */
export const DATED_STAMPS_MAX = 8;

/**
 * Purses: the values of one programme on one card, packed one after the other in a state record.
 *
 *   head 1 byte = kind << 3 | index      index 0-7 tells purses of one kind apart (two stamp grids, say)
 *   payload     = fixed size by kind, integers big-endian
 *   then the next head; a head of 00 ends the list and every byte after it is zero
 *
 * State layout 1 knows kinds 1 to 5, layout 2 all of them. A kind an image does not know means a newer layout: the card is refused as
 * such, not guessed at. Days are local dates, days since 2000-01-01.
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
  /** Points, or whatever else a programme counts. */
  points: { code: 6, table: record("points", 3, { count: u24() }) },
  /** Points that carry the unearned fraction: `remainder` in the rule's own denominator. */
  "carrying-points": { code: 7, table: record("carrying-points", 5, { count: u24(), remainder: u16() }) },
  /** Prepaid by the piece: units that the customer paid for, and units given on top. */
  units: { code: 8, table: record("units", 4, { paid: u16(), bonus: u16() }) },
  /** Cents that expire, in up to two, four or eight lots. */
  "cagnotte-lots-2": { code: 9, table: record("cagnotte-lots-2", 14, { lots: lots(2) }) },
  "cagnotte-lots-4": { code: 10, table: record("cagnotte-lots-4", 28, { lots: lots(4) }) },
  "cagnotte-lots-8": { code: 11, table: record("cagnotte-lots-8", 56, { lots: lots(8) }) },
  /** Points that expire. */
  "points-lots-2": { code: 12, table: record("points-lots-2", 14, { lots: lots(2) }) },
  "points-lots-4": { code: 13, table: record("points-lots-4", 28, { lots: lots(4) }) },
  "points-lots-8": { code: 14, table: record("points-lots-8", 56, { lots: lots(8) }) },
  /** What a refund took back and the card no longer had: the next earnings pay it off. */
  "owed-cents": { code: 15, table: record("owed-cents", 3, { value: u24() }) },
  "owed-points": { code: 16, table: record("owed-points", 3, { value: u24() }) },
  /** What a cap has seen of the period that began on a day. */
  used: { code: 17, table: record("used", 5, { since: u16(), value: u24() }) },
  /** Level reached; the last review that was held; and what was spent in a calendar year, counted from 2000. */
  "year-tier": {
    code: 18,
    table: record("year-tier", 8, { level: u8(), reviewed: u16(), year: u8(), spent: u32() }),
  },
  /**
   * Level reached; the last review that was held; and what was spent in each of twelve months, in whole euros, the one of `month`
   * (months since January 2000) first. `cents` are those that fill no euro yet.
   */
  "rolling-tier": {
    code: 19,
    table: record("rolling-tier", 30, {
      level: u8(),
      reviewed: u16(),
      month: u16(),
      cents: u8({ max: 99 }),
      euros: times(12, u16()),
    }),
  },
  /** Member until the end of a day. */
  club: { code: 20, table: record("club", 2, { until: u16() }) },
  /** Which merchants of a challenge were visited, by their place in its list, and how often it was won. */
  visited: { code: 21, table: record("visited", 6, { challenge: u8(), places: u32(), won: u8() }) },
  /** An offer made to this card alone, open on these days. */
  offer: { code: 22, table: record("offer", 5, { offer: u8(), from: u16(), until: u16() }) },
  /** The last day on which the card was used at the merchants that a condition names. */
  seen: { code: 23, table: record("seen", 2, { day: u16() }) },
  /** Stamps that count for some days only: the day of each, oldest first, then zeros. */
  "dated-stamps": {
    code: 24,
    table: record("dated-stamps", 2 * DATED_STAMPS_MAX, { days: times(DATED_STAMPS_MAX, u16()) }),
  },
} as const;
/** Codes up to this one belong to state layout 1. */
const LAYOUT_1_CODE_MAX = 5;
const LAYOUT_OF_ALL = 2;

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

/** The byte that stands before a purse on cards, and names it in lists. */
export const purseHead = ({ kind, index }: Pick<Purse, "kind" | "index">): number => (KINDS[kind].code << 3) | index;

/** The purse that a head byte names; null for a kind that nobody knows. */
export function purseOfHead(head: number): Pick<Purse, "kind" | "index"> | null {
  const kind = NAME_OF_CODE.get(head >> 3);
  return kind === undefined ? null : { kind, index: head & PURSE_INDEX_MAX };
}

/** The fields of a kind behind its head byte, with their sizes: for inspectors. */
export function purseParts(kind: PurseKind): readonly { readonly name: string; readonly size: number }[] {
  return KINDS[kind].table.fields;
}

/** The oldest state layout that knows all these kinds. */
export function layoutFor(kinds: readonly PurseKind[]): number {
  return kinds.some((kind) => KINDS[kind].code > LAYOUT_1_CODE_MAX) ? LAYOUT_OF_ALL : 1;
}

/** Cents in all purses of money together, less what is owed: what effects in cents move. */
export function centsIn(purses: readonly Purse[]): number {
  return purses.reduce((sum, purse) => {
    switch (purse.kind) {
      case "cagnotte":
      case "carrying-cagnotte":
      case "prepaid":
        return sum + purse.cents;
      case "cagnotte-lots-2":
      case "cagnotte-lots-4":
      case "cagnotte-lots-8":
        return purse.lots.reduce((all, { value }) => all + value, sum);
      case "owed-cents":
        return sum - purse.value;
      default:
        return sum;
    }
  }, 0);
}

/** Most stamps a grid can hold. */
export const STAMPS_MAX = 0xff;

/** The largest number of cents a cagnotte can hold. */
export const CAGNOTTE_CENTS_MAX = 0xff_ff_ff;

/** The largest number of cents a prepaid purse can hold. */
export const PREPAID_CENTS_MAX = 0xff_ff_ff;

/** The largest number of points that a purse can hold. */
export const POINTS_MAX = 0xff_ff_ff;

/** Packs purses into exactly `room` bytes, zero-padded. Throws when they do not fit. */
export function packPurses(purses: readonly Purse[], room: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const heads = new Set<number>();
  for (const { kind, index, ...values } of purses) {
    if (!Number.isInteger(index) || index < 0 || index > PURSE_INDEX_MAX) throw new RangeError(`purse index ${index}`);
    const head = (KINDS[kind].code << 3) | index;
    if (heads.has(head)) throw new RangeError(`purse ${kind} ${index} stands twice`);
    heads.add(head);
    const table = KINDS[kind].table as RecordTable<Record<string, unknown>>;
    parts.push(Uint8Array.of(head), table.encode(values));
  }
  const packed = concat(...parts);
  if (packed.length > room) throw new RangeError(`purses need ${packed.length} bytes, the area has ${room}`);
  const padded = new Uint8Array(room);
  padded.set(packed);
  return padded;
}

/** Unpacks the purses of a record of this state layout. A kind that it does not know, a cut payload, a repeated purse or dirty padding is a fault that names its offset. */
export function unpackPurses(bytes: Uint8Array, layout: number = LAYOUT_OF_ALL): Decoded<Purse[]> {
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
    if (kind === undefined || layoutFor([kind]) > layout)
      return refuse(at, `purse kind ${head >> 3} belongs to a newer layout`, "kind");
    if (seen.has(head)) return refuse(at, `purse ${kind} ${head & 7} stands twice`);
    seen.add(head);
    const table = KINDS[kind].table as RecordTable<Record<string, unknown>>;
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
