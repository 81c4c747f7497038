import type { Card, Cards, KeptRecord } from "./thief-cards.ts";
import type { Journals, OpenIntent } from "./thief-journals.ts";
import type { Place } from "./thief-places.ts";

/**
 * Ways to look at fewer places without missing a gain, or finding it later.
 *
 * `records`  Records that can never be current again are dropped: the counter never falls. What is left depends on the
 *            counter only by its parity, once the area cannot be free any more: counter and sequences go down by an even number.
 * `intents`  Intents that can never be decided are dropped. To be decided, an intent's old or new state must be shown, or be the
 *            predecessor of what is shown. What is shown is a record still kept, or was written on top of one; so one of the two
 *            is a kept record's state or predecessor, or is written again on top of a chain that begins at a kept record.
 * `slots`    A record is shown in slot A beside a blank one: which slots a tap writes to is all that would be different.
 * `names`    Only whether two states are the same matters. A state whose predecessor can be neither shown nor written again
 *            nor compared with anything can itself not be written again: it keeps its balance and its being unlike others.
 * `terminals` The two terminals do the same: of a place and its mirror image one is looked at.
 * `worth`    Of two stories that lead to the same place the one with more gained can do all that the other can.
 *
 * With terminals that lose no power also:
 * `idle`     Intents that cannot pay are dropped: null visits; sales of which no record is kept as state or predecessor (who
 *            writes that state again does so with an intent of the same name, to which the state then belongs); older ones of
 *            several sales with the same states; top-ups whose old state can not be shown or be a predecessor.
 * `order`    Intents count as a set: what is decided of one depends on others only where they name the same states, and such
 *            are equal.
 * `again`    An intent that is open is tried again, never stored a second time: the second costs as much as it can bring.
 * `tears`    A tap is torn before the new record is written by null visits only: the card is the same, and the intent of a
 *            sale cannot pay (`idle`), that of a top-up brings at most the cash paid for it, which the holder keeps instead.
 *            And never right before a write: who has one record more can do all that he could without.
 */
export const REDUCTIONS = [
  "records",
  "slots",
  "intents",
  "names",
  "terminals",
  "worth",
  "idle",
  "order",
  "again",
  "tears",
] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** The reductions whose arguments hold where terminals lose their power, too. */
export const WITH_POWER_CUTS: readonly Reduction[] = ["records", "slots", "intents", "names", "terminals", "worth"];

type Intents = readonly [readonly OpenIntent[], readonly OpenIntent[]];

/** States that can be shown, their predecessors, and how states hang together below them. */
class Kinship {
  private readonly cards: Cards;
  private readonly shown: readonly number[];
  private readonly behind: readonly number[];

  constructor(cards: Cards, records: readonly KeptRecord[], counter: number) {
    this.cards = cards;
    const shown = records.map(({ state }) => state);
    this.shown = cards.medium.mayBeFree(counter) ? [...shown, cards.blank] : shown;
    this.behind = this.shown.flatMap((state) => this.predecessor(state) ?? []);
  }

  predecessor(state: number): number | null {
    return this.cards.states.all[state]!.predecessor;
  }

  /** It can be shown, or be the predecessor of what is shown, without being written again. */
  isNear(state: number): boolean {
    return this.shown.includes(state) || this.behind.includes(state);
  }

  /** The state and what it was written on, up to a state that can be shown; null where no such state is among them. */
  private chain(state: number): readonly number[] | null {
    const chain: number[] = [];
    for (let at: number | null = state; at !== null; at = this.predecessor(at)) {
      if (this.shown.includes(at)) return chain;
      chain.push(at);
    }
    return null;
  }

  /** It is near, or can be written again. */
  canReturn(state: number): boolean {
    return this.isNear(state) || this.chain(state) !== null;
  }

  /** States whose names matter, given the intents: what is shown, what is compared with it, and what leads there again. */
  named(intents: Intents): ReadonlySet<number> {
    const named = new Set(this.shown);
    for (const { old, next } of intents.flat()) named.add(old).add(next);
    for (const state of [...named, ...this.behind]) for (const above of this.chain(state) ?? []) named.add(above);
    return named;
  }
}

/** Turns places into the ones that stand for them. */
export class NormalForm {
  private readonly cards: Cards;
  private readonly journals: Journals;
  private readonly on: ReadonlySet<Reduction>;

