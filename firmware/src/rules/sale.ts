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
  /** How many points it takes, of a gift that somebody else is owed. Left out: as many as the catalogue says. */
  readonly giftPoints?: number;
  /** Number of the card whose holder recommended the shop, at a first purchase. */
  readonly referredBy?: number;
  /** Prepaid units to use. */
  readonly use?: number;
}

/** What the terminal knows about the visit. */
export interface Facts {
  /** The card's own number. Left out: not known. */
  readonly card?: number;
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
  /** Pieces that this terminal already gave of each stock of the programme, and those in doubt. Left out: none. */
  readonly given?: Readonly<Record<string, number>>;
  /** The chip's commit counter was torn: until the next commit an old record could pass for current, so nothing may leave the card. */
  readonly earnOnly?: boolean;
  /** The sale was paid before the card came: no discount is given any more. Left out: it was not. */
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
