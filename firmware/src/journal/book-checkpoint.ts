import { dayOf } from "@cachet/card-layout";
import { REFUND_CODE_SECONDS, VISIT_NUMBER_SECONDS } from "../hal/index.ts";
import { CENTS_MAX, decodeEntry, type Entry, SHA256_BYTES } from "../wire/index.ts";
import {
  bstr,
  bstrUpTo,
  type Decoded,
  integer,
  key,
  list,
  map,
  maybe,
  orZero,
  text,
  uint,
  word,
} from "../wire/schema.ts";
import { AccountSums } from "./account-sums.ts";
import {
  type BookMemory,
  elsewhereKey,
  IntentBook,
  isOpen,
  type KeptCard,
  type KeptIntent,
  keptAccount,
} from "./book.ts";
import { ENTRY_BYTES_MAX } from "./frames.ts";
import { GivenPieces } from "./given-pieces.ts";

/** More of any part than a terminal can remember: bounds what a reader takes in. */
const MANY = 200_000;
/** Visits of the last day that are carried over a drop; no counter has more in a day. */
const VISITS_CARRIED = 4_096;

const entryNumber = integer({ min: 1, max: 0xffff_ffff });
const programme = key(1, integer({ min: 1, max: 0xffff }));
const card = uint(2 ** 49 - 1);
/** Days before 2000 are negative: a clock that was reset begins in 1970. */
const day = integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

/** An intent that somebody may still ask for. */
const CarriedIntent = map({
  number: key(1, entryNumber),
  outcomes: key(2, list(map({ programme, outcome: key(2, word({ open: 1, committed: 2, aborted: 3 })) }), 8)),
  /** The entry as it was stored: where an area is open, and where the visit is less than a day old. */
  stored: maybe(3, bstrUpTo(ENTRY_BYTES_MAX)),
});

const CarriedCard = map({
  card: key(1, card),
  states: key(2, list(map({ programme, sequence: key(2, uint(0xff_ffff)), hash: key(3, bstr(SHA256_BYTES)) }))),
  spent: maybe(3, list(map({ programme, days: key(2, list(map({ day: key(1, day), cents: orZero(2, uint()) }), 8)) }))),
  /** Its open intents and its last one, oldest first. */
  intents: key(4, list(entryNumber, MANY)),
});

/**
 * What an intent book remembers at one point of the journal, so that the entries before it can be dropped. Whatever the book
 * answered before, it answers afterwards, as long as the clock does not fall back by more than a day.
 */
export const BookCheckpoint = map({
  /** By number. */
  intents: key(1, list(CarriedIntent, MANY)),
  /** Longest away first. */
  cards: key(2, list(CarriedCard, MANY)),
  /** The last intent of each visit that is less than a day old. */
  visits: key(3, list(entryNumber, VISITS_CARRIED)),
  /** Cash that belongs to customers, oldest first. */
  dues: key(
    4,
    list(
      map({
        intent: key(1, entryNumber),
        card: key(2, card),
        visit: key(3, uint()),
        cents: key(4, integer({ min: 1, max: CENTS_MAX })),
      }),
      MANY,
    ),
  ),
  /** Restore credits that were written or begun here: each works once. */
  restored: maybe(
    5,
    list(
      map({ card: key(1, card), programme: key(2, integer({ min: 1, max: 0xffff })), number: key(3, uint(0xffff)) }),
      MANY,
    ),
  ),
  /** Refunds of other terminals' tickets, while a receipt's code serves. */
  elsewhere: maybe(
    6,
    list(
      map({
        terminal: key(1, integer({ min: 1, max: 0xffff })),
        ticket: key(2, uint()),
        lines: key(3, list(uint(0xffff), 100)),
        intent: key(4, entryNumber),
        visit: key(5, uint()),
        utc: key(6, uint()),
      }),
      MANY,
    ),
  ),
  /** Pieces of stocks that were given, and those of open intents. */
  given: maybe(
    7,
    list(map({ programme, stock: key(2, text(40)), pieces: key(3, integer({ min: 1, max: 0xffff_ffff })) }), MANY),
  ),
  /** What visits of accounts without a chip moved in all. */
  accounts: maybe(
    8,
    list(
      map({
        account: key(1, card),
        programme: key(2, integer({ min: 1, max: 0xffff })),
        purse: key(3, integer({ min: 1, max: 0xff })),
        added: orZero(4, uint()),
        taken: orZero(5, uint()),
      }),
      MANY,
    ),
  ),
  /** The last visit of each account without a chip: tickets that are older are refused. */
  lasts: maybe(9, list(map({ account: key(1, card), ticket: key(2, entryNumber), utc: key(3, uint()) }), MANY)),
});
export type BookCheckpoint = Decoded<typeof BookCheckpoint>;

export const EMPTY_CHECKPOINT: BookCheckpoint = { intents: [], cards: [], visits: [], dues: [] };

type VisitEntry = Entry & { readonly kind: "intent" | "account" };

/** The entries that a checkpoint carries as they were stored, by number. */
export function carriedEntries({ intents }: BookCheckpoint): Map<number, Uint8Array> {
  return new Map(intents.flatMap(({ number, stored }) => (stored === undefined ? [] : [[number, stored] as const])));
}

