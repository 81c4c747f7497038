import { type CardState, POINTS_MAX, SEQUENCE_MAX, unpackState } from "@cachet/card-layout";
import type { Cbor } from "./cbor.ts";
import { SHA256_BYTES } from "./crypto.ts";
import { CARD_MAX, CENTS_MAX, CREDIT_TYPES, StoredEffect } from "./effect.ts";
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
  truth,
  uint,
  word,
} from "./schema.ts";

const U16_MAX = 0xffff;

const cents = uint(CENTS_MAX);
export const programmeNumber = integer({ min: 1, max: U16_MAX });
const hash = bstr(SHA256_BYTES);
export const uid = bstrUpTo(10);

/** Cents asked from the cagnotte, or -1 for as much as possible. */
const redeemRequest: Codec<number | "max"> = {
  encode: (value) => (value === "max" ? -1 : cents.encode(value)),
  decode: (item, path) => (item === -1 ? "max" : cents.decode(item, path)),
};

const NO_PREPAID = 1;
/** 1 for none; cents asked of prepaid money as they are, in a list of one. */
const prepaidRequest: Codec<"none" | number> = {
  encode: (value) => (value === "none" ? NO_PREPAID : [cents.encode(value)]),
  decode: (item, path) => {
    if (item === NO_PREPAID) return "none";
    const asked: readonly Cbor[] = Array.isArray(item) ? item : [];
    if (asked.length !== 1) throw new FormatFault(path, "neither 1 nor a list of one");
    return cents.decode(asked[0]!, path);
  },
};

/** What the till said: enough to evaluate the visit again in the office. Amounts in cents, tax included. */
export const StoredSale = map({
  lines: key(
    1,
    list(
      map({
        amount: key(1, cents),
        quantity: key(2, integer({ min: 1, max: 9_999 })),
        category: maybe(3, text(40)),
      }),
    ),
  ),
  tip: key(2, cents),
  redeem: maybe(3, redeemRequest),
  /** Left to pay by other means when every area of the visit commits. */
  payable: key(4, cents),
  /** `none`: prepaid money was not to pay; a number: so many cents were asked of it. Absent: it pays by itself. */
  prepaid: maybe(5, prepaidRequest),
  /** How the rest was paid, where the till knew it beforehand. */
  tenders: maybe(6, list(map({ kind: key(1, text(40)), amount: key(2, cents) }), 20)),
  /** `later`: rewards that were reached were to stay on the card. */
  rewards: maybe(7, word({ later: 1 })),
  /** A gift of a catalogue, by its id. */
  gift: maybe(8, text(40)),
  /** Prepaid units that were used. */
  use: maybe(9, uint(U16_MAX)),
  /** How many points the gift takes, where somebody else is owed it. Absent: as many as the catalogue says. */
  giftPoints: maybe(10, uint(POINTS_MAX)),
  /** Number of the card whose holder recommended the shop. */
  referredBy: maybe(11, uint(CARD_MAX)),
});
export type StoredSale = Decoded<typeof StoredSale>;

/** One area that a visit means to change. */
export const IntentArea = map({
  programme: key(1, programmeNumber),
  version: key(2, uint(U16_MAX)),
  /** Index of the area on the card. */
  area: key(3, uint(7)),
  /** State hashes in full. `oldHash` is the identity hash where the visit opens the area. */
  oldHash: key(4, hash),
  newHash: key(5, hash),
  /** Sequence and terminal of the record that is replaced; both 0 where the visit opens the area. */
  oldSequence: key(6, uint(SEQUENCE_MAX)),
  oldTerminal: key(7, uint(U16_MAX)),
  /** The new record without its MAC. */
  record: key(8, bstrUpTo(200)),
  effects: key(9, list(StoredEffect, 100)),
});
export type IntentArea = Decoded<typeof IntentArea>;

/** One rule of one programme. */
const OfRule = { programme: key(1, programmeNumber), rule: key(2, text(40)) } as const;

/** What cash was taken for, where it is not money on the card. */
const Purchase = map({
  ...OfRule,
  /** Number of a pack of units, from 1. Absent: a membership. */
  pack: maybe(3, integer({ min: 1, max: U16_MAX })),
});

/** A sale that is taken back, a top-up or a purchase that is cancelled. */
export const RefundOf = map({
  /** Its entry in the journal of the terminal that sold. */
  ticket: key(1, uint()),
  /** Lines that are taken back, by their place. What has no lines has one, 0. */
  lines: key(2, list(uint(U16_MAX), 100)),
  /** Cents that go back to the customer once every area is committed. */
  cents: key(3, cents),
  /** The terminal that sold, where it is another one. */
  terminal: maybe(4, integer({ min: 1, max: U16_MAX })),
});

