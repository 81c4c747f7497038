import { ascii, bigEndian, concat, SEQUENCE_MAX, unpackState } from "@cachet/card-layout";
import { type Cbor, CborFault, decodeCbor, encodeCbor } from "./cbor.ts";
import { SHA256_BYTES, type Sha256 } from "./crypto.ts";
import { ClockChange, ImageChange, ListChange, PowerUp, Provisioned } from "./event.ts";
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
  orZero,
  text,
  truth,
  uint,
  word,
} from "./schema.ts";

/**
 * Journal entry: one deterministic CBOR array, [number, kind, utc, offset, previous, body].
 *
 *   number    1, 2, 3 ... without a hole, given by the supervisor alone
 *   kind      see ENTRY_KINDS
 *   utc       seconds since 1970-01-01T00:00Z, by the terminal's clock
 *   offset    minutes that local time was ahead of UTC
 *   previous  hash of the entry before it (32 bytes); of the journal's root for entry 1
 *   body      a map with integer keys, by kind
 *
 * An entry's hash is SHA-256("cachet/entry/1" and its bytes as stored). Nobody re-encodes an entry to check it.
 */
export const ENTRY_KINDS = {
  intent: 1,
  commit: 2,
  abort: 3,
  refusal: 4,
  "clock-change": 5,
  "power-up": 6,
  "image-change": 7,
  "list-change": 8,
  closing: 9,
  "cash-back": 10,
  provisioned: 11,
} as const;

const U16_MAX = 0xffff;
/** Card numbers have 13 digits; a card without a number of its own goes by 2^48 + the last six bytes of its UID. */
export const CARD_MAX = 2 ** 49 - 1;
/** Ten million euros: far above any basket, far below where sums of a batch could lose a cent. */
export const CENTS_MAX = 1_000_000_000;

const cents = uint(CENTS_MAX);
const stamps = uint(U16_MAX);
const programmeNumber = integer({ min: 1, max: U16_MAX });
const hash = bstr(SHA256_BYTES);
const uid = bstrUpTo(10);

/** Who pays for a value. */
export const funder = word({ merchant: 1, association: 2, sponsor: 3, partner: 4 });

/** Effects of the office's credits, in the order of their numbers; each names its credit (`credit`, wire/credit.ts). */
const CREDIT_TYPES = {
  /** A record of a revoked key generation goes on under this one. Moves nothing. */
  adopt: 8,
  /** An area that showed no record holds again what the credit says. Moves nothing: it is the state of the old hash. */
  restore: 9,
  /** Value that the office put on the card; of value 0 where only the credit's number counts. */
  credit: 10,
} as const;

/** Effects of rules. */
const RULE_TYPES = {
  discount: 1,
  redeem: 2,
  earn: 3,
  stamp: 4,
  reward: 5,
  decline: 6,
  topup: 7,
  expire: 11,
  tier: 12,
  entries: 13,
  join: 14,
  clawback: 15,
  return: 16,
  payout: 17,
  forfeit: 18,
  give: 19,
  receive: 20,
} as const;

/** Days since 2000-01-01; 65535 for value that does not end. */
const lotDay = uint(U16_MAX);

/** One effect of a rule, or of a credit, as it was promised to the customer. */
export const StoredEffect = map({
  type: key(1, word({ ...RULE_TYPES, ...CREDIT_TYPES })),
  rule: key(2, text(40)),
  unit: key(3, word({ cents: 1, stamps: 2, points: 3, units: 4, entries: 5 })),
  value: key(4, cents),
  funder: key(5, funder),
  /** What it would have been without the limit named in `reason`. */
  wouldBe: maybe(6, cents),
  reason: maybe(7, text(40)),
  label: maybe(8, text(60)),
  /** Stamps or points that a reward took. */
  taken: maybe(9, cents),
  /** How many rewards that was. */
  times: maybe(11, stamps),
  /** How the value spreads over the lines of the sale, in their order. */
  shares: maybe(10, list(cents)),
  /** Number of the credit that this is an effect of. */
  credit: maybe(12, integer({ min: 1, max: U16_MAX })),
  /** Cents that it took off the ticket, where `unit` is another. */
  cents: maybe(13, cents),
  /** The lots that it came from or went to. */
  lots: maybe(14, list(map({ value: key(1, cents), expires: key(2, lotDay), issued: key(3, lotDay) }), 16)),
  /** Ids of the rules that multiplied it. */
  by: maybe(15, list(text(40), 20)),
  /** By how much the unearned fraction on the card grew. */
  fraction: maybe(16, integer({ min: -U16_MAX, max: U16_MAX })),
});
export type StoredEffect = Decoded<typeof StoredEffect>;

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

/**
 * A visit that is about to write a card: a sale, a top-up, a refund, or a null visit (none of them), which writes a
 * record with the same purses to burn a torn one. Areas stand in the order of writing.
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
  /** Cash taken to be put on the card. The sale has no lines then. */
  topUp: maybe(8, integer({ min: 1, max: CENTS_MAX })),
  /** A sale of this terminal that is taken back, by its entry, and which of its lines. The sale of this intent has no lines then. */
  refund: maybe(9, map({ ticket: key(1, uint()), lines: key(2, list(uint(U16_MAX), 100)), cents: key(3, cents) })),
});
export type Intent = Decoded<typeof Intent>;

