/** The last state of one programme on a card that this terminal saw: committed itself, or found before it wrote. */
export interface RememberedState {
  readonly programme: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
}

/** An intent of the journal, and what became of each of its programmes so far. */
export interface JournalledIntent {
  readonly number: number;
  /** Whether it is the very visit that was asked about. */
  readonly ofThisVisit: boolean;
  readonly outcomes: readonly { readonly programme: number; readonly outcome: "open" | "committed" | "aborted" }[];
}

/** What this terminal let a card spend of one programme today, cents: committed, or in doubt. */
export interface SpentToday {
  readonly programme: number;
  readonly cents: number;
}

/** Pieces of something that runs out, by the name of its stock. */
export interface Given {
  readonly stock: string;
  readonly pieces: number;
}

/** Cash of a top-up that never happened and never can: it belongs to the customer. */
export interface CashDue {
  readonly intent: number;
  readonly cents: number;
}

/** A credit of the office's list for a card, body as in wire/credit.ts. */
export interface ListedCredit {
  readonly programme: number;
  /** Credits of one card and programme are numbered 1, 2, 3 ... */
  readonly number: number;
  readonly body: Uint8Array;
}

/** What the office's signed list says, as far as it concerns a card. */
export interface CardOnList {
  /** Why the card is blocked, or null. */
  readonly blocked: string | null;
  /** Every open credit of the card in the programmes of this terminal, by programme and number. */
  readonly credits: readonly ListedCredit[];
  /** Generations of area keys that are worth nothing any more. */
  readonly revoked: readonly { readonly programme: number; readonly generation: number }[];
  /** Days since the office issued the list; null where this terminal never had one. */
  readonly listDays: number | null;
  /** The state layout that records are written in: every terminal reads it. */
  readonly writeLayout: number;
  /** Restore credits of this card that this terminal wrote or began to write, by programme: each works once. */
  readonly restored: readonly { readonly programme: number; readonly number: number }[];
}

/** What an account without a chip may spend at this terminal from one of its purses, by the list. */
export interface ListedAllowance {
  readonly programme: number;
  /** By its head byte on cards. */
  readonly purse: number;
  /** In the purse's unit, as the office knew it when it made the list. */
  readonly balance: number;
  /** Everything that this terminal ever lets the account spend from the purse stays at or below it. */
  readonly ceiling: number;
}

/** One purse of an account without a chip, as this terminal knows it. */
export interface AccountPurse extends Omit<ListedAllowance, "ceiling"> {
  /** What may be spent here still: the ceiling, less what this terminal ever let the account spend. */
  readonly spendable: number;
}

/** What this terminal knows of an account without a chip, or of a card that is not there. */
export interface AccountHistory {
  /** Why it is blocked, or null. */
  readonly blocked: string | null;
  readonly purses: readonly AccountPurse[];
  /** The entry of this very visit, where it has happened; `used` where its number was another visit's; null where it is free. */
  readonly visit: number | "used" | null;
  /** Its last visit here: entry, and when, seconds since 1970; null where there was none. */
  readonly last: { readonly ticket: number; readonly utc: number } | null;
}

/** The office's lists, as far as a terminal asks them about a card. */
export interface CardLists {
  /** What they say of a card at this time (seconds since 1970). */
  onCard(card: number, utc: number): Omit<CardOnList, "restored">;
  /** What they let an account without a chip spend at a terminal. */
  allowance?(account: number, terminal: number): readonly ListedAllowance[];
  /** Who stands behind the keyed hash of a phone number at a merchant; null where they name nobody. */
  cardOfPhone?(merchant: number, hash: Uint8Array): number | null;
}

