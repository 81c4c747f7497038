import type { ShopSettings } from "./shop.ts";

/** Keys of a terminal. A small keyboard ends at `menu`: what lies behind is found there too. */
export const KEYS = [
  ...(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "00"] as const),
  ...(["ok", "correct", "cancel", "up", "down", "menu"] as const),
  ...(["cagnotte", "top-up", "refund", "no-card", "cancel-last", "print", "history", "help"] as const),
] as const;
export type Key = (typeof KEYS)[number];

/** Answers to a question, and what a menu offers. */
export type Choice =
  | "yes"
  | "no"
  | "now"
  | "later"
  | "again"
  | "leave"
  | "by-card"
  | "cash"
  | "not-paid"
  | "unsure"
  | "whole"
  | "top-up"
  | "refund"
  | "no-card"
  | "cancel-last"
  | "print"
  | "history"
  | "late-sale"
  | "end-of-day"
  | "training"
  | "settings"
  | "language"
  | "beep"
  | "paper"
  | "help"
  | "these"
  | "collect"
  | "closing"
  /** A line of a ticket: its place, from 1, and its cents; `chosen`: it is one of those that go back. */
  | { readonly line: number; readonly cents: number; readonly chosen?: true };

/** Why what was typed does not do. */
export type TypingFault = "nothing" | "too-much" | "too-short" | "no-time";

/** What is typed on a screen: digits so far. */
interface Typed {
  readonly typed: string;
  readonly fault?: TypingFault;
}

/** What is left on a card, as far as one line says it: cents, stamps of a grid, or points. */
export type Held =
  | { readonly cents: number }
  | { readonly stamps: number; readonly grid: number }
  | { readonly count: number; readonly of: string };

/** Everything that a screen can say, and what belongs to it. Money in cents; cards by their number. */
export interface ScreenTexts {
  ready: {
    /** Days since the office issued the list, where it is time for a new one. */
    readonly listDays?: number;
    /** The journal is nearly full. */
    readonly nearlyFull?: true;
  };
  test: object;
  presentCard: { readonly cents?: number };
  presentAgain: object;
  /** The card did not come back, and nothing was written: is the visit given up? */
  callOff: object;
  otherCard: object;
  keepCard: object;
  oneCard: object;
  noCard: object;
  done: object;
  alreadyDone: object;
  nothingToDo: { readonly reason?: string };
  inDoubt: object;
  topUpInDoubt: object;
  /** `reason` is a code of docs/formats. */
  refused: { readonly reason: string };
  saleAmount: Typed;
  topUpAmount: Typed;
  lateAmount: Typed;
  lateTicket: Typed;
  refundTicket: Typed;
  refundLines: { readonly ticket: number };
  phone: Typed;
  phoneCard: { readonly card: number };
  phoneUnknown: object;
  /** Too many numbers were tried: none is looked up for a while. */
  phoneWait: object;
  /** How much of the cagnotte: at most `most` of `balance`. */
  useCagnotte: Typed & { readonly most: number; readonly balance: number };
  reward: { readonly label: string };
  /** The same card had the same sale at this local time, minutes of the day. */
  sameSale: { readonly minute: number };
  collect: { readonly cents: number };
  /** So much was taken, and so much is due by now. */
  collectAnew: { readonly cents: number; readonly taken: number };
  paymentUnsure: { readonly cents: number };
  /** Nothing was taken off the card. `due`: still to be paid. */
  notPaid: { readonly due: number };
  /** Cash that goes back to the customer. */
  giveBack: { readonly cents: number };
  saleDone: {
    readonly card: number;
    readonly earned: number;
    readonly spent: number;
    readonly held: readonly Held[];
    readonly reward?: string;
  };
  topUpDone: { readonly card: number; readonly cents: number; readonly held: readonly Held[] };
  /** `cents` are handed out; `onCard` went back on the card. */
  refundDone: { readonly cents: number; readonly onCard: number };
  balance: { readonly card: number; readonly held: readonly Held[] };
  cancelLast: object;
  /** `code`: what the QR code of the ticket says, for displays that can draw it. */
  noPaper: { readonly code?: string };
  nothingToPrint: object;
  bankCard: object;
  unreadable: object;
  menu: object;
  settings: ShopSettings;
  /** The hour at which the day ends, four digits; none: it never does by itself. */
  closing: Typed;
  endOfDay: {
    readonly visits: number;
    readonly earned: number;
    readonly spent: number;
    readonly waiting: number;
    readonly lateDays: number;
  };
  trainingOn: object;
  trainingOff: object;
  trained: { readonly payable: number };
  help: { readonly page: number };
}
export type ScreenName = keyof ScreenTexts;

/**
 * One screen as data: what it says by its name, never in words. The port words it in the language of the terminal, and lays it out for its
 * display; light and beep follow from what it says.
 */
export type Screen = {
  readonly [Name in ScreenName]: { readonly says: Name } & ScreenTexts[Name];
}[ScreenName] & {
  /** Answers in their order. Green takes the one that is marked, a digit the one of that place. */
  readonly choices?: readonly Choice[];
  /** Place of the marked one. */
  readonly marked?: number;
  /** Nothing that is done now counts. */
  readonly training?: true;
};
