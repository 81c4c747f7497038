import { type Card, Cards, type Tap, type Tear } from "./thief-cards.ts";
import { Journals, type Reply } from "./thief-journals.ts";
import { NormalForm, type Reduction } from "./thief-normal-form.ts";
import { type Place, Places } from "./thief-places.ts";
import type { Rules } from "./thief-rules.ts";

/** Where the story begins: a card fresh from personalisation, or one with five points. */
export type Start = "free" | "opened";

export interface Options {
  readonly start: Start;
  /** How many moves the holder makes at most: taps, and counts of his own. */
  readonly depth: number;
  readonly reductions?: readonly Reduction[];
  /** Days that the holder may choose from at every tap; 1 where it is not given. */
  readonly days?: number;
  /** Whether to go on to the full depth after a gain has been found. */
  readonly goOn?: boolean;
}

export interface Finding {
  /** By number of moves: the best that the holder can then have, less what he began with and paid. Never above 0 if all is well. */
  readonly worth: readonly number[];
  /** What he does for it, for each number of moves after which it is a gain. */
  readonly paths: readonly (readonly string[] | null)[];
  /** Different situations from which every move was looked at. */
  readonly places: number;
  readonly moves: number;
}

/** Numbers of places that were reached by the same number of moves, what was gained, and the place before. */
interface Level {
  readonly places: number[];
  readonly gains: number[];
  readonly parents: number[];
}

/** A tap that ends one way: torn, or with one of the ends of the reply. */
interface TapMove {
  readonly tap: Tap;
  readonly reply: Reply;
  readonly end: Tear | number;
}

type Visitor = (card: Card, journals: Place["journals"], gain: number, move: TapMove | null) => void;

const newLevel = (): Level => ({ places: [], gains: [], parents: [] });
const OPENED_BALANCE = 5;

/**
 * Every story of a dishonest card holder up to a number of moves.
 *
 * He keeps every record that was ever completely on his card, shows any of them in any slot or none, counts the commit counter
 * up, and tears a tap before or after any step of it, also when only the answer to the last one is lost. At each of two
 * terminals he buys for 1 or 3, tops up by 2 (cash first), or makes a null visit; open intents are settled by the product's own
 * rules. Reading, steps of a write and decisions are the product's functions, too.
 *
 * Worth: the best balance that he can present, plus goods and cash he got, less cash he paid and the balance at the beginning.
 */
export class ThiefModel {
  private readonly options: Options;
  private readonly cards: Cards;
  private readonly journals: Journals;
  private readonly normalForm: NormalForm;
  private readonly on: ReadonlySet<Reduction>;
  private readonly seen = new Places();
  private readonly bestGain: number[] = [];
  private readonly seenGains = new Set<number>();
  private readonly levels: Level[] = [];

  constructor(rules: Rules, options: Options) {
    this.options = options;
    this.on = new Set(options.reductions);
    const { remembers, memoryClaims } = rules.doubt;
    if (this.on.size > 0 && (remembers || memoryClaims)) {
      throw new RangeError("what terminals remember is not part of any normal form");
    }
    this.cards = new Cards(rules.medium, options.days ?? 1, {
      records: this.on.has("records"),
      slots: this.on.has("slots"),
      tears: this.on.has("tears"),
    });
    this.journals = new Journals(this.cards, rules.doubt);
    this.normalForm = new NormalForm(this.cards, this.journals, options.reductions ?? []);
  }

  /** Looks at every story, by number of moves. */
  find(): Finding {
    const { depth, goOn = false } = this.options;
    const first = newLevel();
    this.levels.push(first);
    const nobody = this.journals.number({ intents: [], memory: null });
    this.reach(first, this.begin(), [nobody, nobody], 0, -1);
    const worth = [0];
    const paths: (readonly string[] | null)[] = [null];
    let moves = 0;
    for (let move = 1; move <= depth && (goOn || worth.at(-1)! <= 0); move += 1) {
      const found = this.step(move < depth);
      moves += found.moves;
      worth.push(found.worth);
      paths.push(found.worth > 0 ? this.path(move - 1, found.parent, found.words) : null);
    }
    return { worth, paths, places: this.levels.reduce((sum, { places }) => sum + places.length, 0), moves };
  }

  private get startBalance(): number {
    return this.options.start === "free" ? 0 : OPENED_BALANCE;
  }

  private begin(): Card {
    const { cards } = this;
    const { start, counts } = cards.medium;
    if (this.options.start === "free") return cards.card(start, []);
    const sequence = counts ? start + 4 : 1;
    const record = cards.record(sequence, cards.state(-1, cards.blank, OPENED_BALANCE));
    return cards.card(counts ? sequence : 0, [record]);
  }

