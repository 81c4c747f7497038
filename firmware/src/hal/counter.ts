import type { Receipt } from "./receipt.ts";
import type { Key, Screen } from "./screen.ts";
import type { ShopSettings } from "./shop.ts";
import type { Swipe } from "./swipe.ts";

/** One line of a sale as the till says it: whole line in cents, tax included. */
export interface SaleLine {
  readonly amount: number;
  readonly quantity: number;
  readonly category?: string;
}

/**
 * No card is tapped: an account without a chip, or a card that is not there, by its number as swiped, scanned or found by phone; or a receipt that
 * carries points, by its code as it was scanned, empty for the first one.
 */
export type ByAccount = { readonly account: number } | { readonly ticket: string };

/** A sale to be done with the next card. */
export interface SaleRequest {
  readonly kind: "sale";
  /** The till's own number of this visit. A retry of the same visit carries the same number. */
  readonly visit: number;
  readonly by?: ByAccount;
  readonly lines: readonly SaleLine[];
  readonly tip: number;
  readonly redeem?: number | "max";
  /** `none`: prepaid money on the card is not to pay; a number: so many cents, or nothing. Left out: it pays by itself. */
  readonly prepaid?: "none" | number;
  /** How the rest is paid, where the till knows it beforehand: some means of payment earn nothing. */
  readonly tenders?: readonly { readonly kind: string; readonly amount: number }[];
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
  /**
   * A sale of this day that was paid without the card: it earns, and nothing is taken off it any more. `ticket` is the till's own,
   * and counts once; `paidAt` is when it was paid, seconds since 1970.
   */
  readonly late?: { readonly ticket: string; readonly paidAt: number };
}

/** One rule of one programme. */
interface OfRule {
  readonly programme: number;
  readonly rule: string;
}

/** Money that was taken to be put on the next card, or for something that is. */
export interface TopUpRequest {
  readonly kind: "top-up";
  readonly visit: number;
  /** Cents that the customer has paid. */
  readonly amount: number;
  /** A pack of units by its number, from 1, or a membership; money on the card where it is left out. */
  readonly purchase?: OfRule & { readonly pack?: number };
}

/** Asks the next card what became of visits in doubt, without a sale: after a torn top-up, say. */
export interface SettleRequest {
  readonly kind: "settle";
  readonly visit: number;
}

/** Tells what the next card holds and what is near, and settles what is in doubt. Gives and takes nothing. */
export interface BalanceRequest {
  readonly kind: "balance";
  readonly visit: number;
  readonly by?: ByAccount;
  /** Prints instead the last visits of the card that this terminal knows of. */
  readonly history?: true;
}

/** Takes a visit back, a sale in part or whole: nothing is evaluated anew, what was stored is reversed. */
export interface RefundRequest {
  readonly kind: "refund";
  readonly visit: number;
  /**
   * The ticket: the visit's entry in this terminal's journal; `last`: the card's last one here, of this day; or the code of a
   * receipt, as it was scanned, of any terminal of this merchant.
   */
  readonly ticket: number | "last" | { readonly code: string };
  /** Lines of a sale by their place, from 0; `all`: those that were not taken back before. */
  readonly lines: readonly number[] | "all";
}

/** Takes value of a saving rule off the next card, for another one. Whoever holds the ticket may put it on a card, once. */
export interface GiveRequest extends OfRule {
  readonly kind: "give";
  readonly visit: number;
  /** Cents, or points. */
  readonly value: number;
}

/** Puts on the next card what a visit at this terminal took off another one, or off the very same. */
export interface ReceiveRequest {
  readonly kind: "receive";
  readonly visit: number;
  /** Ticket of the visit that took it. */
  readonly ticket: number;
}

/** The next card leaves a programme: what was paid in goes back to the customer, what was given is lost. */
export interface CloseRequest {
  readonly kind: "close";
  readonly visit: number;
  readonly programme: number;
}

/** Enters the stamps of a customer's paper card on the next card. */
export interface PaperRequest extends OfRule {
  readonly kind: "paper";
  readonly visit: number;
  readonly stamps: number;
}

/** Prints the ticket of a visit once more, from the journal. Needs no card. */
export interface ReprintRequest {
  readonly kind: "reprint";
  readonly visit: number;
  /** The visit's entry in this terminal's journal, or its last visit of all. */
  readonly ticket: number | "last";
}

