import { CARD_EPOCH_SECONDS, civilOf, type Lot, type Purse, type PurseKind } from "@cachet/card-layout";
import { allocate, sum } from "./arithmetic.ts";
import { type LocalTime, localTime } from "./calendar/zone.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Programme, Rule } from "./programme.ts";
import type { Funder, Reason, Unit } from "./words.ts";

/** One line of a sale. `amount` is the whole line in cents, tax included. */
export interface Line {
  readonly amount: number;
  /** Units in the line, 1 where it does not matter. */
  readonly quantity: number;
  readonly category?: string;
}

/** One means of payment, as the till says it. */
export interface Tender {
  readonly kind: string;
  readonly amount: number;
}

/** A sale as the till says it. A tip is never part of the lines. */
export interface Sale {
  readonly lines: readonly Line[];
  readonly tip: number;
  /** Cents the customer wants to spend of what was saved up. */
  readonly redeem?: number | "max";
  /** `none`: prepaid money is not to pay; a number: so many cents, or nothing. Left out: it pays by itself. */
  readonly prepaid?: "none" | number;
  /** How the rest is paid, where the till knows it beforehand. */
  readonly tenders?: readonly Tender[];
  /** `later`: rewards that are reached stay on the card. */
  readonly rewards?: "later";
  /** A gift of a catalogue, by its id. */
  readonly gift?: string;
  /** Prepaid units to use. */
  readonly use?: number;
}

/** What the terminal knows about the visit. */
export interface Facts {
  readonly merchant: number;
  /** Seconds since 2000-01-01T00:00Z. */
  readonly at: number;
  /** The clock was reset since it was last trusted: no dated advantage. */
  readonly clockSuspect: boolean;
  /** Local day of the last write of this programme's area. Left out: not known. */
  readonly lastDay?: number;
  /** Where it is known: in the office, or by an offer. */
  readonly birthday?: { readonly month: number; readonly dayOfMonth: number };
  /** Cents that this terminal already let the card redeem and spend in this programme today. Left out: none. */
  readonly spentToday?: number;
  /** The chip's commit counter was torn: until the next commit an old record could pass for current, so nothing may leave the card. */
  readonly earnOnly?: boolean;
  /** The sale was paid before the card came: it earns, nothing is taken off it, and nothing leaves the card. Left out: it was not. */
  readonly paid?: boolean;
  /** What programmes evaluated before this one took off the lines, per line. Absent for the first. */
  readonly before?: {
    readonly discounts: readonly number[];
    readonly redeemed: readonly number[];
    /** Units given free. */
    readonly freed: readonly number[];
    /** The part of `redeemed` that prepaid money paid by itself; nobody asked for it. Left out: none. */
    readonly prepaid?: readonly number[];
  };
}

/** Something a rule does. The card changes only by the new purses; effects say why. */
export interface Effect {
  readonly type:
    | "discount"
    | "redeem"
    | "earn"
    | "stamp"
    | "reward"
    | "decline"
    | "topup"
    /** Value whose last day is over. */
    | "expire"
    /** A level was reached or lost; `label` names it. */
    | "tier"
    /** Chances in a draw. */
    | "entries"
    /** A club was joined; `label` is the last day. */
    | "join"
    /** A refund takes back what a sale gave. */
    | "clawback"
    /** A refund gives back what a sale took from the card. */
    | "return"
    /** Money that goes back to the customer: of a refund, or of an account that is closed. */
    | "payout"
    /** Value that is lost with an account. */
    | "forfeit"
    /** Value that goes to another card, or comes from one. */
    | "give"
    | "receive";
  /** Id of the rule; empty where the programme has none for what was asked. */
  readonly rule: string;
  readonly unit: Unit;
  readonly value: number;
  readonly funder: Funder;
  readonly wouldBe?: number;
  readonly reason?: Reason;
  readonly label?: string;
  /** Cents that it took off the ticket, where `unit` is another. */
  readonly cents?: number;
  /** Stamps or points that a reward took, and how many rewards that was. Of a level that was reached: the one before. */
  readonly taken?: number;
  readonly times?: number;
  /** How it spreads over the lines. */
  readonly shares?: readonly number[];
  /** The lots that it came from or went to. */
  readonly lots?: readonly Lot[];
  /** Ids of the rules that multiplied it. */
  readonly by?: readonly string[];
  /** By how much the unearned fraction on the card grew; less than nothing where it shrank. */
  readonly fraction?: number;
}

