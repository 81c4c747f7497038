import { CARD_EPOCH_SECONDS, type Day, type Purse } from "@cachet/card-layout";
import {
  ArithmeticFault,
  type Effect,
  evaluate,
  Factors,
  type Facts,
  givenBy,
  offsetAt,
  type Programme,
  type Skipped,
  stocksOf,
} from "@cachet/firmware/rules";
import { type ListedPurchase, monthOf } from "./purchase-list.ts";
import { type Redeeming, type Wishes, wishesOf } from "./redeeming.ts";
import { type CardBooks, RuleBooks } from "./rule-books.ts";
import { addMoved, addVisit, type MemberSums, noSums, type Sums } from "./sums.ts";

export interface SimulateOptions {
  readonly redeeming: Redeeming;
  /** Merchant of purchases that name none. */
  readonly merchant: number;
  /** Is told after each card how many purchases have been replayed. */
  readonly told?: (purchases: number) => void;
}

/** A purchase that the rules cannot work with. */
export class SimulationFault extends Error {
  readonly purchase: ListedPurchase;
  constructor(purchase: ListedPurchase, problem: string) {
    super(problem);
    this.name = "SimulationFault";
    this.purchase = purchase;
  }
}

const NOON = 12 * 60;

/** Seconds since 2000-01-01T00:00Z of a minute on a local day. */
export function instantOf(zone: string, day: Day, minute: number): number {
  const wall = day * 86_400 + minute * 60;
  const near = wall - offsetAt(zone, wall + CARD_EPOCH_SECONDS) * 60;
  return wall - offsetAt(zone, near + CARD_EPOCH_SECONDS) * 60;
}

interface Card {
  purses: readonly Purse[];
  lastDay: Day | null;
  readonly books: CardBooks;
  readonly sums: MemberSums;
  /** What one merchant's terminal let it spend on its last day. */
  spent: { readonly day: Day; readonly merchant: number; readonly cents: number };
}

/** Something that went wrong in a programme, and how often. */
export interface Wrong extends Skipped {
  times: number;
}

/** Minute of the local day; noon where the file says none. */
export const minuteOf = ({ minute = NOON }: ListedPurchase): number => minute;

/** The sums of a key, begun where there are none. */
function sumsOf<K>(all: Map<K, Sums>, key: K): Sums {
  const known = all.get(key);
  if (known !== undefined) return known;
  const sums = noSums();
  all.set(key, sums);
  return sums;
}

/** One run. Cards know nothing of each other, so one is played to its end before the next: a year of a town stays small. */
export class Replay {
  readonly totals = noSums();
  readonly months = new Map<string, Sums>();
  readonly merchants = new Map<number, Sums>();
  readonly members = new Map<string, MemberSums>();
  readonly books: RuleBooks;
  readonly unlisted = { purchases: 0, cents: 0, merchants: new Set<number>() };
  private readonly programme: Programme;
  private readonly options: SimulateOptions;
  private readonly last: Day;
  private readonly wishes: Wishes;
  private readonly keepsDays: boolean;
  private readonly factors: Factors;
  private readonly keepsStock: boolean;
  /** Pieces of each stock that the one terminal of a merchant gave, card after card. */
  private readonly given = new Map<number, Record<string, number>>();
  private readonly monthOfDay = new Map<Day, Sums>();
  private readonly wrongs = new Map<string, Wrong>();

  constructor(programme: Programme, options: SimulateOptions, last: Day) {
    this.programme = programme;
    this.options = options;
    this.last = last;
    this.books = new RuleBooks(programme);
    this.wishes = wishesOf(this.books.savings, options.redeeming);
    this.factors = new Factors(programme);
    this.keepsStock = stocksOf(programme).length > 0;
    const hasDays = programme.rules.some((rule) => rule.kind === "stamps" && rule.withinDays !== undefined);
    this.keepsDays = hasDays || this.books.savings.some(({ rule }) => rule.lots > 0);
  }

  /** Plays all purchases of a member, and what becomes of the card until the last day. */
  play(member: string, purchases: readonly ListedPurchase[]): void {
    const listed = purchases.filter((purchase) => this.isListed(purchase));
    if (listed.length === 0) return;
    const card = this.newCard();
    for (const purchase of listed) {
      try {
        this.visit(card, purchase);
      } catch (error) {
        if (error instanceof ArithmeticFault) throw new SimulationFault(purchase, error.message);
        throw error;
      }
    }
    this.settle(card);
    this.members.set(member, card.sums);
  }