/** What this terminal knows of a card. */
export interface CardHistory extends CardOnList {
  readonly remembered: readonly RememberedState[];
  /** Oldest first: every intent that is still open, the card's last one, and the last one of this visit. */
  readonly intents: readonly JournalledIntent[];
  /** The card on which this very visit happened, or may still have; null where it did on none. */
  readonly cardOfVisit: number | null;
  readonly spentToday: readonly SpentToday[];
  /** Cash of this card's top-ups that has not been handed back, nor used for another try of the same visit. */
  readonly due: readonly CashDue[];
  /** What became of this very visit: no intent of it is known, or there is one, or its cash was handed back and it is over. */
  readonly visit: "unknown" | "known" | "over";
}

/** A visit of a card or an account, by its entry, and the programmes of which it wrote something. */
export interface VisitHere {
  readonly number: number;
  readonly committed: readonly number[];
}

/** A visit of this terminal that its journal still has, by its ticket. */
export interface JournalledTicket {
  readonly outcomes: JournalledIntent["outcomes"];
  /** Lines that refunds took back, or may still have; of value that left for another card: [0] once it was put on one. */
  readonly refunded: readonly number[];
}

/** The journal as the app sees it. Numbers, times and chaining are the supervisor's. */
export interface JournalPort {
  lookup(card: number, visit: number): Promise<CardHistory>;
  /** A number for a visit that no till numbers: none that is journalled here has it. */
  newVisit(): Promise<number>;
  /** What became of a visit; null where the journal has no intent of this number any more. A refund under way does not count itself. */
  ticket(number: number, visit: number): Promise<JournalledTicket | null>;
  /** The newest visit here that wrote something on a card, whichever card, by its entry; null where the journal has none any more. */
  lastTicket(): Promise<number | null>;
  /** The card's last visit here on this day, null visits left out, by its entry; null where there is none. */
  lastVisit(card: number): Promise<number | null>;
  /** Visits of a card or an account that wrote something and that the journal still has, newest first, `HISTORY_VISITS` at most. */
  visits(card: number): Promise<readonly VisitHere[]>;
  /** Lines of another terminal's ticket that refunds here took back, or may still have. A refund under way does not count itself. */
  refundedHere(terminal: number, ticket: number, visit: number): Promise<readonly number[]>;
  /** Whether a sale by the till's own ticket was added to a card here in the last day, or may still have been. This very visit does not count. */
  isAdded(tillTicket: string, visit: number): Promise<boolean>;
  /** Pieces of each stock of a programme that visits here took, or may still take; refunds of this terminal's tickets gave them back. */
  given(programme: number): Promise<readonly Given[]>;
  /** One entry as it is stored (wire/entry.ts). Only numbers that `lookup`, `visits` or `ticket` gave. */
  entry(number: number): Promise<Uint8Array>;
  /** The SHA-256 of such an entry that the next one names: what a ticket is sealed with. */
  entryHash(number: number): Promise<Uint8Array>;
  /**
   * Stores an intent (body as in wire/entry.ts) before any byte of it reaches a card. Gives its entry number once it is
   * durable; "full" and "too-long" mean that nothing was stored and no card may be written.
   */
  intend(body: Uint8Array): Promise<number | "full" | "too-long">;
  /** Stores what became of one programme of an intent that `lookup` or `intend` gave. Repeating the same outcome changes nothing. */
  settle(intent: number, programme: number, outcome: "committed" | "aborted"): Promise<void>;
  /** Stores that the cash of a top-up which `lookup` called due goes back. Repeating it changes nothing. */
  giveBack(intent: number): Promise<void>;
  /** What is known of an account without a chip, or of a card that is not there, and of this visit. */
  account(account: number, visit: number): Promise<AccountHistory>;
  /**
   * Stores the visit of an account (body as in wire/account-visit.ts): it has happened once this gives its entry number. "full" and
   * "too-long" as for an intent; "over" where it takes more than may be spent here, "used" where the visit's number is taken:
   * nothing was stored.
   */
  enter(body: Uint8Array): Promise<number | "full" | "too-long" | "over" | "used">;
  /** Stores a refusal (body as in wire/entry.ts). Lost without harm where the journal is full. */
  refuse(body: Uint8Array): Promise<void>;
}