  constructor(cards: Cards, journals: Journals, on: readonly Reduction[]) {
    this.cards = cards;
    this.journals = journals;
    this.on = new Set(on);
  }

  of(card: Card, journals: Place["journals"]): Place {
    const { counter, records } = this.keptRecords(card);
    const kinship = new Kinship(this.cards, records, counter);
    const [first, second] = journals.map((journal) =>
      this.openIntents(this.journals.all.all[journal]!.intents, kinship),
    );
    const intents: Intents = [first!, second!];
    const named = kinship.named(intents);
    const straight = this.renamed(counter, records, intents, named, false);
    if (!this.on.has("terminals")) return straight;
    const mirrored = this.renamed(counter, records, intents, named, true);
    return comesBefore(mirrored, straight) ? mirrored : straight;
  }

  private keptRecords({ counter, records: numbers }: Card): {
    readonly counter: number;
    readonly records: readonly KeptRecord[];
  } {
    const { medium } = this.cards;
    const records = numbers.map((number) => this.cards.records.all[number]!);
    if (!this.on.has("records")) return { counter, records };
    const lowest = medium.lowest(counter);
    const first = medium.start + 4;
    const down = Math.max(counter - first - ((counter - first) % 2), 0);
    const balance = (state: number) => this.cards.balance(state);
    const kept = records.filter(({ sequence }) => sequence >= lowest);
    return {
      counter: counter - down,
      records: kept
        .map(({ sequence, state }) => ({ sequence: sequence - down, state }))
        .sort((a, b) => a.sequence - b.sequence || balance(a.state) - balance(b.state) || a.state - b.state),
    };
  }

  private openIntents(intents: readonly OpenIntent[], kinship: Kinship): readonly OpenIntent[] {
    return intents.filter((intent, i) => {
      const { old, next } = intent;
      if (this.on.has("idle") && this.isIdle(intent, intents.slice(i + 1), kinship)) return false;
      return !this.on.has("intents") || kinship.isNear(old) || kinship.canReturn(next);
    });
  }

  private isIdle({ old, next }: OpenIntent, newer: readonly OpenIntent[], kinship: Kinship): boolean {
    const amount = this.cards.balance(next) - this.cards.balance(old);
    if (amount < 0) return !kinship.isNear(next) || newer.some((other) => other.next === next);
    return amount === 0 || !kinship.canReturn(old);
  }

  private renamed(
    counter: number,
    records: readonly KeptRecord[],
    [first, second]: Intents,
    named: ReadonlySet<number>,
    mirrored: boolean,
  ): Place {
    const { cards } = this;
    const nameOf = this.names(named, mirrored);
    const card = cards.card(
      counter,
      records.map(({ sequence, state }) => cards.record(sequence, nameOf(state))),
    );
    const journal = (intents: readonly OpenIntent[]): number => {
      const open = intents.map((intent) => ({ ...intent, old: nameOf(intent.old), next: nameOf(intent.next) }));
      if (this.on.has("order")) open.sort((a, b) => a.old - b.old || a.next - b.next);
      return this.journals.number({ intents: open, memory: null });
    };
    const journals: Place["journals"] = mirrored
      ? [journal(second), journal(first)]
      : [journal(first), journal(second)];
    return { card: cards.number(card), journals };
  }

  private names(named: ReadonlySet<number>, mirrored: boolean): (state: number) => number {
    const { cards } = this;
    const names = new Map<number, number>();
    let strangers = 0;
    const nameOf = (state: number): number => {
      const known = names.get(state);
      if (known !== undefined) return known;
      const name = rename(state);
      names.set(state, name);
      return name;
    };
    const rename = (state: number): number => {
      const { writer, predecessor, balance } = cards.states.all[state]!;
      if (predecessor === null) return state;
      if (!this.on.has("names") || named.has(predecessor)) {
        return cards.state(mirrored && writer >= 0 ? writer ^ 1 : writer, nameOf(predecessor), balance);
      }
      strangers += 1;
      return cards.state(-1, cards.state(-1 - strangers, null, 0), balance);
    };
    return nameOf;
  }
}

function comesBefore(a: Place, b: Place): boolean {
  if (a.card !== b.card) return a.card < b.card;
  if (a.journals[0] !== b.journals[0]) return a.journals[0] < b.journals[0];
  return a.journals[1] < b.journals[1];
}