  /** What custom rules did wrong; the visit went on without them, or by the base rule. */
  get wrong(): readonly Wrong[] {
    return [...this.wrongs.values()];
  }

  private note(faults: readonly Skipped[]): void {
    for (const { rule, reason } of faults) {
      const key = `${rule}/${reason}`;
      const known = this.wrongs.get(key);
      if (known === undefined) this.wrongs.set(key, { rule, reason, times: 1 });
      else known.times += 1;
    }
  }

  private merchantOf({ merchant = this.options.merchant }: ListedPurchase): number {
    return merchant;
  }

  private isListed(purchase: ListedPurchase): boolean {
    const merchant = this.merchantOf(purchase);
    if (this.programme.merchants[merchant] !== undefined) return true;
    this.unlisted.purchases += 1;
    this.unlisted.cents += purchase.amountCents;
    this.unlisted.merchants.add(merchant);
    return false;
  }

  private newCard(): Card {
    const sums = { ...noSums(), dueCents: 0 };
    return {
      purses: [],
      lastDay: null,
      books: this.books.newCard(),
      sums,
      spent: { day: -1, merchant: 0, cents: 0 },
    };
  }

  private monthAt(day: Day): Sums {
    const known = this.monthOfDay.get(day);
    if (known !== undefined) return known;
    const sums = sumsOf(this.months, monthOf(day));
    this.monthOfDay.set(day, sums);
    return sums;
  }

  private factsOf({ lastDay, spent }: Card, merchant: number, day: Day, minute: number): Facts {
    const isToday = spent.day === day && spent.merchant === merchant;
    return {
      merchant,
      at: instantOf(this.programme.zone, day, minute),
      clockSuspect: false,
      ...(lastDay === null ? {} : { lastDay }),
      ...(isToday ? { spentToday: spent.cents } : {}),
      ...(this.keepsStock ? { given: this.given.get(merchant) ?? {} } : {}),
    };
  }

  /** Notes what a visit took of what runs out. */
  private countGiven(merchant: number, effects: readonly Effect[]): void {
    const given = this.given.get(merchant) ?? {};
    for (const [name, pieces] of givenBy(effects)) given[name] = (given[name] ?? 0) + pieces;
    this.given.set(merchant, given);
  }

  private visit(card: Card, purchase: ListedPurchase): void {
    const { day, items, amountCents, category } = purchase;
    const { programme, totals } = this;
    const merchant = this.merchantOf(purchase);
    const facts = this.factsOf(card, merchant, day, minuteOf(purchase));
    const line = { amount: amountCents, quantity: items, ...(category === undefined ? {} : { category }) };
    const wish = programme.merchants[merchant]!.role === "earn-only" ? {} : this.wishes(card.purses, day);
    const sale = { lines: [line], tip: 0, ...wish };
    const { effects, newPurses, redeemed, faults } = evaluate(programme, card.purses, sale, facts);
    if (faults.length > 0) this.note(faults);
    const moved = this.books.count(effects, card.books, this.factors.sharesOf(effects, card.purses, sale, facts));
    if (this.keepsStock) this.countGiven(merchant, effects);
    for (const sums of [totals, this.monthAt(day), sumsOf(this.merchants, merchant), card.sums])
      addVisit(sums, amountCents, moved);
    card.purses = newPurses;
    card.lastDay = day;
    if (redeemed[0]! > 0) card.spent = { day, merchant, cents: (facts.spentToday ?? 0) + redeemed[0]! };
  }

  /** Brings a card to the last day: what was over by then expires. */
  private settle(card: Card): void {
    const { programme, last, books, totals } = this;
    if (this.keepsDays) {
      const facts = this.factsOf(card, Number(Object.keys(programme.merchants)[0]), last, NOON);
      const { effects, newPurses } = evaluate(programme, card.purses, { kind: "look" }, facts);
      const moved = books.count(effects, card.books);
      for (const sums of [totals, this.monthAt(last), card.sums]) addMoved(sums, moved);
      card.purses = newPurses;
    }
    card.sums.dueCents = books.settle(card.purses, last);
  }
}
