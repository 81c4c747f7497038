import type { Intent } from "../wire/index.ts";
import { bstrUpTo, type Decoded, key, list, map, maybe, text, truth, uint } from "../wire/schema.ts";
import { AreaOutcomes } from "./area-outcomes.ts";
import { type BookMemory, IntentBook, type TakenBack } from "./book.ts";
import { recentVisits } from "./book-checkpoint.ts";
import { card, MANY, memoryOfSums, SUMS, sumsOfMemory, takenBack } from "./carried-sums.ts";
import type { KeptIntent } from "./kept.ts";
import { day, entryNumber, KeptCards, outcomes } from "./kept-cards.ts";

/** More than the outcomes of all entries take. */
const PACKED_BYTES_MAX = 64 * 1024 * 1024;

/** An intent that is open, or a visit that somebody may still ask for; its entry is in the journal. */
const StatedIntent = map({
  number: key(1, entryNumber),
  card: key(2, card),
  visit: key(3, uint()),
  utc: key(4, uint()),
  day: key(5, day),
  outcomes: key(6, outcomes),
  isTopUp: maybe(7, truth),
  tillTicket: maybe(8, text()),
  isAccount: maybe(9, truth),
});

/**
 * What a book remembers at one entry of the journal while the entries before it are there, beside its cards, which `KeptCards` writes: it
 * answers afterwards what it answered before.
 */
export const BookState = map({
  /** By number. */
  intents: key(1, list(StatedIntent, MANY)),
  visits: key(2, list(entryNumber, MANY)),
  ...SUMS,
  /** As `AreaOutcomes` writes them. */
  outcomesFrom: key(10, uint(0xffff_ffff)),
  outcomes: key(11, bstrUpTo(PACKED_BYTES_MAX)),
  refunds: key(12, list(map(takenBack), MANY)),
});
export type BookState = Decoded<typeof BookState>;

/** Writes down what a book remembers at this time, beside its cards. */
export function stateOf(book: IntentBook, utc: number): BookState {
  const memory = book.memory();
  const { sums, intents } = sumsOfMemory(memory, utc);
  const refunds = [...memory.refunds].flatMap(([ticket, taken]) => taken.map((one) => ({ ...one, ticket })));
  const visits = recentVisits(memory, utc);
  const last = book.lastTicket(0);
  for (const visit of memory.visits.values()) if (visit.number === last) visits.add(visit);
  const stated = new Set([...book.openIntents(), ...visits, ...intents, ...refunds.map(({ intent }) => intent)]);
  const { first, codes } = memory.outcomes.written();
  return {
    intents: [...stated].sort((a, b) => a.number - b.number).map(statedIntent),
    visits: [...visits].map(({ number }) => number),
    ...sums,
    refunds: refunds.map(({ intent, ...refund }) => ({ ...refund, intent: intent.number })),
    outcomesFrom: first,
    outcomes: codes,
  };
}

function statedIntent({ outcomes: of, isTopUp, tillTicket, isAccount, body: _, ...intent }: KeptIntent) {
  return {
    ...intent,
    outcomes: [...of].map(([programme, outcome]) => ({ programme, outcome })),
    ...(isTopUp ? { isTopUp: true as const } : {}),
    ...(tillTicket === null ? {} : { tillTicket }),
    ...(isAccount ? { isAccount: true as const } : {}),
  };
}

/** What a book reads off the journal: an intent, and the programmes of any visit, in the order of its areas. Both throw `RangeError`. */
export interface VisitsRead {
  intent(number: number): Intent;
  programmes(number: number): readonly number[];
}

/** The book as it was; `cards` in bytes, as they were written. Throws a format error, or `RangeError`, on what no book ever wrote. */
export function bookOfState(state: BookState, cards: Uint8Array, read: VisitsRead): IntentBook {
  const intents = new Map(state.intents.map((one) => [one.number, intentOf(one, read.intent)]));
  const kept = (number: number): KeptIntent => {
    const intent = intents.get(number);
    if (intent === undefined) throw new RangeError(`the state has no intent ${number}`);
    return intent;
  };
  const refunds: BookMemory["refunds"] = new Map();
  for (const { ticket, intent, ...taken } of state.refunds) {
    const one: TakenBack = { ...taken, intent: kept(intent) };
    refunds.set(ticket, [...(refunds.get(ticket) ?? []), one]);
  }
  const memory: BookMemory = {
    cards: new KeptCards(cards, (number) => intents.get(number)),
    visits: new Map(state.visits.map((number) => [kept(number).visit, kept(number)])),
    ...memoryOfSums(state, kept),
    refunds,
    outcomes: new AreaOutcomes(state.outcomesFrom, state.outcomes),
  };
  return new IntentBook(memory, intents, read.programmes);
}

function intentOf(
  { outcomes: of, isTopUp, tillTicket, isAccount, ...intent }: Decoded<typeof StatedIntent>,
  bodyOf: (intent: number) => Intent,
): KeptIntent {
  const results = new Map(of.map(({ programme, outcome }) => [programme, outcome]));
  const isOpen = [...results.values()].includes("open");
  return {
    ...intent,
    outcomes: results,
    isTopUp: isTopUp === true,
    tillTicket: tillTicket ?? null,
    isAccount: isAccount === true,
    body: isOpen ? bodyOf(intent.number) : null,
  };
}
