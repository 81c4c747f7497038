import { decodeCbor, encodeCbor, SHA256_BYTES } from "../wire/index.ts";
import { bstr, type Decoded, integer, key, list, map, maybe, orZero, uint, word } from "../wire/schema.ts";
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

/** Card u64, size u32, PackedCard as CBOR; integers big-endian. */
const RECORD_START = 12;

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
  /** A number: where its record begins. */
  private readonly cards = new Map<number, KeptCard | number>();
  private readonly packed: Uint8Array;
  private readonly known: (intent: number) => KeptIntent | undefined;

  /** `packed`: what `written` gave; `known`: intents that are kept by themselves. Throws `RangeError` on bytes that are no cards. */
  constructor(
    packed: Uint8Array = new Uint8Array(),
    known: (intent: number) => KeptIntent | undefined = () => undefined,
  ) {
    this.packed = packed;
    this.known = known;
    const view = viewOf(packed);
    for (let at = 0; at < packed.length; ) {
      this.cards.set(view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4), at);
      at += RECORD_START + view.getUint32(at + 8);
      if (at > packed.length) throw new RangeError("the last card is not whole");
    }
  }

  get size(): number {
    return this.cards.size;
  }

  keys(): Iterable<number> {
    return this.cards.keys();
  }

  get(card: number): KeptCard | undefined {
    const kept = this.cards.get(card);
    if (typeof kept !== "number") return kept;
    const whole = this.unpack(kept);
    // It keeps its place in the order.
    this.cards.set(card, whole);
    return whole;
  }

  /** Keeps a card as the one that came last. */
  renew(card: number, kept: KeptCard): void {
    this.cards.delete(card);
    this.cards.set(card, kept);
  }

  delete(card: number): void {
    this.cards.delete(card);
  }

  /** Every card with what is kept of it. */
  entries(): readonly (readonly [card: number, kept: KeptCard])[] {
    return [...this.cards.keys()].map((card) => [card, this.get(card)!]);
  }

  private recordAt(at: number): Uint8Array {
    const size = viewOf(this.packed).getUint32(at + 8);
    return this.packed.subarray(at, at + RECORD_START + size);
  }

  private unpack(at: number): KeptCard {
    const read = PackedCard.decode(decodeCbor(this.recordAt(at).subarray(RECORD_START)), "card");
    return {
      intents: read.intents.map((one) => this.known(one.number) ?? settledIntent(one.number, one.outcomes)),
      states: new Map(read.states.map((state) => [state.programme, state])),
      spent: new Map((read.spent ?? []).map(({ programme: of, days }) => [of, days])),
    };
  }

  /** All of them in bytes. */
  written(): Uint8Array {
    const records = [...this.cards].map(([card, kept]) =>
      typeof kept === "number" ? this.recordAt(kept) : recordOf(card, kept),
    );
    const whole = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const record of records) {
      whole.set(record, end);
      end += record.length;
    }
    return whole;
  }
}

function recordOf(card: number, kept: KeptCard): Uint8Array {
  const spent = [...kept.spent].map(([of, days]) => ({ programme: of, days }));
  const content = encodeCbor(
    PackedCard.encode({
      states: [...kept.states.values()],
      ...(spent.length === 0 ? {} : { spent }),
      intents: kept.intents.map((intent) => ({ number: intent.number, outcomes: outcomesOf(intent) })),
    }),
  );
  const record = new Uint8Array(RECORD_START + content.length);
  const view = viewOf(record);
  view.setUint32(0, Math.floor(card / 0x1_0000_0000));
  view.setUint32(4, card % 0x1_0000_0000);
  view.setUint32(8, content.length);
  record.set(content, RECORD_START);
  return record;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