/** Writes down what a book remembers at this time. `stored` gives an entry's bytes. */
export function checkpointOf(book: IntentBook, utc: number, stored: (number: number) => Uint8Array): BookCheckpoint {
  const { cards, visits, dues, restored, elsewhere, given, accounts } = book.memory();
  const [moved, lasts] = [accounts.all(), accounts.allLasts()];
  const refunds = [...elsewhere].flatMap(([of, taken]) => {
    const [terminal, ticket] = of.split("/").map(Number) as [number, number];
    const serving = taken.filter((one) => utc - one.utc < REFUND_CODE_SECONDS);
    return serving.map((one) => ({ ...one, terminal, ticket }));
  });
  const restores = [...restored].flatMap(([of, credits]) => credits.map((credit) => ({ card: of, ...credit })));
  const recent = new Set(
    [...visits.values()]
      .filter((intent) => utc - intent.utc < VISIT_NUMBER_SECONDS)
      .sort((a, b) => a.number - b.number)
      .slice(-VISITS_CARRIED),
  );
  const ofCards = [...cards.values()].flatMap(({ intents }) => intents);
  const carried = new Set([...ofCards, ...recent, ...refunds.map(({ intent }) => intent)]);
  return {
    intents: [...carried]
      .sort((a, b) => a.number - b.number)
      .map((intent) => ({
        number: intent.number,
        outcomes: [...intent.outcomes].map(([of, outcome]) => ({ programme: of, outcome })),
        ...(isOpen(intent) || recent.has(intent) ? { stored: stored(intent.number) } : {}),
      })),
    cards: [...cards].map(([number, kept]) => carriedCard(number, kept)),
    visits: [...recent].map(({ number }) => number),
    dues: [...dues].map(([intent, due]) => ({ intent, ...due })),
    ...(restores.length === 0 ? {} : { restored: restores }),
    ...(given.size === 0 ? {} : { given: given.all() }),
    ...(moved.length === 0 ? {} : { accounts: moved }),
    ...(lasts.length === 0 ? {} : { lasts }),
    ...(refunds.length === 0
      ? {}
      : { elsewhere: refunds.map(({ intent, ...refund }) => ({ ...refund, intent: intent.number })) }),
  };
}

function carriedCard(number: number, { intents, states, spent }: KeptCard): Decoded<typeof CarriedCard> {
  const sums = [...spent].map(([of, days]) => ({ programme: of, days }));
  return {
    card: number,
    states: [...states.values()],
    ...(sums.length === 0 ? {} : { spent: sums }),
    intents: intents.map((intent) => intent.number),
  };
}

/** The book as it was. Throws a format error, or `RangeError`, on what no book ever wrote. */
export function bookFrom(checkpoint: BookCheckpoint): IntentBook {
  const intents = new Map<number, KeptIntent>();
  for (const carried of checkpoint.intents) intents.set(carried.number, keptIntent(carried));
  const kept = (number: number): KeptIntent => {
    const intent = intents.get(number);
    if (intent === undefined) throw new RangeError(`the checkpoint has no intent ${number}`);
    return intent;
  };
  const memory: BookMemory = {
    cards: new Map(checkpoint.cards.map((one) => [one.card, keptCard(one, kept)])),
    visits: new Map(checkpoint.visits.map((number) => [kept(number).visit, kept(number)])),
    dues: new Map(checkpoint.dues.map(({ intent, ...due }) => [intent, due])),
    restored: new Map(),
    elsewhere: new Map(),
    given: new GivenPieces(checkpoint.given),
    accounts: new AccountSums(checkpoint.accounts, checkpoint.lasts),
  };
  for (const { terminal, ticket, intent, ...taken } of checkpoint.elsewhere ?? []) {
    const of = elsewhereKey(terminal, ticket);
    memory.elsewhere.set(of, [...(memory.elsewhere.get(of) ?? []), { ...taken, intent: kept(intent) }]);
  }
  for (const { card: of, ...credit } of checkpoint.restored ?? []) {
    memory.restored.set(of, [...(memory.restored.get(of) ?? []), credit]);
  }
  return new IntentBook(memory);
}

function keptIntent({ number, outcomes, stored }: Decoded<typeof CarriedIntent>): KeptIntent {
  const results = new Map(outcomes.map(({ programme: of, outcome }) => [of, outcome]));
  if (stored === undefined) {
    if (isOpen({ outcomes: results })) throw new RangeError(`the checkpoint lacks the open intent ${number}`);
    // A settled one that only its card remembers: nobody asks any more whose visit it was, or when.
    const unknown = { card: 0, visit: 0, utc: 0, day: 0, isTopUp: false, tillTicket: null, isAccount: false };
    return { number, ...unknown, outcomes: results, body: null };
  }
  const entry = visitEntry(number, stored);
  if (entry.kind === "account") return keptAccount(entry);
  const { utc, offset, body } = entry;
  const { card: of, visit, topUp, late } = body;
  const [isTopUp, tillTicket] = [topUp !== undefined, late?.ticket ?? null];
  const intent = {
    number,
    card: of,
    visit,
    utc,
    day: dayOf(utc, offset),
    isTopUp,
    tillTicket,
    outcomes: results,
    isAccount: false,
    body,
  };
  return isOpen(intent) ? intent : { ...intent, body: null };
}

function visitEntry(number: number, stored: Uint8Array): VisitEntry {
  const entry = decodeEntry(stored);
  const isVisit = entry.kind === "intent" || entry.kind === "account";
  if (!isVisit || entry.number !== number) throw new RangeError(`entry ${number} is no visit`);
  return entry;
}

function keptCard(
  { states, spent = [], intents }: Decoded<typeof CarriedCard>,
  kept: (number: number) => KeptIntent,
): KeptCard {
  return {
    intents: intents.map(kept),
    states: new Map(states.map((state) => [state.programme, state])),
    spent: new Map(spent.map(({ programme: of, days }) => [of, days])),
  };
}
