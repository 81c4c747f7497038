import type { Lot } from "@cachet/card-layout";
import type { Funder, Reason, Unit } from "./words.ts";

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
    /** Minutes of parking; `label` is the last local minute that counts. */
    | "parking"
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
    | "receive"
    /** Value that somebody else gets from the office: `to` names who. Moves nothing on this card. */
    | "owe"
    /** A refund: what was owed to somebody else is owed no longer. */
    | "waive"
    /** The card was used at a merchant that a condition names. */
    | "seen";
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
  /** Of what is owed to somebody else: the name of an association or a partner. */
  readonly to?: string;
  /** The number of another card. */
  readonly toCard?: number;
  /** Of `seen`: the day that the card had before, since 2000. Left out: none. */
  readonly before?: number;
  /** The stock that it came from, `times` pieces or one, or that a refund gives them back to. */
  readonly stock?: string;
}

/** A rule that did not match, and why. */
export interface Skipped {
  readonly rule: string;
  readonly reason: Reason;
}

/** What the receipt and the screen say; words are put in by the app. */
export type Note =
  | {
      readonly note: "stamps";
      readonly rule: string;
      readonly count: number;
      readonly grid: number;
      readonly added: number;
      /** What a full grid gives. */
      readonly label: string;
    }
  | { readonly note: "reward"; readonly rule: string; readonly label: string; readonly value: number }
  /** Points that somebody else gets, worth so many cents to them. */
  | {
      readonly note: "donation";
      readonly rule: string;
      readonly label: string;
      readonly to: string;
      readonly value: number;
    }
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
  /**
   * Something that points are exchanged for, and how many are missing; 0: it can be had. `label`: null for money off, `value` is its
   * cents then.
   */
  | {
      readonly note: "reach";
      readonly rule: string;
      readonly label: string | null;
      readonly value: number;
      readonly unitName: string;
      readonly missing: number;
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
  | {
      readonly note: "units";
      readonly rule: string;
      readonly unitName: string;
      readonly used: number;
      readonly left: number;
    }
  | {
      readonly note: "expiry";
      readonly rule: string;
      /** What is counted; null for cents. */
      readonly unitName: string | null;
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
  /** An offer on the card, and its last day. `isNew`: it came just now. */
  | {
      readonly note: "offer";
      readonly rule: string;
      readonly label: string;
      readonly until: number;
      readonly isNew: boolean;
    }
  /** What a first purchase brought this card, and what another one gets for it from the office. `unitName`: null for cents. */
  | {
      readonly note: "referral";
      readonly rule: string;
      readonly unitName: string | null;
      readonly value: number;
      readonly card: number;
      readonly godparent: number;
    }
  /** Something to take part in, and what the customer must know of it. */
  | {
      readonly note: "experience";
      readonly rule: string;
      readonly label: string;
      readonly text: string;
      readonly value: number;
    }
  /** Something won that costs nothing. */
  | { readonly note: "badge"; readonly rule: string; readonly label: string }
  | { readonly note: "challenge"; readonly rule: string; readonly visited: number; readonly of: number }
  | { readonly note: "parking"; readonly rule: string; readonly minutes: number; readonly until: string }
  | { readonly note: "entries"; readonly rule: string; readonly value: number };
