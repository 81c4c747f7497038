import type { Purse, PurseKind } from "@cachet/card-layout";
import type { Programme, Rule } from "./programme.ts";
import type { Funder } from "./words.ts";

/** One line of a sale. `amount` is the whole line in cents, tax included. */
export interface Line {
  readonly amount: number;
  /** Units in the line, 1 where it does not matter. */
  readonly quantity: number;
  readonly category?: string;
}

/** A sale as the till says it. A tip is never part of the lines. */
export interface Sale {
  readonly lines: readonly Line[];
  readonly tip: number;
  /** Cents the customer wants to spend from the cagnotte. */
  readonly redeem?: number | "max";
}

/** Why a rule gave less, or nothing. Words are never reused or renamed. */
export type Reason =
  | "BELOW_MINIMUM"
  | "CAP_BALANCE"
  | "COOLDOWN"
  | "INSUFFICIENT"
  | "MERCHANT_CANNOT_REDEEM"
  | "NOTHING_PAID"
  | "CLOCK_SUSPECT";

/** What the terminal knows about the visit. */
export interface Facts {
  readonly merchant: number;
  /** Seconds since 2000-01-01T00:00Z. */
  readonly at: number;
  /** The clock was reset since it was last trusted: no dated advantage. */
  readonly clockSuspect: boolean;
  /** What programmes evaluated before this one took off the lines, per line. Absent for the first. */
  readonly before?: {
    readonly discounts: readonly number[];
    readonly redeemed: readonly number[];
    /** Units given free. */
    readonly freed: readonly number[];
  };
}

/** Something a rule does. The card changes only by the new purses; effects say why. */
export interface Effect {
  readonly type: "discount" | "redeem" | "earn" | "stamp" | "reward" | "decline";
  readonly rule: string;
  readonly unit: "cents" | "stamps";
  readonly value: number;
  readonly funder: Funder;
  readonly wouldBe?: number;
  readonly reason?: Reason;
  readonly label?: string;
  /** Stamps that a reward took from the grid, and how many rewards that was. */
  readonly taken?: number;
  readonly times?: number;
  readonly shares?: readonly number[];
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
    };

/** A rule that did not match, and why. */
export interface Skipped {
  readonly rule: string;
  readonly reason: Reason;
}

/** One evaluation under way: what the rules read and write, stage by stage. */
export class Working {
  readonly programme: Programme;
  readonly sale: Sale;
  readonly facts: Facts;
  readonly effects: Effect[] = [];
  readonly skipped: Skipped[] = [];
  /** Cents taken off each line by this programme. */
  readonly discounts: number[];
  readonly redeemed: number[];
  /** Units of each line given free by this programme. */
  readonly freed: number[];
  /** Items given free by a rule, found at the discount stage and not stamped later. */
  readonly freeItems = new Map<string, number>();
  /** What the card holds of this programme, as changed so far. */
  readonly purses: Purse[];

  constructor(programme: Programme, purses: readonly Purse[], sale: Sale, facts: Facts) {
    this.programme = programme;
    this.sale = sale;
    this.facts = facts;
    this.purses = [...purses];
    this.discounts = sale.lines.map(() => 0);
    this.redeemed = sale.lines.map(() => 0);
    this.freed = sale.lines.map(() => 0);
  }

  /** Puts a purse on the card in place of any of these kinds: a rule that changed what it keeps leaves no old purse behind. */
  put(purse: Purse, kinds: readonly PurseKind[]): void {
    const kept = this.purses.filter(({ kind, index }) => index !== purse.index || !kinds.includes(kind));
    this.purses.splice(0, this.purses.length, ...kept, purse);
  }

  /** Units of a line that are still to be paid. */
  unitsLeft(line: number): number {
    return this.sale.lines[line]!.quantity - this.freed[line]! - (this.facts.before?.freed[line] ?? 0);
  }

  /** The purses as they will stand on the card, in a fixed order. */
  newPurses(): readonly Purse[] {
    return [...this.purses].sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.index - b.index));
  }

  skip(rule: Rule, reason: Reason): void {
    this.skipped.push({ rule: rule.id, reason });
  }

  isExcluded(line: Line): boolean {
    return line.category !== undefined && this.programme.exclude.includes(line.category);
  }

  /** What is left of each line after every discount so far. */
  discountedLines(): number[] {
    const { before } = this.facts;
    return this.sale.lines.map(({ amount }, i) => amount - this.discounts[i]! - (before?.discounts[i] ?? 0));
  }

  /** What is left of each line after discounts and redemptions so far. */
  openLines(): number[] {
    const { before } = this.facts;
    return this.discountedLines().map((amount, i) => amount - this.redeemed[i]! - (before?.redeemed[i] ?? 0));
  }

  /** Sum over the lines that may earn. */
  eligible(amounts: readonly number[]): number {
    return amounts.reduce((sum, amount, i) => (this.isExcluded(this.sale.lines[i]!) ? sum : sum + amount), 0);
  }
}
