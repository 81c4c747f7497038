import {
  bigEndian,
  type CommitStep,
  type CounterAreaReading,
  concat,
  PREDECESSOR_BYTES,
  type Slot,
  type SlotIndex,
} from "@cachet/card-layout";
import { Catalogue } from "./thief-places.ts";

/**
 * What a state hash is taken over, as far as it matters: who wrote it, on top of which state, with which balance. Equal states
 * have one number, and that number stands for the hash: two visits with the same content have the same new state.
 */
export interface State {
  /** Terminal and day in one number; negative for what no terminal of the story wrote. */
  readonly writer: number;
  readonly predecessor: number | null;
  readonly balance: number;
}

/** A state under a sequence, sealed: it can be kept and written back. */
export interface KeptRecord {
  readonly sequence: number;
  readonly state: number;
}

/** A card's counter, and every record its holder has ever had on it: he can write any of them into the slots at any time. */
export interface Card {
  readonly counter: number;
  /** Numbers of records, ascending. */
  readonly records: readonly number[];
  /** The best balance that it can be made to show, once somebody asked. */
  bestBalance: number | null;
}

/** How a medium reads and writes an area. */
export interface Medium {
  /** Whether there is a counter, which the holder can move, too. */
  readonly counts: boolean;
  /** The counter at personalisation. */
  readonly start: number;
  /** Whether the area can be free at this counter, or later. */
  mayBeFree(counter: number): boolean;
  /** The lowest sequence that can still be current at this counter, or later. */
  lowest(counter: number): number;
  read(a: Slot, b: Slot, counter: number): CounterAreaReading;
  /** The steps of a write; `current` and `sequence` are those of the current record, null and 0 for a free area. */
  steps(current: SlotIndex | null, counter: number, sequence: number): readonly CommitStep[] | null;
}

/** What an area shows. `slot` is null for a free area, which shows the blank state. */
export interface Shown {
  readonly slot: SlotIndex | null;
  readonly state: number;
  readonly sequence: number;
}

/** What a terminal is shown, and what it means to write. */
export interface Meeting {
  readonly terminal: number;
  readonly shown: Shown;
  readonly next: number;
  readonly nextSequence: number;
  readonly amount: number;
}

/** The card as it is where a tap tears, before its first step or after one. */
export interface Tear {
  /** How many steps were done. After the last one only its answer is lost. */
  readonly steps: number;
  readonly card: Card;
  /** The current record is sealed again, and counted in. */
  readonly resealed: boolean;
}

/** A tap that runs through, and with it every place where it can be torn. */
export interface Tap {
  /** Number of the meeting. */
  readonly meeting: number;
  readonly steps: number;
  /** After the last step. */
  readonly card: Card;
  readonly tears: readonly Tear[];
}

/** Which of the ways to look at less (`REDUCTIONS`) concern cards. */
export interface CardReductions {
  readonly records: boolean;
  readonly slots: boolean;
  readonly tears: boolean;
}

/** What the till asks for: two sales, a top-up, and nothing, which is a null visit. */
const AMOUNTS: readonly number[] = [-1, -3, 2, 0];

export const TERMINALS = 2;
const HASH_BYTES = 32;

/** All cards of a story on one medium. Everything in it has a number. */
export class Cards {
  readonly medium: Medium;
  readonly states = new Catalogue<State>();
  readonly records = new Catalogue<KeptRecord>();
  private readonly numbered = new Catalogue<Card>();
  readonly meetings = new Catalogue<Meeting>();
  /** The state of the record that opens an area; it follows from the identity alone. */
  readonly blank: number;
  private readonly days: number;
  private readonly on: CardReductions;
  private readonly hashes: Uint8Array[] = [];
  private readonly slots: Slot[] = [];
  private planned: { readonly card: number; readonly taps: readonly Tap[] } | null = null;

  /** `days`: visits of different days have different states; the holder chooses the day of each. */
  constructor(medium: Medium, days: number, reductions: CardReductions) {
    this.medium = medium;
    this.days = days;
    this.on = reductions;
    this.blank = this.state(-1, null, 0);
  }

  state(writer: number, predecessor: number | null, balance: number): number {
    const key = (((predecessor ?? -1) + 1) * 128 + balance) * 128 + writer + 100;
    return this.states.number(key, { writer, predecessor, balance });
  }

  balance(state: number): number {
    return this.states.all[state]!.balance;
  }

  record(sequence: number, state: number): number {
    return this.records.number(state * 4096 + sequence, { sequence, state });
  }

  /** `records`: numbers in any order, and one more than once if need be. */
  card(counter: number, records: readonly number[]): Card {
    const lowest = this.on.records ? this.medium.lowest(counter) : 0;
    const kept: number[] = [];
    for (const record of records) if (this.records.all[record]!.sequence >= lowest) insert(kept, record);
    return { counter, records: kept, bestBalance: null };
  }

  number(card: Card): number {
    return this.numbered.number(keyOf(card), card);
  }

  at(number: number): Card {
    return this.numbered.all[number]!;
  }

  /** A card after its holder has counted up by one; null where there is nothing to count. */
  counted({ counter, records }: Card): Card | null {
    return this.medium.counts ? this.card(counter + 1, records) : null;
  }

