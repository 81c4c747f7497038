import { type CommitRule, PREDECESSOR_BYTES } from "@cachet/card-layout";
import { decideDoubt } from "../../firmware/src/journal/index.ts";
import type { Cards, Meeting, Shown } from "./thief-cards.ts";
import { Catalogue } from "./thief-places.ts";

/** An intent that is still open. Its amount is the difference of the balances. */
export interface OpenIntent {
  readonly old: number;
  readonly next: number;
  /** Of the new record; 0 where terminals do not remember cards. */
  readonly sequence: number;
}

/** What one terminal knows of the card. */
export interface Journal {
  /** Oldest first. */
  readonly intents: readonly OpenIntent[];
  /** The last state seen here, where terminals remember cards. */
  readonly memory: { readonly state: number; readonly sequence: number } | null;
}

/** From when on a decision is acted on. */
export type Moment = "reading" | "re-seal" | "commit";

/** How terminals treat what is in doubt. */
export interface DoubtRules {
  readonly commit: CommitRule;
  /** When goods in doubt are handed over, and when cash in doubt is given back, if that is decided "after write". */
  readonly goods: Moment;
  readonly cash: Moment;
  /** Terminals refuse a card that goes back behind what they remember of it. */
  readonly remembers: boolean;
  /** A state that the terminal remembers does not commit an open intent: it is taken for another's. */
  readonly memoryClaims: boolean;
  /** The order of journal entries behind a commit: the visit's own COMMIT, and what is decided of other intents. */
  readonly entries: "others-oldest-first" | "own-first" | "newest-first";
  /** The terminal may lose its power between any two of these entries. */
  readonly powerCuts: boolean;
}

/** A journal after a tap, and what went over the counter in it: goods and cash to the holder, less the cash he paid. */
export interface Settled {
  readonly journal: number;
  readonly gain: number;
}

/** What a terminal does with one tap, each from the beginning of the tap on. */
export interface Reply {
  /** This very intent was stored before, and is tried again. */
  readonly again: boolean;
  /** The intent is stored; nothing more is known. */
  readonly torn: Settled;
  /** As `torn`, once the current record is sealed again. */
  readonly resealed: Settled;
  /** After the last step: all entries are written. With power cuts also: the first 0, 1, 2 ... of them. */
  readonly ends: readonly Settled[];
}

interface Doubt {
  readonly intent: OpenIntent;
  readonly outcome: "committed" | "aborted" | "open";
  readonly moment: Moment;
}

const REPLIES_KEPT = 100_000;

type Ledger = Journal & { readonly gain: number };

/** The journals of a story. */
export class Journals {
  readonly rules: DoubtRules;
  readonly all = new Catalogue<Journal>();
  private readonly cards: Cards;
  private readonly replied = new Map<number, readonly Reply[]>();

  constructor(cards: Cards, rules: DoubtRules) {
    this.cards = cards;
    this.rules = rules;
  }

  number(journal: Journal): number {
    const { intents, memory } = journal;
    let key = memory === null ? "" : `${memory.state}@${memory.sequence}`;
    for (const { old, next, sequence } of intents) key += `;${old}>${next}@${sequence}`;
    return this.all.number(key, journal);
  }

  /** Whether a terminal refuses what it is shown: it remembers the card as further on, or otherwise. */
  refuses(journal: number, shown: Shown): boolean {
    const { memory } = this.all.all[journal]!;
    if (memory === null || !this.rules.remembers) return false;
    if (shown.slot === null || shown.sequence < memory.sequence) return true;
    return shown.sequence === memory.sequence && shown.state !== memory.state;
  }

  /** How a terminal can act on a meeting: with a new intent, or by trying one again. In no way where it refuses the card. */
  replies(journal: number, meeting: number): readonly Reply[] {
    const key = meeting * 0x4000000 + journal;
    let replies = this.replied.get(key);
    if (replies === undefined) {
      const met = this.cards.meetings.all[meeting]!;
      replies = this.refuses(journal, met.shown) ? [] : this.visits(this.all.all[journal]!, met);
      if (this.replied.size >= REPLIES_KEPT) this.replied.clear();
      this.replied.set(key, replies);
    }
    return replies;
  }