/** What the receipt and the screen say; words are put in by the app. */
export type Note =
  | {
      readonly note: "stamps";
      readonly rule: string;
      readonly count: number;
      readonly grid: number;
      readonly added: number;
    }
  | { readonly note: "reward"; readonly rule: string; readonly label: string; readonly value: number }
  | {
      readonly note: "cagnotte";
      readonly rule: string;
      readonly earned: number;
      readonly redeemed: number;
      readonly balance: number;
    }
  | {
      readonly note: "points";
      readonly rule: string;
      readonly unitName: string;
      readonly earned: number;
      readonly taken: number;
      readonly balance: number;
    }
  | {
      readonly note: "prepaid";
      readonly rule: string;
      readonly toppedUp: number;
      readonly spent: number;
      readonly balance: number;
      /** Cents given on top, in `balance` too. */
      readonly bonus: number;
    }
  /** Little is left: so many cents would bring so many on top; 0 where nothing is given on top. */
  | { readonly note: "recharge"; readonly rule: string; readonly cents: number; readonly bonus: number }
  | { readonly note: "units"; readonly rule: string; readonly unitName: string; readonly left: number }
  | {
      readonly note: "expiry";
      readonly rule: string;
      readonly unit: "cents" | "points";
      readonly value: number;
      readonly day: number;
    }
  | {
      readonly note: "tier";
      readonly rule: string;
      readonly level: string;
      readonly toNext: number;
      readonly next: string | null;
    }
  | { readonly note: "at-risk"; readonly rule: string; readonly level: string; readonly through: number }
  | { readonly note: "club"; readonly rule: string; readonly until: number; readonly isOver: boolean }
  | { readonly note: "challenge"; readonly rule: string; readonly visited: number; readonly of: number }
  | { readonly note: "entries"; readonly rule: string; readonly value: number };

/** A rule that did not match, and why. */
export interface Skipped {
  readonly rule: string;
  readonly reason: Reason;
}

const inOrder = (a: Purse, b: Purse): number => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.index - b.index);

function zeros(length: number): number[] {
  const all: number[] = [];
  for (let i = 0; i < length; i += 1) all.push(0);
  return all;
}

/** One evaluation under way: what the rules read and write, stage by stage. */
export class Working {
  readonly programme: Programme;
  readonly plan: Plan;
  readonly sale: Sale;
  readonly facts: Facts;
  readonly effects: Effect[] = [];
  readonly skipped: Skipped[] = [];
  /** Cents taken off each line by this programme. */
  readonly discounts: number[];
  readonly redeemed: number[];
  /** The part of `redeemed` that prepaid money paid. */
  readonly prepaid: number[];
  /** The part of `redeemed` that lowers taxes like a discount. */
  readonly untaxed: number[];
  /** Units of each line given free by this programme. */
  readonly freed: number[];
  /** Items given free by a rule, found at the discount stage and not stamped later. */
  readonly freeItems: Record<string, number> = {};
  /** What the card holds of this programme, as changed so far. */
  readonly purses: Purse[];
  /** The card had nothing of this programme. */
  readonly isFirst: boolean;
  /** Steps taken so far, of `STEPS_MAX`. */
  steps = 0;
  private local: LocalTime | null = null;
  /** What is left of each line, as long as nothing more was taken off. */
  private open: readonly number[] | null = null;
  private earning: readonly number[] | null = null;
  private civilYear: number | null = null;

  constructor(programme: Programme, purses: readonly Purse[], sale: Sale, facts: Facts) {
    this.programme = programme;
    this.plan = planOf(programme);
    this.sale = sale;
    this.facts = facts;
    // An offer is put on a card before anything happens to it.
    this.isFirst = purses.every(({ kind }) => kind === "offer");
    this.purses = [...purses];
    const { length } = sale.lines;
    this.discounts = zeros(length);
    this.redeemed = zeros(length);
    this.prepaid = zeros(length);
    this.untaxed = zeros(length);
    this.freed = zeros(length);
  }