  /** A state's full hash. Its first bytes alone tell states apart, as a predecessor's must. */
  hash(state: number): Uint8Array {
    this.hashes[state] ??= concat(bigEndian(state, PREDECESSOR_BYTES), new Uint8Array(HASH_BYTES - PREDECESSOR_BYTES));
    return this.hashes[state];
  }

  /** A record as a slot holds it, made once. */
  private slot(number: number): Slot {
    this.slots[number] ??= this.slotOf(number);
    return this.slots[number];
  }

  private slotOf(number: number): Slot {
    const { sequence, state } = this.records.all[number]!;
    const predecessor = this.hash(this.states.all[state]!.predecessor ?? this.blank).slice(0, PREDECESSOR_BYTES);
    const header = { layout: 1, generation: 1, programme: 1, terminal: 0, day: 0, credit: 0 };
    const sealed = concat(bigEndian(sequence, 3), this.hash(state));
    return { kind: "valid", sealed, state: { ...header, sequence, predecessor, purses: [] } };
  }

  /** Everything that a terminal can be made to see: any two of the records, blank slots, and slots that are neither. */
  shown({ counter, records }: Card): readonly Shown[] {
    const empty = this.on.slots ? EMPTY.slice(0, 1) : EMPTY;
    const contents = [...empty, ...records.map((number) => this.slot(number))];
    const besides = this.on.slots ? empty : contents;
    const shown = new Map<string, Shown>();
    contents.forEach((a, inA) => {
      besides.forEach((b, inB) => {
        const reading = this.medium.read(a, b, counter);
        if (reading.kind === "free") shown.set("free", { slot: null, state: this.blank, sequence: 0 });
        if (reading.kind !== "current") return;
        const record = this.records.all[records[(reading.slot === 0 ? inA : inB) - empty.length]!]!;
        shown.set(`${reading.slot}/${record.state}/${record.sequence}`, { slot: reading.slot, ...record });
      });
    });
    return [...shown.values()];
  }

  /** The best balance that a card can be made to show. */
  bestBalance(card: Card): number {
    card.bestBalance ??= this.shown(card).reduce((best, { state }) => Math.max(best, this.balance(state)), 0);
    return card.bestBalance;
  }

  /**
   * Every tap that can be begun with this card. Taps that differ in the slot shown, and in nothing else, are one.
   * Asked for one card again and again it answers at once.
   */
  taps(card: number): readonly Tap[] {
    if (this.planned?.card !== card) this.planned = { card, taps: this.plan(this.at(card)) };
    return this.planned.taps;
  }

  private plan(card: Card): readonly Tap[] {
    const taps = new Map<string, Tap>();
    for (const shown of this.shown(card)) {
      for (let writer = 0; writer < TERMINALS * this.days; writer += 1) {
        for (const amount of AMOUNTS) {
          const tap = this.tap(card, shown, writer, amount);
          if (tap === null) continue;
          // Shown in one slot only, taps cannot be the same.
          if (this.on.slots) taps.set(String(taps.size), tap);
          else taps.set([tap.meeting, ...tap.tears.map((tear) => keyOf(tear.card)), keyOf(tap.card)].join("/"), tap);
        }
      }
    }
    return [...taps.values()];
  }

  private tap(from: Card, shown: Shown, writer: number, amount: number): Tap | null {
    const balance = this.balance(shown.state) + amount;
    let { counter, records } = from;
    const steps = this.medium.steps(shown.slot, counter, shown.sequence);
    if (balance < 0 || steps === null) return null;
    const next = this.state(writer, shown.state, balance);
    const states = { blank: this.blank, current: shown.state, new: next };
    const tears: Tear[] = [];
    let resealed = false;
    let written = false;
    let nextSequence = 0;
    for (const [done, step] of steps.entries()) {
      const useless = this.on.tears && (step.step === "write" || (!written && amount !== 0));
      if (!useless) tears.push({ steps: done, card: this.card(counter, records), resealed });
      if (step.step === "write") {
        records = [...records, this.record(step.sequence, states[step.what])];
        written ||= step.what === "new";
        nextSequence = step.sequence;
      } else {
        counter += step.by;
        if (counter !== step.to) throw new RangeError(`${step.to} is not counted to by ${step.by}`);
        resealed ||= step.by === 2;
      }
    }
    const card = this.card(counter, records);
    tears.push({ steps: steps.length, card, resealed });
    const meeting = { terminal: writer % TERMINALS, shown, next, nextSequence, amount };
    const key = `${writer}/${shown.slot === null}/${shown.state}/${shown.sequence}/${amount}/${nextSequence}`;
    return { meeting: this.meetings.number(key, meeting), steps: steps.length, card, tears };
  }
}

const EMPTY: readonly Slot[] = [{ kind: "blank" }, { kind: "unfinished" }, { kind: "invalid" }];

const keyOf = ({ counter, records }: Card): string => `${counter}:${records.join()}`;

/** Puts a number where it belongs in an ascending list, once. */
function insert(list: number[], number: number): void {
  let at = list.length;
  while (at > 0 && list[at - 1]! > number) at -= 1;
  if (list[at - 1] !== number) list.splice(at, 0, number);
}