/** What a visit is about, by its intent. */
export function visitKind({
  sale,
  topUp,
  refund,
}: Pick<Intent, "sale" | "topUp" | "refund">): "sale" | "top-up" | "refund" | "null" {
  if (topUp !== undefined) return "top-up";
  if (refund !== undefined) return "refund";
  return sale.lines.length > 0 ? "sale" : "null";
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
  const programmes = new Set(areas.map(({ programme }) => programme));
  if (areas.length === 0 || programmes.size !== areas.length) return "an intent names each programme once";
  for (const { programme, record, effects } of areas) {
    const state = unpackState(record);
    if (!state.ok || state.value.programme !== programme) return `no record of programme ${programme}`;
    const numbers = creditNumbers(effects);
    if (numbers === null || (numbers.length > 0 && numbers.at(-1) !== state.value.credit)) {
      return `credits of programme ${programme} are not what its record says`;
    }
  }
  return null;
}

/** What commits moved. */
export const Sums = map({
  earnedCents: key(1, uint()),
  spentCents: key(2, uint()),
  discountCents: key(3, uint()),
  rewardCents: key(4, uint()),
  stampsAdded: key(5, uint()),
  stampsTaken: key(6, uint()),
  toppedUpCents: orZero(7, uint()),
  /** What the office's credits put on the card. */
  creditedCents: orZero(8, uint()),
  creditedStamps: orZero(9, uint()),
  pointsAdded: orZero(10, uint()),
  pointsTaken: orZero(11, uint()),
  /** What refunds gave back to cards, and what came from other cards. */
  returnedCents: orZero(12, uint()),
  /** What refunds took back, what went to other cards, and what was lost with an account. */
  takenBackCents: orZero(13, uint()),
  expiredCents: orZero(14, uint()),
});
export type Sums = Decoded<typeof Sums>;

export const NO_SUMS: Sums = {
  earnedCents: 0,
  spentCents: 0,
  discountCents: 0,
  rewardCents: 0,
  stampsAdded: 0,
  stampsTaken: 0,
  toppedUpCents: 0,
  creditedCents: 0,
  creditedStamps: 0,
  pointsAdded: 0,
  pointsTaken: 0,
  returnedCents: 0,
  takenBackCents: 0,
  expiredCents: 0,
};

export function addSums(a: Sums, b: Sums): Sums {
  const names = Object.keys(NO_SUMS) as (keyof Sums)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as Record<keyof Sums, number>;
}

/** Cents that an effect took off the ticket, whatever it is counted in. */
export const centsOf = ({ unit, value, cents = 0 }: Pick<StoredEffect, "unit" | "value" | "cents">): number =>
  unit === "cents" ? value : cents;

type EffectType = StoredEffect["type"];
/** Effects by which value comes onto a card, and by which it leaves. */
const GIVING: readonly EffectType[] = ["earn", "stamp", "topup", "credit", "return", "receive"];
const TAKING: readonly EffectType[] = ["redeem", "expire", "clawback", "forfeit", "give"];

/** The sums of one area's effects. */
export function sumsOf(effects: readonly StoredEffect[]): Sums {
  const total = (types: readonly EffectType[], unit?: StoredEffect["unit"]) =>
    effects
      .filter((effect) => types.includes(effect.type) && (unit === undefined || effect.unit === unit))
      .reduce((sum, { value }) => sum + value, 0);
  // A reward is worth cents and takes stamps.
  const rewarded = effects.reduce((sum, { taken = 0, unit }) => (unit === "cents" ? sum + taken : sum), 0);
  return {
    earnedCents: total(["earn"], "cents"),
    spentCents: effects.reduce((sum, effect) => (effect.type === "redeem" ? sum + centsOf(effect) : sum), 0),
    discountCents: total(["discount"]),
    rewardCents: total(["reward"]),
    stampsAdded: total(["stamp"]) + total(["return"], "stamps"),
    stampsTaken: rewarded + total(["clawback"], "stamps"),
    toppedUpCents: total(["topup"], "cents"),
    creditedCents: total(["credit"], "cents"),
    creditedStamps: total(["credit"], "stamps"),
    pointsAdded: total(GIVING, "points"),
    pointsTaken: total(TAKING, "points"),
    returnedCents: total(["return", "receive"], "cents"),
    takenBackCents: total(["clawback", "give", "forfeit"], "cents"),
    expiredCents: total(["expire"], "cents"),
  };
}

/** Cents by which one area's effects change the money on the card, all purses together: negative where it pays. */
export function centsMoved(effects: readonly Pick<StoredEffect, "type" | "value" | "unit">[]): number {
  return effects.reduce((sum, { type, value, unit }) => {
    if (unit !== "cents") return sum;
    if (GIVING.includes(type)) return sum + value;
    return TAKING.includes(type) ? sum - value : sum;
  }, 0);
}