  /** Local time of the visit, in the programme's zone. */
  get now(): LocalTime {
    this.local ??= this.localTime();
    return this.local;
  }

  /** A card has no word for a day before 2000: a clock that fell back that far shows the first it has. */
  private localTime(): LocalTime {
    const local = localTime(this.programme.zone, this.facts.at + CARD_EPOCH_SECONDS);
    return { ...local, day: Math.max(0, local.day) };
  }

  /** The day on which things are counted and from which they last: of a reset clock, the later of the two that are known. */
  get countingDay(): number {
    const { clockSuspect, lastDay = 0 } = this.facts;
    return clockSuspect ? Math.max(this.now.day, lastDay) : this.now.day;
  }

  /** Local day of an instant, seconds since 2000. */
  dayOf(at: number): number {
    return Math.max(0, localTime(this.programme.zone, at + CARD_EPOCH_SECONDS).day);
  }

  /** The calendar year of the visit. */
  get year(): number {
    this.civilYear ??= civilOf(this.now.day).year;
    return this.civilYear;
  }

  /** The day that value must last to: a clock that was reset proves no more than the card's own last day. */
  get expiryDay(): number {
    return this.facts.clockSuspect ? (this.facts.lastDay ?? 0) : this.now.day;
  }

  get tenders(): readonly Tender[] {
    return this.sale.tenders ?? [];
  }

  purse<K extends PurseKind>(kind: K, index: number): Extract<Purse, { kind: K }> | undefined {
    return this.purses.find((purse) => purse.kind === kind && purse.index === index) as
      | Extract<Purse, { kind: K }>
      | undefined;
  }

  /** Puts a purse on the card in place of any of these kinds: a rule that changed what it keeps leaves no old purse behind. */
  put(purse: Purse, kinds: readonly PurseKind[]): void {
    let at = -1;
    for (let i = this.purses.length - 1; i >= 0; i -= 1) {
      const other = this.purses[i]!;
      if (other.index !== purse.index || !kinds.includes(other.kind)) continue;
      if (at >= 0) this.purses.splice(at, 1);
      at = i;
    }
    if (at < 0) this.purses.push(purse);
    else this.purses[at] = purse;
  }

  drop(kind: PurseKind, index: number): void {
    const at = this.purses.findIndex((purse) => purse.kind === kind && purse.index === index);
    if (at >= 0) this.purses.splice(at, 1);
  }

  /** Units of a line that are still to be paid. */
  unitsLeft(line: number): number {
    return this.sale.lines[line]!.quantity - this.freed[line]! - (this.facts.before?.freed[line] ?? 0);
  }

  /** The purses as they will stand on the card, in a fixed order. */
  newPurses(): readonly Purse[] {
    const isInOrder = this.purses.every((purse, i) => i === 0 || inOrder(this.purses[i - 1]!, purse) < 0);
    return isInOrder ? this.purses : [...this.purses].sort(inOrder);
  }

  skip({ id }: Pick<Rule, "id">, reason: Reason): void {
    this.skipped.push({ rule: id, reason });
  }

  decline(
    { id, funder }: { readonly id: string; readonly funder: Funder },
    unit: Unit,
    value: number,
    reason: Reason,
  ): void {
    this.effects.push({ type: "decline", rule: id, unit, value, funder, reason });
  }

  isExcluded(line: Line): boolean {
    return line.category !== undefined && this.programme.exclude.includes(line.category);
  }

  /** What is left of each line after every discount so far. */
  discountedLines(): readonly number[] {
    const { before } = this.facts;
    return this.sale.lines.map(({ amount }, i) => amount - this.discounts[i]! - (before?.discounts[i] ?? 0));
  }

  /** Takes a discount off the lines. */
  takeDiscount(shares: readonly number[]): void {
    for (const [i, share] of shares.entries()) this.discounts[i]! += share;
    this.changed();
  }

  private changed(): void {
    this.open = null;
    this.earning = null;
  }

  /** What is left of each line after discounts and redemptions so far. */
  openLines(): readonly number[] {
    this.open ??= this.linesLeft();
    return this.open;
  }

