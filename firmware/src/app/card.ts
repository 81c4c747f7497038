import { type CardIdentity, type CardMap, type2 } from "@cachet/card-layout";
import type { Hal } from "../hal/index.ts";

/** Why a card cannot be used at this terminal. */
export type CardRefusal =
  | "NOT_OURS"
  | "NOT_PERSONALISED"
  | "NEWER_LAYOUT"
  | "BAD_SIGNATURE"
  | "KEY_NOT_HELD"
  | "KEY_REVOKED"
  | "WRONG_PASSWORD"
  | "WRONG_MEDIUM"
  | "AREA_CONFLICT"
  | "COUNTER_ROLLBACK"
  | "COUNTER_TORN"
  /** Of a paper card that is cancelled: its stamps have gone for a reward. */
  | "INSUFFICIENT"
  | "COUNTER_UNSTEADY"
  | "CARD_UNSTEADY"
  | "ALREADY_USED"
  | "BLOCKED"
  | "NO_ROOM"
  | "CARD_WORN_OUT"
  /** The programme keeps more than its place on this card holds, or what not every terminal reads yet. */
  | "TO_REPLACE"
  | "LAYOUT_NOT_YET"
  | "NOT_WRITABLE"
  /** Of refunds: the ticket is none of this terminal's any more, of another card, in doubt, or its lines are none. */
  | "TICKET_UNKNOWN"
  | "TICKET_IN_DOUBT"
  | "OTHER_CARD"
  | "BAD_LINES"
  /** The programme has lost a rule of the sale, or the card its area. */
  | "RULE_UNKNOWN"
  | "AREA_GONE"
  /** The card has no visit of this day here that can be cancelled. */
  | "NOTHING_TO_CANCEL"
  /** The code of a receipt: altered, or none; of another merchant; worth more than one terminal gives back for another. */
  | "BAD_CODE"
  | "WRONG_MERCHANT"
  | "CAP_REFUND"
  /** Longer ago than it may be; still to come; and nothing is dated by a clock that is not to be trusted. */
  | "TOO_LATE"
  | "IN_THE_FUTURE"
  | "CLOCK_SUSPECT"
  /** What is added afterwards was paid: nothing can be taken off it. */
  | "ALREADY_PAID"
  /** The cash is not the price. */
  | "WRONG_AMOUNT"
  /** Staff or customer called it off before anything was written. */
  | "CALLED_OFF";

/** The card left the field. What it holds now is not known until it is read again. */
export class CardGone extends Error {}

/** The card is refused; nothing was written to it. */
export class CardRefused extends Error {
  readonly reason: CardRefusal;
  readonly card: number | undefined;
  readonly programme: number | undefined;
  constructor(reason: CardRefusal, card?: number, programme?: number) {
    super(reason);
    this.reason = reason;
    this.card = card;
    this.programme = programme;
  }
}

/** A card whose identity is verified, for as long as it stays in the field. */
export interface CardOnReader {
  readonly uid: Uint8Array;
  readonly number: number;
  readonly map: CardMap;
  readonly identity: CardIdentity;
  /** What opens its pages for writing, and what it answers. */
  readonly password: { readonly command: Uint8Array; readonly pack: Uint8Array };
  /** It has answered rightly since it came. */
  isUnlocked: boolean;
}

/**
 * The answers to all commands. Throws `CardGone`, or `CardRefused` for this reason and card where the chip says no: an error is only made
 * where it is thrown, for engines write down where it was made.
 */
export async function exchange(
  hal: Hal,
  commands: readonly Uint8Array[],
  reason: CardRefusal,
  card?: number,
): Promise<readonly Uint8Array[]> {
  const { answers, end } = await hal.exchange(commands);
  if (end === "nak") throw new CardRefused(reason, card);
  if (end === "gone") throw new CardGone();
  return answers;
}

export const readPages = (first: number, pages: number): Uint8Array => type2.fastRead(first, first + pages - 1);
