import { CARD_EPOCH_SECONDS, type Purse, type PurseKind } from "@cachet/card-layout";
import { allocate, plus, sum } from "./arithmetic.ts";
import { yearOf } from "./calendar/period.ts";
import { type LocalTime, localTime } from "./calendar/zone.ts";
import type { Effect, Skipped } from "./effect.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Programme, Rule } from "./programme.ts";
import type { Facts, Line, Sale, Tender } from "./sale.ts";
import type { Funder, Reason, Unit } from "./words.ts";

const inOrder = (a: Purse, b: Purse): number => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.index - b.index);

/** What a programme takes off the lines of a sale, line by line. Lists are never changed: others come in their place. */
export interface Taken {
  readonly discounts: readonly number[];
  readonly redeemed: readonly number[];
  /** The part of `redeemed` that prepaid money paid. */
  readonly prepaid: readonly number[];
  /** The part of `redeemed` that lowers taxes like a discount. */
  readonly untaxed: readonly number[];
  /** Units given free. */
  readonly freed: readonly number[];
}

function nothingOf(lines: number): Taken {
  const none = Object.freeze(Array.from({ length: lines }, () => 0));
  return Object.freeze({ discounts: none, redeemed: none, prepaid: none, untaxed: none, freed: none });
}

/** Most sales have one line, and visits of other kinds none. */
const NOTHING_TAKEN: readonly Taken[] = [nothingOf(0), nothingOf(1)];

const NO_REWARDS: Readonly<Record<string, number>> = {};

/** What a programme has to do at a visit. */
export type Step = (work: Working) => void;

/** One evaluation under way: what the rules read and write, stage by stage. */
export class Working {
  readonly plan: Plan;
  readonly sale: Sale;
  readonly facts: Facts;
  readonly effects: Effect[] = [];
  readonly skipped: Skipped[] = [];
  /** What this programme took off the lines so far. */
  taken: Taken;
  /** How many rewards each rule took off the ticket, before its discounts and before its stamps are counted. */
  rewarded = NO_REWARDS;
  /** What the card holds of this programme, as changed so far. */
  purses: readonly Purse[];
  /** Steps taken so far, of `STEPS_MAX`. */
  steps = 0;
  /** Local time of the visit, in the programme's zone. */
  readonly now: LocalTime;
  private readonly before: readonly Purse[];
  /** What is left of each line, as long as nothing more was taken off. */
  private open: readonly number[] | null = null;
  private earning: readonly number[] | null = null;

  constructor(programme: Programme, purses: readonly Purse[], sale: Sale, facts: Facts) {
    this.plan = planOf(programme);
    this.sale = sale;
    this.facts = facts;
    this.before = purses;
    this.purses = purses;
    const local = localTime(programme.zone, facts.at + CARD_EPOCH_SECONDS);
    // A card has no word for a day before 2000: a clock that fell back that far shows the first it has.
    this.now = local.day < 0 ? { ...local, day: 0 } : local;
    const { length } = sale.lines;
    this.taken = NOTHING_TAKEN[length] ?? nothingOf(length);
  }

  get programme(): Programme {
    return this.plan.programme;
  }

  /** The card had nothing of this programme: an offer is put on it before anything happens to it. */
  get isFirst(): boolean {
    return this.before.every(({ kind }) => kind === "offer");
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
    return yearOf(this.now.day);
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
    const purses = this.own();
    let at = -1;
    for (let i = purses.length - 1; i >= 0; i -= 1) {
      const other = purses[i]!;
      if (other.index !== purse.index || (other.kind !== purse.kind && !kinds.includes(other.kind))) continue;
      if (at >= 0) purses.splice(at, 1);
      at = i;
    }
    purses[at < 0 ? purses.length : at] = purse;
  }

  drop(kind: PurseKind, index: number): void {
    for (let i = 0; i < this.purses.length; i += 1) {
      if (this.purses[i]!.kind !== kind || this.purses[i]!.index !== index) continue;
      this.own().splice(i, 1);
      return;
    }
  }

  /** The purses to change: those that were given stay as they are. */
  private own(): Purse[] {
    if (this.purses !== this.before) return this.purses as Purse[];
    const own: Purse[] = [];
    for (let i = 0; i < this.before.length; i += 1) own[i] = this.before[i]!;
    this.purses = own;
    return own;
  }

  /** A purse of this index keeps its value in lots. */
  hasLots(index: number): boolean {
    const { purses } = this;
    for (let i = 0; i < purses.length; i += 1) if (purses[i]!.index === index && "lots" in purses[i]!) return true;
    return false;
  }