/** Value that leaves this card for another one, or comes from one. */
const Transfer = map({
  ...OfRule,
  value: key(3, cents),
  /** Of value that comes: the ticket of the visit that took it off a card. Absent: it leaves. */
  from: maybe(4, uint()),
});

/** A sale that was paid without the card, and that is added to it afterwards. */
const Late = map({
  /** The till's own ticket. */
  ticket: key(1, text(40)),
  /** When it was paid, seconds since 1970. */
  paidAt: key(2, uint()),
});

/**
 * A visit that is about to write a card: a sale, a top-up, a refund, a transfer, a closing, a paper card taken over, or a null visit (none
 * of them), which writes a record with the same purses to burn a torn one. Areas stand in the order of writing.
 */
export const Intent = map({
  card: key(1, uint(CARD_MAX)),
  uid: key(2, uid),
  /** The till's number of the visit: a retry carries the same one. */
  visit: key(3, uint()),
  merchant: key(4, uint(U16_MAX)),
  sale: key(5, StoredSale),
  areas: key(6, list(IntentArea, 8)),
  /** The clock was reset since it was last trusted (CLOCK_SUSPECT). */
  clockSuspect: maybe(7, truth),
  /** Cash taken to be put on the card, or for `purchase`. The sale has no lines then, nor with any of the keys below but `late`. */
  topUp: maybe(8, integer({ min: 1, max: CENTS_MAX })),
  refund: maybe(9, RefundOf),
  purchase: maybe(10, Purchase),
  transfer: maybe(11, Transfer),
  /** A programme that the card leaves, and the cents that go back to the customer once every area is committed. */
  closing: maybe(12, map({ programme: key(1, programmeNumber), cents: key(2, cents) })),
  late: maybe(13, Late),
  /** Stamps of a customer's paper card that are taken over. */
  paper: maybe(14, map({ ...OfRule, stamps: key(3, integer({ min: 1, max: U16_MAX })) })),
});
export type Intent = Decoded<typeof Intent>;

export type VisitKind = "sale" | "top-up" | "refund" | "transfer" | "closing" | "paper" | "null";

/** What a visit is about, by its intent. */
export function visitKind({
  sale,
  topUp,
  refund,
  transfer,
  closing,
  paper,
}: Pick<Intent, "sale" | "topUp" | "refund" | "transfer" | "closing" | "paper">): VisitKind {
  if (topUp !== undefined) return "top-up";
  if (refund !== undefined) return "refund";
  if (transfer !== undefined) return "transfer";
  if (closing !== undefined) return "closing";
  if (paper !== undefined) return "paper";
  return sale.lines.length > 0 || sale.use !== undefined ? "sale" : "null";
}

/**
 * The numbers of the credits that effects name, each once, in their order; null where they are not consecutive, or stand on
 * effects that are none of a credit.
 */
export function creditNumbers(effects: readonly StoredEffect[]): readonly number[] | null {
  const numbers: number[] = [];
  for (const { type, credit } of effects) {
    if (type in CREDIT_TYPES !== (credit !== undefined)) return null;
    const last = numbers.at(-1);
    if (credit === undefined || credit === last) continue;
    if (last !== undefined && credit !== last + 1) return null;
    numbers.push(credit);
  }
  return numbers;
}

/**
 * What makes the areas of an intent unfit to be kept; null when nothing does: each programme once, each with a record that
 * reads, and that keeps the number of the last credit among its effects.
 */
export function areasFault(areas: readonly IntentArea[]): string | null {
  const read = recordsOf(areas);
  return typeof read === "string" ? read : null;
}

/** The records of an intent's areas, read, in their order; or what makes the areas unfit, as `areasFault` says. */
export function recordsOf(areas: readonly IntentArea[]): readonly CardState[] | string {
  const records: CardState[] = [];
  for (const [i, { programme, record, effects }] of areas.entries()) {
    if (areas.some((other, j) => j < i && other.programme === programme)) return "an intent names each programme once";
    const state = unpackState(record);
    if (!state.ok || state.value.programme !== programme) return `no record of programme ${programme}`;
    const numbers = creditNumbers(effects);
    if (numbers === null || (numbers.length > 0 && numbers.at(-1) !== state.value.credit)) {
      return `credits of programme ${programme} are not what its record says`;
    }
    records.push(state.value);
  }
  return records.length === 0 ? "an intent names each programme once" : records;
}
