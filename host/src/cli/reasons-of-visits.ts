import type { ReasonTold } from "./reason-told.ts";

const OFFICE = "send the customer to the association's office";

/** Words by which a terminal says why it refused a visit, or why credits wait. */
export const REASONS_OF_VISITS = {
  ALLOWANCE_EXCEEDED: {
    meaning: "the card of a shared account asks for more than its own part, and what nobody reserved is not at hand",
    staff: "take what most_accepted says",
    fr: "c'est plus que la part de cette carte",
    en: "that is more than this card's part",
  },
  ALREADY_PAID: {
    meaning: "a sale that is added afterwards was paid: nothing can be taken off it",
    staff: "add it without spending anything",
    fr: "cet achat est déjà payé",
    en: "this purchase is paid already",
  },
  AREA_CONFLICT: {
    meaning: "the card holds two records that exclude each other: an old one was put back",
    staff: OFFICE,
    fr: "la carte est à vérifier au bureau",
    en: "the office has to look at the card",
  },
  AREA_GONE: {
    meaning: "the card has no place of the ticket's programme any more",
    staff: OFFICE,
    fr: "la carte n'a plus ce programme",
    en: "the card no longer has this programme",
  },
  BAD_AMOUNT: {
    meaning: "an amount, a number or a count is none, or too large for one visit",
    staff: "check what was typed; ring a very long sale up in two",
    fr: "le montant est à vérifier",
    en: "the amount needs checking",
  },
  BAD_CODE: {
    meaning: "this is no code of a receipt, or it was altered",
    staff: "scan it again, or take the ticket back at the terminal that printed it",
    fr: "le code du ticket n'est pas lisible",
    en: "the code of the receipt cannot be read",
  },
  BAD_LINES: {
    meaning: "the ticket has no such lines, or its code stands for the whole only",
    staff: "name lines of the ticket by their place from 1, or take the whole back",
    fr: "ces lignes ne sont pas sur le ticket",
    en: "these lines are not on the ticket",
  },
  BAD_SIGNATURE: {
    meaning: "what the card holds was altered, or is not sealed with our keys",
    staff: OFFICE,
    fr: "la carte est à vérifier au bureau",
    en: "the office has to look at the card",
  },
  BLOCKED: {
    meaning: "the office blocked the card",
    staff: `keep nothing, take no money; ${OFFICE}`,
    fr: "la carte est bloquée, voyez le bureau",
    en: "the card is blocked, see the office",
  },
  CALLED_OFF: {
    meaning: "somebody at the counter called it off, or the rest was not paid: nothing was taken off the card",
    staff: "begin the sale anew",
    fr: "l'opération est annulée, rien n'a été débité",
    en: "it was called off, nothing was debited",
  },
  CAP_REFUND: {
    meaning: "for a ticket of another terminal, no more than refundCap goes back here",
    staff: "take it back at the terminal that printed it",
    fr: "ce remboursement se fait à la caisse du ticket",
    en: "this goes back at the till that printed the ticket",
  },
  CARD_NEEDED: {
    meaning:
      "what was asked for lies on a card, and none was tapped: an account without a chip has sales, refunds and balances",
    staff: "tap the card, or leave out gifts and units",
    fr: "il faut la carte pour cela",
    en: "this needs the card",
  },
  CARD_UNSTEADY: {
    meaning: "the card could not be read or written steadily, however often it was tried; nothing was begun",
    staff: "lay the card flat on the reader and try again; replace it where that does not help",
    fr: "posez la carte à plat et laissez-la",
    en: "lay the card flat and leave it there",
  },
  CARD_WORN_OUT: {
    meaning: "the card was written as often as it can be counted",
    staff: "replace the card",
    fr: "la carte est à remplacer",
    en: "the card needs replacing",
  },
  COUNTER_ROLLBACK: {
    meaning: "the card went back behind a state that was seen: an old copy was put back",
    staff: OFFICE,
    fr: "la carte est à vérifier au bureau",
    en: "the office has to look at the card",
  },
  COUNTER_UNSTEADY: {
    meaning: "the card's counter reads differently each time since it was cut",
    staff: "try again; replace the card where that does not help",
    fr: "représentez la carte",
    en: "present the card again",
  },
  CREDIT_GAP: {
    meaning: "credits of the office wait: the list does not go on where the card stands",
    staff: "have the terminal collected and its lists pushed",
    fr: "des crédits attendent",
    en: "credits are waiting",
  },
  CREDIT_NO_ROOM: {
    meaning: "a credit of the office waits: the card would hold too much, or the programme keeps no such purse",
    staff: "let the customer spend first; tell the office where that does not help",
    fr: "des crédits attendent : utilisez d'abord ce que la carte contient",
    en: "credits are waiting: use what the card holds first",
  },
  CREDIT_UNDATED: {
    meaning: "a credit with a last day waits, because the terminal's clock is not to be trusted",
    staff: "have the clock set (cachet terminal clock)",
    fr: "des crédits attendent que l'horloge soit réglée",
    en: "credits wait until the clock is set",
  },
  CREDIT_UNKNOWN: {
    meaning: "a credit of the office waits: this image does not read its kind",
    staff: "have a newer image flashed",
    fr: "des crédits attendent",
    en: "credits are waiting",
  },
  EXPIRED: {
    meaning: "the last day of a credit was over before the card came; nothing of it was put on",
    staff: "nothing to do",
    fr: "le crédit n'était plus valable",
    en: "the credit was no longer valid",
  },
  IN_THE_FUTURE: {
    meaning: "the sale to add is dated later than the terminal's clock",
    staff: "check the date on the till's ticket, and the clock (cachet terminal clock)",
    fr: "la date de cet achat est à venir",
    en: "the date of this purchase is still to come",
  },
  JOURNAL_FULL: {
    meaning: "the terminal has no room for another visit",
    staff: "have it collected (cachet terminal collect)",
    fr: "le terminal est plein, un instant",
    en: "the terminal is full, one moment",
  },
  KEY_NOT_HELD: {
    meaning: "the card is sealed with a key that this terminal does not hold",
    staff: "have the keys pushed, or use a terminal of the card's own programme",
    fr: "ce terminal ne connaît pas encore la carte",
    en: "this terminal does not know the card yet",
  },
  KEY_REVOKED: {
    meaning: "the card, or the terminal, uses a key that was revoked",
    staff: OFFICE,
    fr: "la carte est à mettre à jour au comptoir",
    en: "the card needs an update at the counter",
  },
  LAYOUT_NOT_YET: {
    meaning: "the card would need a layout that not every terminal reads yet; it stays as it is",
    staff: "try again when all terminals have the new image",
    fr: "pas encore possible avec cette carte",
    en: "not possible with this card yet",
  },
  NEWER_LAYOUT: {
    meaning: "the card was written by newer terminals than this one",
    staff: "have a newer image flashed",
    fr: "ce terminal est à mettre à jour",
    en: "this terminal needs an update",
  },
  NO_ROOM: {
    meaning: "every area of the card is taken by other programmes",
    staff: "replace the card by one with more room",
    fr: "la carte n'a plus de place",
    en: "the card has no room left",
  },
  NOT_OURS: {
    meaning: "this is no card of this issuer",
    staff: "ask for the right card",
    fr: "ce n'est pas une carte d'ici",
    en: "this is not one of our cards",
  },
  NOT_PERSONALISED: {
    meaning: "this is a new chip, nobody's yet",
    staff: "have it personalised (cachet card personalise)",
    fr: "la carte n'est pas encore prête",
    en: "the card is not ready yet",
  },
  NOTHING_TO_CANCEL: {
    meaning: "the card has no visit of this day at this terminal that can be taken back",
    staff: "take the ticket itself, or the code of its receipt",
    fr: "rien à annuler aujourd'hui sur cette carte",
    en: "nothing of today to cancel on this card",
  },
  NOT_WRITABLE: {
    meaning: "the card did not take what was written on it: its pages are locked",
    staff: "replace the card",
    fr: "la carte est à remplacer",
    en: "the card needs replacing",
  },
  OTHER_CARD: {
    meaning: "the ticket was made with another card",
    staff: "ask for the card that the ticket names",
    fr: "ce ticket est celui d'une autre carte",
    en: "this ticket is another card's",
  },
  RULE_UNKNOWN: {
    meaning: "no programme of this terminal has what was named: the programme, the rule or the pack",
    staff: "check the names: cachet programme sheet shows the rules",
    fr: "ce n'est pas proposé ici",
    en: "that is not offered here",
  },
  TICKET_IN_DOUBT: {
    meaning: "it is not known yet whether the ticket's visit happened: its card left in the middle",
    staff: "tap the ticket's own card first; that decides it",
    fr: "représentez d'abord la carte du ticket",
    en: "present the ticket's card first",
  },
  TICKET_UNKNOWN: {
    meaning: "this terminal has no such ticket, or not one that this can be done with",
    staff: "check the number; go to the terminal that printed it",
    fr: "ce ticket n'est pas connu ici",
    en: "this ticket is not known here",
  },
  TO_REPLACE: {
    meaning: "what the programme keeps does not fit into its place on this card",
    staff: "replace the card by one with more room",
    fr: "la carte est à remplacer",
    en: "the card needs replacing",
  },
  UNSURE_PAID: {
    meaning:
      "nobody could say what became of a payment by bank card; staff looked at the bank's slip and said that it was paid",
    staff: "keep the bank's slip with the till's",
    fr: "le paiement est à vérifier",
    en: "the payment has to be checked",
  },
  UNSURE_UNPAID: {
    meaning:
      "nobody could say what became of a payment by bank card; staff looked at the bank's slip and said that it was not paid",
    staff: "keep the bank's slip with the till's: a debit that shows later goes back",
    fr: "le paiement est à vérifier",
    en: "the payment has to be checked",
  },
  WRONG_AMOUNT: {
    meaning: "the cash is not the price of the pack or the membership",
    staff: "give the cash back and take the price of the rules sheet",
    fr: "ce n'est pas le prix",
    en: "that is not the price",
  },
  WRONG_MEDIUM: {
    meaning: "no programme of this terminal may be opened on this kind of card",
    staff: "give the customer a card that the programme lists",
    fr: "cette carte n'est pas prévue pour ce programme",
    en: "this card is not meant for this programme",
  },
  WRONG_PASSWORD: {
    meaning: "the card does not take its password",
    staff: OFFICE,
    fr: "la carte est à vérifier au bureau",
    en: "the office has to look at the card",
  },
} as const satisfies Readonly<Record<string, ReasonTold>>;