  /** Units of a line that are still to be paid. */
  unitsLeft(line: number): number {
    return this.sale.lines[line]!.quantity - this.taken.freed[line]! - (this.facts.before?.freed[line] ?? 0);
  }

  /** The purses as they will stand on the card, in a fixed order. */
  newPurses(): readonly Purse[] {
    const { purses } = this;
    for (let i = 1; i < purses.length; i += 1) {
      const a = purses[i - 1]!;
      const b = purses[i]!;
      if (a.kind > b.kind || (a.kind === b.kind && a.index >= b.index)) return [...purses].sort(inOrder);
    }
    return purses;
  }

  skip({ id }: Pick<Rule, "id">, reason: Reason): void {
    this.skipped.push({ rule: id, reason });
  }

  decline(
    { id, funder }: { readonly id: string; readonly funder: Funder },
    unit: Unit,
    value: number,
    reason: Reason,
    label?: string,
  ): void {
    const said = label === undefined ? {} : { label };
    this.effects.push({ type: "decline", rule: id, unit, value, funder, reason, ...said });
  }

  isExcluded(line: Line): boolean {
    return line.category !== undefined && this.programme.exclude.includes(line.category);
  }

  /** Each line as it was rung up. */
  amounts(): readonly number[] {
    return this.sale.lines.map(({ amount }) => amount);
  }

  /** What is left of each line after every discount so far. */
  discountedLines(): readonly number[] {
    const { before } = this.facts;
    return this.sale.lines.map(({ amount }, i) => amount - this.taken.discounts[i]! - (before?.discounts[i] ?? 0));
  }

  /** Takes so much more off the lines. */
  take(more: Partial<Taken>): void {
    const { discounts, redeemed, prepaid, untaxed, freed } = this.taken;
    this.taken = {
      discounts: plus(discounts, more.discounts),
      redeemed: plus(redeemed, more.redeemed),
      prepaid: plus(prepaid, more.prepaid),
      untaxed: plus(untaxed, more.untaxed),
      freed: plus(freed, more.freed),
    };
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
    const { discounts, redeemed } = this.taken;
    const left: number[] = [];
    for (let i = 0; i < lines.length; i += 1) {
      const earlier = before === undefined ? 0 : (before.discounts[i] ?? 0) + (before.redeemed[i] ?? 0);
      left[i] = lines[i]!.amount - discounts[i]! - redeemed[i]! - earlier;
    }
    return left;
  }

  /** What the customer pays with money, prepaid money included. */
  paidLines(): readonly number[] {
    const { before } = this.facts;
    const { prepaid } = this.taken;
    if (sum(prepaid) === 0 && before?.prepaid === undefined) return this.openLines();
    return this.openLines().map((amount, i) => amount + prepaid[i]! + (before?.prepaid?.[i] ?? 0));
  }

  /** What earns of each line: what is paid, less the tenders that earn nothing, in proportion. */
  earningLines(): readonly number[] {
    this.earning ??= this.linesThatEarn();
    return this.earning;
  }

  private linesThatEarn(): readonly number[] {
    const paid = this.paidLines();
    const isOpen = paid !== this.openLines() && this.plan.programme.nonEarning.includes("prepaid");
    return this.withoutOtherTenders(isOpen ? this.openLines() : paid);
  }

  /** What is left of lines that nothing was redeemed from once the tenders that earn nothing are off. */
  withoutTenders(lines: readonly number[]): readonly number[] {
    const { before } = this.facts;
    const unpaid = this.programme.nonEarning.includes("prepaid")
      ? lines.map((amount, i) => amount - this.taken.prepaid[i]! - (before?.prepaid?.[i] ?? 0))
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
    return Math.max(0, offlineCap - (this.facts.spentToday ?? 0) - sum(this.taken.redeemed));
  }

  /** Pieces that this terminal may still give of a stock; without end where there is no such limit. */
  stockLeft(name: string, stock: number | undefined): number {
    return stock === undefined ? Number.POSITIVE_INFINITY : Math.max(0, stock - (this.facts.given?.[name] ?? 0));
  }

  /** Sum over the lines that may earn. */
  eligible(amounts: readonly number[]): number {
    if (this.plan.programme.exclude.length === 0) return sum(amounts);
    let all = 0;
    for (let i = 0; i < amounts.length; i += 1) if (!this.isExcluded(this.sale.lines[i]!)) all += amounts[i]!;
    return all;
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