  /** One more move from everywhere. `keep`: remember where it leads. */
  private step(keep: boolean): { worth: number; parent: number; words: string; moves: number } {
    const from = this.levels.at(-1)!;
    const to = newLevel();
    const found = { worth: Number.NEGATIVE_INFINITY, parent: 0, words: "", moves: 0 };
    // One card after the other: what can be done with a card is worked out once.
    const cardOf = from.places.map((number) => this.seen.at(number).card);
    const order = Uint32Array.from(from.places.keys()).sort((a, b) => cardOf[a]! - cardOf[b]! || a - b);
    order.forEach((parent) => {
      const number = from.places[parent]!;
      const gain = from.gains[parent]!;
      // A better story to the same place goes on instead.
      if (this.on.has("worth") && this.bestGain[number]! > gain) return;
      const place = this.seen.at(number);
      this.eachMove(place, gain, (card, journals, nextGain, move) => {
        found.moves += 1;
        const worth = this.bestBalance(card, journals) + nextGain - this.startBalance;
        if (worth > found.worth)
          Object.assign(found, { worth, parent, words: worth > 0 ? this.words(place, move) : "" });
        if (keep) this.reach(to, card, journals, nextGain, parent);
      });
    });
    if (keep) this.levels.push(to);
    return found;
  }

  private reach(level: Level, card: Card, journals: Place["journals"], gain: number, parent: number): void {
    const number = this.standIn(card, journals);
    if (this.on.has("worth")) {
      if ((this.bestGain[number] ?? Number.NEGATIVE_INFINITY) >= gain) return;
      this.bestGain[number] = gain;
    } else {
      const key = number * 256 + gain + 128;
      if (this.seenGains.has(key)) return;
      this.seenGains.add(key);
    }
    level.places.push(number);
    level.gains.push(gain);
    level.parents.push(parent);
  }

  /** The number of the place, or of the one that stands for it. */
  private standIn(card: Card, journals: Place["journals"]): number {
    const place = this.on.size === 0 ? { card: this.cards.number(card), journals } : this.normalForm.of(card, journals);
    return this.seen.number(place.card, place.journals[0], place.journals[1]);
  }

  /** The best that he can present as valid, at a terminal that does not refuse it. */
  private bestBalance(card: Card, terminals: Place["journals"]): number {
    const { cards, journals } = this;
    if (!journals.rules.remembers) return cards.bestBalance(card);
    const accepted = cards.shown(card).filter((shown) => terminals.some((number) => !journals.refuses(number, shown)));
    return Math.max(0, ...accepted.map(({ state }) => cards.balance(state)));
  }

  private eachMove(place: Place, gain: number, visit: Visitor): void {
    const { cards, journals } = this;
    const counted = cards.counted(cards.at(place.card));
    if (counted !== null) visit(counted, place.journals, gain, null);
    for (const tap of cards.taps(place.card)) {
      const { terminal } = cards.meetings.all[tap.meeting]!;
      const replies = journals.replies(place.journals[terminal]!, tap.meeting);
      const once = this.on.has("again") && replies.length > 1 ? replies.slice(1) : replies;
      for (const reply of once) this.eachEnd(place, gain, terminal, tap, reply, visit);
    }
  }

  private eachEnd(place: Place, gain: number, terminal: number, tap: Tap, reply: Reply, visit: Visitor): void {
    const [first, second] = place.journals;
    const at = (journal: number): Place["journals"] => (terminal === 0 ? [journal, second] : [first, journal]);
    for (const tear of tap.tears) {
      const { journal, gain: won } = tear.resealed ? reply.resealed : reply.torn;
      visit(tear.card, at(journal), gain + won, { tap, reply, end: tear });
    }
    reply.ends.forEach(({ journal, gain: won }, end) => {
      visit(tap.card, at(journal), gain + won, { tap, reply, end });
    });
  }

  /** The moves that lead to a place of a level, and `last`. */
  private path(level: number, index: number, last: string): readonly string[] {
    const words = [last];
    let at = index;
    for (let i = level; i > 0; i -= 1) {
      const { places, gains, parents } = this.levels[i]!;
      words.unshift(this.wordsBetween(i - 1, parents[at]!, places[at]!, gains[at]!));
      at = parents[at]!;
    }
    return words;
  }

  private wordsBetween(level: number, index: number, to: number, gainTo: number): string {
    const { places, gains } = this.levels[level]!;
    const from = this.seen.at(places[index]!);
    let words = "";
    this.eachMove(from, gains[index]!, (card, journals, gain, move) => {
      if (words === "" && gain === gainTo && this.standIn(card, journals) === to) words = this.words(from, move);
    });
    return words;
  }

  private words({ card }: Place, move: TapMove | null): string {
    const { counter } = this.cards.at(card);
    if (move === null) return `he counts: ${counter} -> ${counter + 1}`;
    const { tap, reply, end } = move;
    const { terminal, shown, amount } = this.cards.meetings.all[tap.meeting]!;
    const what = amount === 0 ? "null visit" : `${amount < 0 ? "sale" : "top-up"} ${Math.abs(amount)}`;
    const on = shown.slot === null ? "free area" : `balance ${this.cards.balance(shown.state)}, #${shown.sequence}`;
    const at = this.cards.medium.counts ? `, counter ${counter}` : "";
    return `terminal ${terminal + 1}: ${what}${reply.again ? " again" : ""} on ${on}${at}: ${endOf(end, tap)}`;
  }
}

function endOf(end: Tear | number, tap: Tap): string {
  if (end === 0) return "done";
  if (typeof end === "number") return `committed, power cut after ${end - 1} journal entries`;
  return end.steps === tap.steps ? "answer to the last step lost" : `torn after ${end.steps} of ${tap.steps} steps`;
}

/** The findings about one set of rules. */
export const findGains = (rules: Rules, options: Options): Finding => new ThiefModel(rules, options).find();
