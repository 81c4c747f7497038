import { ascii, bigEndian, concat } from "@cachet/card-layout";
import { AccountVisit, sumsOfAccount } from "./account-visit.ts";
import { type Cbor, CborFault, decodeCbor, encodeCbor } from "./cbor.ts";
import { SHA256_BYTES, type Sha256 } from "./crypto.ts";
import { CARD_MAX, CENTS_MAX, NO_SUMS } from "./effect.ts";
import { ClockChange, ImageChange, ListChange, PowerUp, Provisioned } from "./event.ts";
import { Intent, programmeNumber, uid } from "./intent.ts";
import { bstr, type Codec, type Decoded, FormatFault, integer, key, map, maybe, text, uint, word } from "./schema.ts";
import { Abort, CashBack, Commit } from "./settled.ts";
import type { Sums } from "./sums.ts";

export const INTENT_KIND = 1;
export const ACCOUNT_KIND = 12;

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
  intent: INTENT_KIND,
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
  account: ACCOUNT_KIND,
} as const;

const hash = /* @__PURE__ */ bstr(SHA256_BYTES);

/** A card was refused for a reason that somebody will ask about; or, with a version, a programme's own fault showed at a visit. */
export const Refusal = map({
  reason: key(1, text(40)),
  uid: key(2, uid),
  card: maybe(3, uint(CARD_MAX)),
  programme: maybe(4, programmeNumber),
  /** Version of the programme whose fault it is, and its rule; without a rule it is the fault of all of them together. */
  version: maybe(5, programmeNumber),
  rule: maybe(6, text(40)),
  /** Of a payment that was not sure: cents. */
  cents: maybe(7, uint(CENTS_MAX)),
});
export type Refusal = Decoded<typeof Refusal>;

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
  | { readonly kind: "provisioned"; readonly body: Provisioned }
  | { readonly kind: "account"; readonly body: AccountVisit };

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
  account: AccountVisit,
};

// Marked as pure: an image, whose app reads visits alone, carries none of it.
const kindWord = /* @__PURE__ */ word(ENTRY_KINDS);
const entryNumber = /* @__PURE__ */ integer({ min: 1, max: 0xffff_ffff });
const utcSeconds = /* @__PURE__ */ uint();
const offsetMinutes = /* @__PURE__ */ integer({ min: -1_440, max: 1_440 });

/** `body`: the entry's body, where it is in bytes already. Throws `RangeError` when a value cannot be written: our bug. */
export function encodeEntry(entry: Entry, body = encodeCbor(BODIES[entry.kind].encode(entry.body))): Uint8Array {
  const start = encodeCbor([
    entryNumber.encode(entry.number),
    kindWord.encode(entry.kind),
    utcSeconds.encode(entry.utc),
    offsetMinutes.encode(entry.offset),
    hash.encode(entry.previous),
  ]);
  // The head of a list of five: the body is the sixth of it.
  start[0]! += 1;
  return concat(start, body);
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

/** What an entry moved for good: COMMITs, and visits of accounts without a chip. */
export function movedBy(entry: Entry): Sums {
  if (entry.kind === "commit") return entry.body.sums;
  return entry.kind === "account" ? sumsOfAccount(entry.body) : NO_SUMS;
}

/** Whether an error means "these bytes are not of the format". */
export function isFormatError(error: unknown): error is CborFault | FormatFault {
  return error instanceof CborFault || error instanceof FormatFault;
}

const ENTRY_TAG = ascii("cachet/entry/1");
const JOURNAL_TAG = /* @__PURE__ */ ascii("cachet/journal/1");

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

/** Terminal and entry number of a ticket's name; null for anything else. */
export function readTicketName(name: string): { readonly terminal: number; readonly number: number } | null {
  const found = /^T-(\d{4,5})-([1-9]\d{0,9})$/.exec(name);
  if (found === null) return null;
  const [terminal, number] = [Number(found[1]), Number(found[2])];
  return ticketName(terminal, number) === name && number <= 0xffff_ffff ? { terminal, number } : null;
}