/** The area of an intent was written, read back and is the card's current record. Repeats its sums. */
export const Commit = map({ intent: key(1, uint()), programme: key(2, programmeNumber), sums: key(3, Sums) });
export type Commit = Decoded<typeof Commit>;

/** The area of an intent was not written, and never can be any more. */
export const Abort = map({ intent: key(1, uint()), programme: key(2, programmeNumber) });
export type Abort = Decoded<typeof Abort>;

/** A card was refused for a reason that somebody will ask about. */
export const Refusal = map({
  reason: key(1, text(40)),
  uid: key(2, uid),
  card: maybe(3, uint(CARD_MAX)),
  programme: maybe(4, programmeNumber),
});
export type Refusal = Decoded<typeof Refusal>;

/** The cash of a top-up that never happened goes back to the customer: stored before anybody is told. */
export const CashBack = map({ intent: key(1, uint()), cents: key(2, integer({ min: 1, max: CENTS_MAX })) });
export type CashBack = Decoded<typeof CashBack>;

export type EntryBody =
  | { readonly kind: "intent"; readonly body: Intent }
  | { readonly kind: "commit"; readonly body: Commit }
  | { readonly kind: "abort"; readonly body: Abort }
  | { readonly kind: "refusal"; readonly body: Refusal }
  | { readonly kind: "power-up"; readonly body: PowerUp }
  | { readonly kind: "cash-back"; readonly body: CashBack }
  | { readonly kind: "clock-change"; readonly body: ClockChange }
  | { readonly kind: "image-change"; readonly body: ImageChange }
  | { readonly kind: "list-change"; readonly body: ListChange }
  | { readonly kind: "provisioned"; readonly body: Provisioned };

export type Entry = EntryBody & {
  readonly number: number;
  readonly utc: number;
  readonly offset: number;
  readonly previous: Uint8Array;
};

const BODIES: Readonly<Record<EntryBody["kind"], Codec<unknown>>> = {
  intent: Intent,
  commit: Commit,
  abort: Abort,
  refusal: Refusal,
  "power-up": PowerUp,
  "cash-back": CashBack,
  "clock-change": ClockChange,
  "image-change": ImageChange,
  "list-change": ListChange,
  provisioned: Provisioned,
};

const kindWord = word(ENTRY_KINDS);
const entryNumber = integer({ min: 1, max: 0xffff_ffff });
const utcSeconds = uint();
const offsetMinutes = integer({ min: -1_440, max: 1_440 });

/** Throws `RangeError` when a value cannot be written: our bug. */
export function encodeEntry(entry: Entry): Uint8Array {
  const body = BODIES[entry.kind].encode(entry.body);
  return encodeCbor([
    entryNumber.encode(entry.number),
    kindWord.encode(entry.kind),
    utcSeconds.encode(entry.utc),
    offsetMinutes.encode(entry.offset),
    hash.encode(entry.previous),
    body,
  ]);
}

/** Throws `CborFault` or `FormatFault`. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const item = decodeCbor(bytes);
  if (!Array.isArray(item) || item.length !== 6) throw new FormatFault("entry", "not a list of six");
  const [number, kindItem, utc, offset, previous, body] = item as [Cbor, Cbor, Cbor, Cbor, Cbor, Cbor];
  const kind = kindWord.decode(kindItem, "entry.kind");
  const codec = (BODIES as Readonly<Record<string, Codec<unknown> | undefined>>)[kind];
  if (codec === undefined) throw new FormatFault("entry.kind", `${kind} is not read by this version`);
  return {
    number: entryNumber.decode(number, "entry.number"),
    utc: utcSeconds.decode(utc, "entry.utc"),
    offset: offsetMinutes.decode(offset, "entry.offset"),
    previous: hash.decode(previous, "entry.previous"),
    kind,
    body: codec.decode(body, `entry.${kind}`),
  } as Entry;
}

/** Whether an error means "these bytes are not of the format". */
export function isFormatError(error: unknown): error is CborFault | FormatFault {
  return error instanceof CborFault || error instanceof FormatFault;
}

const ENTRY_TAG = ascii("cachet/entry/1");
const JOURNAL_TAG = ascii("cachet/journal/1");

export function entryHash(sha256: Sha256, stored: Uint8Array): Uint8Array {
  return sha256(concat(ENTRY_TAG, stored));
}

/** What entry 1 names as its previous hash: binds the journal to the terminal's number and public key. */
export function journalRoot(sha256: Sha256, terminal: number, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(JOURNAL_TAG, bigEndian(terminal, 2), publicKey));
}

/** How people see a terminal: `T-0042`. */
export function terminalName(terminal: number): string {
  return `T-${String(terminal).padStart(4, "0")}`;
}

/** A ticket: terminal and entry number, `T-0042-4332`. */
export function ticketName(terminal: number, number: number): string {
  return `${terminalName(terminal)}-${number}`;
}
