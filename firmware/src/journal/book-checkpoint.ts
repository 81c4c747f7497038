import { dayOf } from "@cachet/card-layout";
import { VISIT_NUMBER_SECONDS } from "../hal/index.ts";
import { decodeEntry, type Entry } from "../wire/index.ts";
import { bstrUpTo, type Decoded, key, list, map, maybe } from "../wire/schema.ts";
import { type BookMemory, IntentBook, keptAccount, noMemory } from "./book.ts";
import { card, MANY, memoryOfSums, SUMS, sumsOfMemory } from "./carried-sums.ts";
import { ENTRY_BYTES_MAX } from "./frames.ts";
import { isCarried, isOpen, type KeptCard, type KeptIntent } from "./kept.ts";
import { entryNumber, outcomes, settledIntent, spentDays, states } from "./kept-cards.ts";

/** Visits of the last day that are carried over a drop; no counter has more in a day. */
const VISITS_CARRIED = 4_096;

/** An intent that somebody may still ask for. */
const CarriedIntent = map({
  number: key(1, entryNumber),
  outcomes: key(2, outcomes),
  /** The entry as it was stored: where an area is open, and where the visit is less than a day old. */
  stored: maybe(3, bstrUpTo(ENTRY_BYTES_MAX)),
});

const CarriedCard = map({
  card: key(1, card),
  states: key(2, states),
  spent: maybe(3, spentDays),
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
  ...SUMS,
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
  const memory = book.memory();
  const { sums, intents } = sumsOfMemory(memory, utc);
  const cards = memory.cards.entries();
  const recent = recentVisits(memory, utc);
  const ofCards = cards.flatMap(([, kept]) => kept.intents);
  const carried = new Set([...ofCards, ...recent, ...intents]);
  return {
    intents: [...carried]
      .sort((a, b) => a.number - b.number)
      .map((intent) => ({
        number: intent.number,
        outcomes: [...intent.outcomes].map(([of, outcome]) => ({ programme: of, outcome })),
        ...(isOpen(intent) || recent.has(intent) ? { stored: stored(intent.number) } : {}),
      })),
    cards: cards.map(([number, kept]) => carriedCard(number, kept)),
    visits: [...recent].map(({ number }) => number),
    ...sums,
  };
}

/** The last intent of each visit that a number still names, or would if the clock were set back, by number. */
export function recentVisits({ visits }: BookMemory, utc: number): Set<KeptIntent> {
  return new Set(
    [...visits.values()]
      .filter((intent) => isCarried(intent.utc, VISIT_NUMBER_SECONDS, utc))
      .sort((a, b) => a.number - b.number)
      .slice(-VISITS_CARRIED),
  );
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
    ...noMemory(),
    visits: new Map(checkpoint.visits.map((number) => [kept(number).visit, kept(number)])),
    ...memoryOfSums(checkpoint, kept),
  };
  for (const one of checkpoint.cards) memory.cards.renew(one.card, keptCard(one, kept));
  return new IntentBook(memory, intents);
}

function keptIntent({ number, outcomes, stored }: Decoded<typeof CarriedIntent>): KeptIntent {
  if (stored === undefined) return settledIntent(number, outcomes);
  const results = new Map(outcomes.map(({ programme: of, outcome }) => [of, outcome]));
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