  private linesLeft(): readonly number[] {
    const { before } = this.facts;
    const { lines } = this.sale;
    const left: number[] = [];
    for (let i = 0; i < lines.length; i += 1) {
      const earlier = before === undefined ? 0 : (before.discounts[i] ?? 0) + (before.redeemed[i] ?? 0);
      left.push(lines[i]!.amount - this.discounts[i]! - this.redeemed[i]! - earlier);
    }
    return left;
  }

  /** What the customer pays with money, prepaid money included. */
  paidLines(): readonly number[] {
    const { before } = this.facts;
    return this.openLines().map((amount, i) => amount + this.prepaid[i]! + (before?.prepaid?.[i] ?? 0));
  }

  /** What earns of each line: what is paid, less the tenders that earn nothing, in proportion. */
  earningLines(): readonly number[] {
    this.earning ??= this.linesThatEarn();
    return this.earning;
  }

  private linesThatEarn(): readonly number[] {
    const { nonEarning } = this.programme;
    return this.withoutOtherTenders(nonEarning.includes("prepaid") ? this.openLines() : this.paidLines());
  }

  /** What is left of lines that nothing was redeemed from once the tenders that earn nothing are off. */
  withoutTenders(lines: readonly number[]): readonly number[] {
    const { before } = this.facts;
    const unpaid = this.programme.nonEarning.includes("prepaid")
      ? lines.map((amount, i) => amount - this.prepaid[i]! - (before?.prepaid?.[i] ?? 0))
      : lines;
    return this.withoutOtherTenders(unpaid);
  }

  /** The same for every tender but the card's own. */
  private withoutOtherTenders(lines: readonly number[]): readonly number[] {
    const { nonEarning } = this.programme;
    if (this.sale.tenders === undefined) return lines;
    const without = sum(
      this.tenders.map(({ kind, amount }) => (nonEarning.includes(kind) && kind !== "prepaid" ? amount : 0)),
    );
    if (without === 0) return lines;
    const shares = allocate(Math.min(without, sum(lines)), lines);
    return lines.map((amount, i) => amount - shares[i]!);
  }

  /** Why nothing may leave the card at this visit, whatever it holds; null when it may. */
  spendingBar(): "MERCHANT_CANNOT_REDEEM" | "COUNTER_TORN" | null {
    if (this.programme.merchants[this.facts.merchant]!.role === "earn-only") return "MERCHANT_CANNOT_REDEEM";
    return this.facts.earnOnly === true ? "COUNTER_TORN" : null;
  }

  /** Cents that may still leave the card today. */
  capLeft(): number {
    const { offlineCap } = this.programme;
    if (offlineCap === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, offlineCap - (this.facts.spentToday ?? 0) - sum(this.redeemed));
  }

  /** Takes cents off the open lines, in proportion. Returns the cents taken off each line. */
  takeOff(cents: number): readonly number[] {
    const shares = allocate(cents, this.openLines());
    for (const [i, share] of shares.entries()) this.redeemed[i]! += share;
    this.changed();
    return shares;
  }

  /** Sum over the lines that may earn. */
  eligible(amounts: readonly number[]): number {
    if (this.programme.exclude.length === 0) return sum(amounts);
    return amounts.reduce((all, amount, i) => (this.isExcluded(this.sale.lines[i]!) ? all : all + amount), 0);
  }

  /** Name of the level held when the card was read. */
  tierHeld(): string {
    const { tiers } = this.plan;
    return tiers === null ? "" : tiers.levels[this.levelHeld]!.name;
  }

  /** Index of the level held when the card was read, after any review. */
  levelHeld = 0;

  isMember(club: string): boolean {
    const rule = this.programme.rules.find(({ id, kind }) => kind === "club" && id === club);
    const purse = rule?.kind === "club" ? this.purse("club", rule.purse) : undefined;
    return purse !== undefined && this.now.day <= purse.until;
  }

  hasOffer(number: number): boolean {
    const { day } = this.now;
    return this.purses.some(
      (purse) => purse.kind === "offer" && purse.offer === number && day >= purse.from && day <= purse.until,
    );
  }
}
