import type { Purse, PurseKind } from "@cachet/card-layout";
import { allocate, sum } from "./arithmetic.ts";
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
  /** `none`: prepaid money is not to pay. Left out: it pays by itself. */
  readonly prepaid?: "none";
}

/** Why a rule gave less, or nothing. Words are never reused or renamed. */
export type Reason =
  | "ABOVE_MAXIMUM"
  | "BELOW_MINIMUM"
  | "CAP_BALANCE"
  | "CAP_DAY"
  | "COOLDOWN"
  | "COUNTER_TORN"
  | "INSUFFICIENT"
  | "MERCHANT_CANNOT_REDEEM"
  | "NO_PREPAID"
  | "NOTHING_PAID"
  | "CLOCK_SUSPECT";

/** What the terminal knows about the visit. */
export interface Facts {
  readonly merchant: number;
  /** Seconds since 2000-01-01T00:00Z. */
  readonly at: number;
  /** The clock was reset since it was last trusted: no dated advantage. */
  readonly clockSuspect: boolean;
  /** Cents that this terminal already let the card redeem and spend in this programme today. Left out: none. */
  readonly spentToday?: number;
  /** The chip's commit counter was torn: until the next commit an old record could pass for current, so nothing may leave the card. */
  readonly earnOnly?: boolean;
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
  readonly type: "discount" | "redeem" | "earn" | "stamp" | "reward" | "decline" | "topup";
  /** Id of the rule; empty where the programme has none for what was asked. */
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
    }
  | {
      readonly note: "prepaid";
      readonly rule: string;
      readonly toppedUp: number;
      readonly spent: number;
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
  /** The part of `redeemed` that prepaid money paid. */
  readonly prepaid: number[];
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
    this.prepaid = sale.lines.map(() => 0);
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

  /** What the customer pays with money, prepaid money included. */
  paidLines(): number[] {
    const { before } = this.facts;
    return this.openLines().map((amount, i) => amount + this.prepaid[i]! + (before?.prepaid?.[i] ?? 0));
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

  /**
   * Takes up to `wanted` cents off the open lines, in proportion, cut to what is left of the day's cap. The effect says what
   * a cut took away; there is none where nothing was wanted or open. Returns the cents taken off each line.
   */
  spend(rule: Rule, wanted: number): readonly number[] {
    const open = this.openLines();
    const wouldBe = Math.min(wanted, sum(open));
    const value = Math.min(wouldBe, this.capLeft());
    const shares = allocate(value, open);
    if (wouldBe === 0) return shares;
    for (const [i, share] of shares.entries()) this.redeemed[i]! += share;
    const capped = value < wouldBe ? ({ wouldBe, reason: "CAP_DAY" } as const) : {};
    const { id, funder } = rule;
    this.effects.push({ type: "redeem", rule: id, unit: "cents", value, funder, ...capped, shares });
    return shares;
  }

  /** Sum over the lines that may earn. */
  eligible(amounts: readonly number[]): number {
    return amounts.reduce((sum, amount, i) => (this.isExcluded(this.sale.lines[i]!) ? sum : sum + amount), 0);
  }
}
