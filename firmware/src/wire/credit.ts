import { CAGNOTTE_CENTS_MAX, SEQUENCE_MAX } from "@cachet/card-layout";
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts";
import { SHA256_BYTES } from "./crypto.ts";
import { funder } from "./effect.ts";
import { isFormatError } from "./entry.ts";
import {
  bstr,
  bstrUpTo,
  type Codec,
  type Decoded,
  FormatFault,
  integer,
  key,
  list,
  map,
  maybe,
  text,
  uint,
  word,
} from "./schema.ts";

/**
 * Credit: what the office wants done to one programme's area of one card, at the next tap anywhere. Credits of one card and
 * programme are numbered 1, 2, 3 ...; the card's record keeps the number of the last one, so each happens once.
 *
 * One deterministic CBOR map with integer keys: 1 format version, 2 kind, and further keys by kind. Who signs it, for which
 * card, programme and number, is the list's affair (docs/formats/credit.md). Golden bytes: vectors/credit-1.json.
 */
const VERSION = 1;

/** Credit numbers fit the two bytes that a record keeps. */
export const CREDIT_NUMBER_MAX = 0xffff;

/** A list has no room for longer ones (docs/formats/lists.md). */
export const CREDIT_BYTES_MAX = 200;

const U16_MAX = 0xffff;

/** Purses by what they keep, whatever kind a version of the programme keeps it under; numbers are those of card purses. */
const purse = word({ stamps: 1, cagnotte: 3, prepaid: 5, points: 6, units: 8 });

const value = integer({ min: 1, max: CAGNOTTE_CENTS_MAX });
/** Days since 2000-01-01; 65535 for value that does not end. */
const lotDay = uint(U16_MAX);
/** As many as the largest purse keeps apart. */
const LOTS_MAX = 8;

/** So much for one purse: cents, stamps, points or units. */
const CreditAmount = map({
  purse: key(1, purse),
  index: key(2, uint(7)),
  value: key(3, value),
  /** Cents of a cagnotte, or points, with the days that they had elsewhere: together the value. Without, they come on the day of the tap. */
  lots: maybe(4, list(map({ value: key(1, value), expires: key(2, lotDay), issued: key(3, lotDay) }), LOTS_MAX)),
  /** Units that nobody paid for, among the value. */
  given: maybe(5, value),
});
export type CreditAmount = Decoded<typeof CreditAmount>;

/** What is wrong with an amount; null where nothing is. */
function amountFault({ purse, value, lots, given }: CreditAmount): string | null {
  if (given !== undefined && (purse !== "units" || given > value)) return "more units are given than there are";
  if (lots === undefined) return null;
  if (purse !== "cagnotte" && purse !== "points") return `${purse} have no lots`;
  return lots.reduce((sum, lot) => sum + lot.value, 0) === value ? null : "lots do not come to the value";
}

function faultOf(credit: Credit): string | null {
  if (credit.kind !== "add") return null;
  if (credit.amounts.length === 0) return "adds nothing";
  return credit.amounts.map(amountFault).find((fault) => fault !== null) ?? null;
}

/** Several amounts of one credit are applied together or not at all. */
const AMOUNTS_MAX = 8;

/** More than the largest area of any card has room for. */
const PURSES_MAX = 100;

const BODIES = {
  /** Withdrawn, or expired in the office: only its number counts. */
  void: map({}),
  add: map({
    amounts: key(3, list(CreditAmount, AMOUNTS_MAX)),
    /** Last local date on which it may be applied, days since 2000-01-01; it is void afterwards. */
    lastDay: maybe(4, uint(U16_MAX)),
    /** What the receipt calls it. */
    label: key(5, text(60)),
    /** Who pays for it; the association where it is left out. */
    funder: maybe(6, funder),
  }),
  /** A record of a revoked key generation that is genuine by the office's books. */
  adopt: map({
    /** Its state hash. */
    state: key(7, bstr(SHA256_BYTES)),
    /** It is adopted up to this sequence: on a chip with a counter, a forged copy made later carries a higher one. */
    sequence: maybe(8, uint(SEQUENCE_MAX)),
  }),
  /** Whole purses for an area that shows no record, written by one terminal, once. */
  restore: map({
    terminal: key(9, uint(U16_MAX)),
    /** Index of the area on the card. */
    area: key(10, uint(7)),
    /** State hash and sequence of the last record in the office's books: the restored one follows it. */
    state: key(7, bstr(SHA256_BYTES)),
    sequence: key(8, uint(SEQUENCE_MAX)),
    /** What the card's commit counter stood at when it was found; chips without one have none. */
    counter: maybe(11, uint(SEQUENCE_MAX)),
    /** Packed as in a state record, without the zeros behind them. */
    purses: key(12, bstrUpTo(PURSES_MAX)),
  }),
} as const;

type Kind = keyof typeof BODIES;
export type CreditOf<K extends Kind> = { readonly kind: K } & Decoded<(typeof BODIES)[K]>;
export type Credit = { [K in Kind]: CreditOf<K> }[Kind];

const kindWord = word<Kind>({ void: 1, add: 2, adopt: 3, restore: 4 });

/** Throws `RangeError` when a value cannot be written, or takes more than `CREDIT_BYTES_MAX`. */
export function encodeCredit(credit: Credit): Uint8Array {
  const fault = faultOf(credit);
  if (fault !== null) throw new RangeError(`no credit: ${fault}`);
  const body = (BODIES[credit.kind] as Codec<unknown>).encode(credit) as ReadonlyMap<number, Cbor>;
  const bytes = encodeCbor(new Map<number, Cbor>([[1, VERSION], [2, kindWord.encode(credit.kind)], ...body]));
  if (bytes.length > CREDIT_BYTES_MAX)
    throw new RangeError(`a credit of ${bytes.length} bytes, at most ${CREDIT_BYTES_MAX}`);
  return bytes;
}

function decode(bytes: Uint8Array): Credit {
  const item = decodeCbor(bytes);
  if (!(item instanceof Map)) throw new FormatFault("credit", "not a map");
  if (item.get(1) !== VERSION) throw new FormatFault("credit.version", "another format version");
  const kind = kindWord.decode(item.get(2) ?? null, "credit.kind");
  const rest = new Map([...item].filter(([name]) => name !== 1 && name !== 2));
  const body = (BODIES[kind] as Codec<object>).decode(rest, "credit");
  const credit = { kind, ...body } as Credit;
  const fault = faultOf(credit);
  if (fault !== null) throw new FormatFault("credit.amounts", fault);
  return credit;
}

/** Null for bytes that are no credit of a version and kind that this one reads. */
export function decodeCredit(bytes: Uint8Array): Credit | null {
  try {
    return decode(bytes);
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}
