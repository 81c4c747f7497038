import { decodeCbor, encodeCbor, SHA256_BYTES } from "../wire/index.ts";
import { bstr, type Decoded, integer, key, list, map, maybe, orZero, uint, word } from "../wire/schema.ts";
import { CardPlaces, RECORD_START, recordOf } from "./card-places.ts";
import type { KeptCard, KeptIntent } from "./kept.ts";

export const entryNumber = integer({ min: 1, max: 0xffff_ffff });
export const programme = key(1, integer({ min: 1, max: 0xffff }));
/** Days before 2000 are negative: a clock that was reset begins in 1970. */
export const day = integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
export const outcomes = list(map({ programme, outcome: key(2, word({ open: 1, committed: 2, aborted: 3 })) }), 8);
export const states = list(map({ programme, sequence: key(2, uint(0xff_ffff)), hash: key(3, bstr(SHA256_BYTES)) }));
export const spentDays = list(
  map({ programme, days: key(2, list(map({ day: key(1, day), cents: orZero(2, uint()) }), 8)) }),
);

const PackedCard = map({
  states: key(1, states),
  spent: maybe(2, spentDays),
  /** Its open intents and its last one, oldest first. */
  intents: key(3, list(map({ number: key(1, entryNumber), outcomes: key(2, outcomes) }))),
});

const outcomesOf = ({ outcomes: of }: KeptIntent): Decoded<typeof outcomes> =>
  [...of].map(([of, outcome]) => ({ programme: of, outcome }));

/** A settled intent that only its card remembers: nobody asks any more whose visit it was, or when. */
export function settledIntent(number: number, of: Decoded<typeof outcomes>): KeptIntent {
  const unknown = { card: 0, visit: 0, utc: 0, day: 0, isTopUp: false, tillTicket: null, isAccount: false };
  const results = new Map(of.map(({ programme: one, outcome }) => [one, outcome]));
  if ([...results.values()].includes("open")) throw new RangeError(`the open intent ${number} is not kept`);
  return { number, ...unknown, outcomes: results, body: null };
}

/**
 * What a book keeps of each card, longest away first. Most cards of a terminal do not come on a day: what `written` gave of them stays
 * in bytes until somebody asks.
 */
export class KeptCards {
  private readonly packed: Uint8Array;
  /** Packed cards that are still to be found there. */
  private readonly places: CardPlaces;
  /** Packed cards that somebody asked for: they keep their place in the order. */
  private readonly opened = new Map<number, KeptCard>();
  /** Cards that came since; all packed ones have been away longer. */
  private readonly renewed = new Map<number, KeptCard>();
  private readonly known: (intent: number) => KeptIntent | undefined;

  /** `packed`: what `written` gave; `known`: intents that are kept by themselves. Throws `RangeError` on bytes that are no cards. */
  constructor(
    packed: Uint8Array = new Uint8Array(),
    known: (intent: number) => KeptIntent | undefined = () => undefined,
  ) {
    this.packed = packed;
    this.known = known;
    this.places = new CardPlaces(packed);
  }

  get size(): number {
    return this.places.size + this.renewed.size;
  }

  *keys(): Iterable<number> {
    for (const { card } of this.places.left()) yield card;
    yield* this.renewed.keys();
  }

  get(card: number): KeptCard | undefined {
    const kept = this.renewed.get(card) ?? this.opened.get(card);
    if (kept !== undefined) return kept;
    const record = this.places.record(card);
    if (record === null) return undefined;
    const opened = this.unpack(record);
    this.opened.set(card, opened);
    return opened;
  }

  /** Keeps a card as the one that came last. */
  renew(card: number, kept: KeptCard): void {
    this.delete(card);
    this.renewed.set(card, kept);
  }

  delete(card: number): void {
    this.places.remove(card);
    this.opened.delete(card);
    this.renewed.delete(card);
  }

  /** Every card with what is kept of it. */
  entries(): readonly (readonly [card: number, kept: KeptCard])[] {
    return [...this.keys()].map((card) => [card, this.get(card)!]);
  }

  private unpack(record: Uint8Array): KeptCard {
    const read = PackedCard.decode(decodeCbor(record.subarray(RECORD_START)), "card");
    return {
      intents: read.intents.map((one) => this.known(one.number) ?? settledIntent(one.number, one.outcomes)),
      states: new Map(read.states.map((state) => [state.programme, state])),
      spent: new Map((read.spent ?? []).map(({ programme: of, days }) => [of, days])),
    };
  }

  /** All of them in bytes, behind room for `before` bytes: of thousands of cards there is one copy. */
  written(before = 0): Uint8Array {
    const opened = new Map([...this.opened].map(([card, kept]) => [card, packedCard(card, kept)]));
    const renewed = [...this.renewed].map(([card, kept]) => packedCard(card, kept));
    let size = before;
    for (const { card, at, end } of this.places.left()) size += opened.get(card)?.length ?? end - at;
    const whole = new Uint8Array(renewed.reduce((sum, { length }) => sum + length, size));
    let used = before;
    const add = (record: Uint8Array) => {
      whole.set(record, used);
      used += record.length;
    };
    for (const { card, at, end } of this.places.left()) add(opened.get(card) ?? this.packed.subarray(at, end));
    for (const record of renewed) add(record);
    return whole;
  }
}

function packedCard(card: number, kept: KeptCard): Uint8Array {
  const spent = [...kept.spent].map(([of, days]) => ({ programme: of, days }));
  const content = encodeCbor(
    PackedCard.encode({
      states: [...kept.states.values()],
      ...(spent.length === 0 ? {} : { spent }),
      intents: kept.intents.map((intent) => ({ number: intent.number, outcomes: outcomesOf(intent) })),
    }),
  );
  return recordOf(card, content);
}