/** Prints what a sale would have brought with a card, for a customer who has none. Stores nothing. */
export interface WithoutCardRequest {
  readonly kind: "without-card";
  readonly visit: number;
  readonly lines: readonly SaleLine[];
  readonly tip: number;
  readonly tenders?: NonNullable<SaleRequest["tenders"]>;
}

/** Requests that are about the next card. */
export type CardRequest =
  | SaleRequest
  | TopUpRequest
  | SettleRequest
  | BalanceRequest
  | RefundRequest
  | GiveRequest
  | ReceiveRequest
  | CloseRequest
  | PaperRequest;

export type VisitRequest = CardRequest | ReprintRequest | WithoutCardRequest;

/** How a visit ended, for the till. Nothing but what is `committed` counts as discount or tender. */
export interface VisitReport {
  readonly visit: number;
  readonly result: /** Everything was written and committed. */
    | "done"
    /** An earlier try of this very visit had already done it. */
    | "already-done"
    /** The visit changes nothing on the card; nothing was written. */
    | "nothing-to-do"
    /** Some areas are committed, another is in doubt. */
    | "partly-done"
    /** Nothing is committed; the next tap of the same card decides. */
    | "in-doubt"
    /** Nothing was written. `reason` says why. */
    | "refused"
    /** No card came. */
    | "no-card";
  readonly reason?: string;
  readonly card?: number;
  /** Journal number of the visit's intent: its ticket. */
  readonly ticket?: number;
  readonly committed: readonly number[];
  readonly earnedCents: number;
  readonly spentCents: number;
  readonly discountCents: number;
  readonly toppedUpCents: number;
  /** What the office's credits put on the card in this tap, beside the visit too. */
  readonly creditedCents: number;
  readonly creditedStamps: number;
  /** Why credits that the list holds for this card wait: `CREDIT_GAP` and others (docs/formats/credit.md). */
  readonly creditsWait?: string;
  /**
   * Cash to hand back now: of a top-up that was refused before anything was written, or of earlier ones that this card has
   * just shown not to have happened, and that can never happen any more.
   */
  readonly giveBackCents: number;
  /** Left to pay by other means. */
  readonly payable: number;
  /** Cents of a refund or a closing that go back to the customer, once every area is committed; absent where it is neither. */
  readonly payOutCents?: number;
  /**
   * There where the printer had no paper: the visit stands, and a `reprint` prints it later. `code` is what its QR code says, to be
   * shown instead; left out where it has none.
   */
  readonly unprinted?: { readonly code?: string };
}

/** Something that happens at the counter. */
export type CounterEvent =
  | { readonly kind: "key"; readonly key: Key }
  /** The till asks for a visit. */
  | { readonly kind: "request"; readonly request: VisitRequest }
  /** A card is in the field. */
  | { readonly kind: "card" }
  /** A bar code or a QR code. */
  | { readonly kind: "scan"; readonly text: string }
  /** A stripe, as the port parsed it: of a bank card nothing but that it was one. */
  | { readonly kind: "swipe"; readonly swipe: Swipe }
  /** Nothing came within the time. */
  | { readonly kind: "time" };

/** The people before the terminal and their till: keys, cards and requests come in; screens, receipts and reports go out. */
export interface Counter {
  /**
   * What happens next. `seconds`: after so long without anything the answer is `time`; 0 waits for ever, and then `time` says that the day
   * ends (`ShopSettings.closing`). `card`: whether a card in the
   * field counts: `any` that lies there, a `new` one that comes while it waits, or `none`. Keys pressed before a screen with
   * choices was shown are forgotten: nobody answers what he has not read. The red key ends a wait for a card (`CardPort.waitCard`) as if
   * the time were over.
   */
  nextEvent(seconds: number, card: "any" | "new" | "none"): Promise<CounterEvent>;
  /** Shows a screen in the place of the one before. */
  show(screen: Screen): Promise<void>;
  /** Prints a receipt. "no-paper" loses nothing: the visit stands, the receipt can be printed again. */
  print(receipt: Receipt): Promise<"printed" | "no-paper">;
  /** Tells the till how the visit ended. */
  report(report: VisitReport): Promise<void>;
}

/** The counter as the supervisor sees it. */
export interface CounterPort extends Omit<Counter, "show" | "print"> {
  /** Shows a screen in the language of the shop. */
  show(screen: Screen, settings: ShopSettings): Promise<void>;
  /** Prints a receipt in the language of the shop. */
  print(receipt: Receipt, settings: ShopSettings): Promise<"printed" | "no-paper">;
  /** Waits until somebody holds the service key down: keeps an image on trial without a host. */
  serviceKey(): Promise<void>;
}