  private visits(journal: Journal, meeting: Meeting): Reply[] {
    const { shown, next } = meeting;
    const doubts = this.doubts(journal, shown);
    const sequence = this.rules.remembers || this.rules.memoryClaims ? meeting.nextSequence : 0;
    const replies = [this.visit(journal, meeting, doubts, { old: shown.state, next, sequence }, false)];
    // Only the newest that names a state may be tried again, and only while the card still shows the old one.
    const last = doubts.findLast(({ intent }) => intent.next === next);
    if (last?.intent.old === shown.state && last.moment !== "reading") {
      replies.push(this.visit(journal, meeting, doubts, last.intent, true));
    }
    return replies;
  }

  /** What becomes of the open intents, oldest first. A state belongs to the newest intent that names it. */
  private doubts({ intents, memory }: Journal, shown: Shown): Doubt[] {
    const { cards, rules } = this;
    const { predecessor } = cards.states.all[shown.state]!;
    const hash = cards.hash(shown.state);
    const follows = shown.slot === null || predecessor === null ? null : cards.hash(predecessor);
    const state = { hash, predecessor: follows?.subarray(0, PREDECESSOR_BYTES) ?? null };
    return intents.map((intent, i): Doubt => {
      const remembered = rules.memoryClaims && memory?.state === intent.next;
      const claimed = remembered || intents.some(({ next }, k) => k > i && next === intent.next);
      const decision = decideDoubt(
        { oldHash: cards.hash(intent.old), newHash: cards.hash(intent.next) },
        state,
        rules.commit,
      );
      if (decision === "open") return { intent, outcome: "open", moment: "commit" };
      const commits = decision === "committed" || decision === "commit-after-write";
      const later = commits ? rules.goods : rules.cash;
      const moment = decision === "committed" || decision === "aborted" ? "reading" : later;
      return { intent, outcome: commits && !claimed ? "committed" : "aborted", moment };
    });
  }

  private visit(from: Journal, meeting: Meeting, doubts: readonly Doubt[], own: OpenIntent, again: boolean): Reply {
    const others = doubts.filter(({ intent, outcome }) => intent !== own && outcome !== "open");
    const read = this.settle(
      { ...from, gain: 0 },
      others.filter(({ moment }) => moment === "reading"),
    );
    // Cash is taken before the intent is stored; what is tried again was paid for then.
    const torn = again ? read : this.intend(read, meeting, own);
    const resealed = this.settle(
      torn,
      others.filter(({ moment }) => moment === "re-seal"),
    );
    const later = others.filter(({ moment }) => moment !== "reading");
    const ends = this.ends(torn, later, { intent: own, outcome: "committed", moment: "commit" });
    return { again, torn: this.told(torn), resealed: this.told(resealed), ends: ends.map((end) => this.told(end)) };
  }

  private intend(journal: Ledger, { shown, amount }: Meeting, own: OpenIntent): Ledger {
    const { state, sequence } = shown;
    return {
      intents: [...journal.intents, own],
      memory: shown.slot === null ? journal.memory : this.remember(journal.memory, state, sequence),
      gain: journal.gain - Math.max(amount, 0),
    };
  }

  private ends(torn: Ledger, others: readonly Doubt[], own: Doubt): readonly Ledger[] {
    const entries = {
      "others-oldest-first": [...others, own],
      "own-first": [own, ...others],
      "newest-first": [own, ...[...others].reverse()],
    }[this.rules.entries];
    const whole = this.settle(torn, entries);
    if (!this.rules.powerCuts) return [whole];
    return [whole, ...entries.map((_, written) => this.settle(torn, entries.slice(0, written)))];
  }

  private settle(from: Ledger, doubts: readonly Doubt[]): Ledger {
    let { intents, memory, gain } = from;
    for (const { intent, outcome } of doubts) {
      const { old, next, sequence } = intent;
      intents = intents.filter((other) => other !== intent);
      const amount = this.cards.balance(next) - this.cards.balance(old);
      // Goods of a sale that committed, cash of a top-up that did not.
      gain += Math.max(outcome === "committed" ? -amount : amount, 0);
      if (outcome === "committed") memory = this.remember(memory, next, sequence);
    }
    return { intents, memory, gain };
  }

  private remember(memory: Journal["memory"], state: number, sequence: number): Journal["memory"] {
    if (!this.rules.remembers && !this.rules.memoryClaims) return null;
    return memory === null || memory.sequence <= sequence ? { state, sequence } : memory;
  }

  private told({ gain, ...journal }: Ledger): Settled {
    return { journal: this.number(journal), gain };
  }
}
