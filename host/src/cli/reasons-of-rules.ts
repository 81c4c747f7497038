import type { Reason } from "@cachet/firmware/rules";
import type { ReasonTold } from "./reason-told.ts";

/** Words by which a rule says why it gave less, or nothing. */
export const REASONS_OF_RULES: Readonly<Record<Reason, ReasonTold>> = {
  ABOVE_MAXIMUM: {
    meaning: "more was asked for than the rule allows at once; where a value was cut, would_be is the whole of it",
    staff: "ask for less, or in two visits",
    fr: "c'est plus que le maximum",
    en: "that is more than the maximum",
  },
  ALREADY_USED: {
    meaning:
      "it counts once and was used: this ticket, these lines of it, or this number of the till for another card or sale",
    staff: "look at the earlier ticket; for a new sale, ring up a new one",
    fr: "c'est déjà utilisé",
    en: "it has been used already",
  },
  BAD_VALUE: {
    meaning: "a custom rule of the programme gave a value that is none; the visit went on without it",
    staff: "tell the association: the programme needs a correction (docs/custom-rules.md)",
    fr: "une règle du programme est en panne, le reste a compté",
    en: "one rule of the programme is out of order, the rest counted",
  },
  BELOW_MINIMUM: {
    meaning: "the amount does not reach the least that the rule asks for",
    staff: "nothing to do; the rules sheet has the minimum",
    fr: "le montant est sous le minimum",
    en: "the amount is below the minimum",
  },
  CAP_BALANCE: {
    meaning: "the card would hold more than the rule lets it hold; where a value was cut, would_be is the whole of it",
    staff: "let the customer spend first",
    fr: "la carte est pleine : utilisez d'abord ce qu'elle contient",
    en: "the card is full: use what it holds first",
  },
  CAP_DAY: {
    meaning: "the limit of the day is reached: what a rule gives, or what may leave a card without asking the office",
    staff: "try the rest tomorrow",
    fr: "la limite du jour est atteinte",
    en: "the limit of the day is reached",
  },
  CAP_MONTH: {
    meaning: "the rule's limit of the calendar month is reached",
    staff: "nothing to do; it begins anew with the month",
    fr: "la limite du mois est atteinte",
    en: "the limit of the month is reached",
  },
  CAP_TIMES: {
    meaning: "it was given as often as the rule gives it",
    staff: "nothing to do",
    fr: "cet avantage a déjà été donné autant de fois que prévu",
    en: "this advantage was given as often as it is meant to be",
  },
  CAP_VISIT: {
    meaning: "the rule's limit of one visit cut what it gave",
    staff: "nothing to do",
    fr: "la limite par passage est atteinte",
    en: "the limit of one visit is reached",
  },
  CAP_WEEK: {
    meaning: "the rule's limit of the week is reached",
    staff: "nothing to do; it begins anew on Monday",
    fr: "la limite de la semaine est atteinte",
    en: "the limit of the week is reached",
  },
  CAP_YEAR: {
    meaning: "the rule's limit of the calendar year is reached",
    staff: "nothing to do; it begins anew with the year",
    fr: "la limite de l'année est atteinte",
    en: "the limit of the year is reached",
  },
  CLOCK_SUSPECT: {
    meaning: "the terminal's clock was reset and is not to be trusted, and this depends on the date",
    staff: "have the clock set (cachet terminal clock), then try again",
    fr: "l'horloge du terminal est à régler",
    en: "the terminal's clock needs setting",
  },
  COOLDOWN: {
    meaning: "too little time has passed since the last visit that counted",
    staff: "nothing to do; the rules sheet has the time between two visits",
    fr: "le passage précédent est trop récent",
    en: "the visit before this one is too recent",
  },
  COUNTER_TORN: {
    meaning:
      "the card left while its counter went up: until a visit has written it whole, it earns and nothing leaves it",
    staff: "tap the card for this sale, and let it spend at the next visit",
    fr: "la carte gagne aujourd'hui, et paiera à la prochaine visite",
    en: "the card earns today, and pays at the next visit",
  },
  EPUISE: {
    meaning: "all pieces, or seats, that this terminal may give are given",
    staff: "nothing to do; pieces that are brought back can be given again",
    fr: "il n'en reste plus",
    en: "there are none left",
  },
  INSUFFICIENT: {
    meaning: "the card holds less than was asked for",
    staff: "ask for less; balance tells what it holds",
    fr: "il n'y en a pas assez sur la carte",
    en: "the card does not hold enough",
  },
  KEPT_FOR_LATER: {
    meaning:
      "a reward is due and was not given in this visit: the customer wants it later, or the sale was paid already",
    staff: "give it at the next visit, without keeping it for later",
    fr: "la récompense vous attend à la prochaine visite",
    en: "the reward waits for the next visit",
  },
  MERCHANT_CANNOT_REDEEM: {
    meaning: "at this merchant the programme lets cards earn and not spend",
    staff: "send the customer to a shop where the card can be spent",
    fr: "ici la carte gagne, elle se dépense dans les autres commerces",
    en: "here the card earns; it is spent in the other shops",
  },
  NOTHING_PAID: {
    meaning: "nothing of the purchase was left to pay, so it counts for nothing",
    staff: "nothing to do",
    fr: "rien n'est à payer, donc rien à compter",
    en: "nothing is to pay, so nothing counts",
  },
  NOT_MEMBER: {
    meaning: "the rule is for members of a club, and the card is none, or no longer",
    staff: "offer the membership",
    fr: "réservé aux adhérents",
    en: "for members only",
  },
  NOT_SEEN_THERE: {
    meaning: "the card was not used at the partner that the rule asks for, or not within its days",
    staff: "nothing to do; the rules sheet names the partner",
    fr: "la carte n'a pas été utilisée récemment chez le partenaire",
    en: "the card was not used at the partner lately",
  },
  NOT_THE_DATE: {
    meaning: "the rule does not apply on this day",
    staff: "nothing to do; the rules sheet has its days",
    fr: "pas à cette date",
    en: "not on this date",
  },
  NOT_THE_HOUR: {
    meaning: "the rule does not apply at this hour",
    staff: "nothing to do; the rules sheet has its hours",
    fr: "pas à cette heure",
    en: "not at this hour",
  },
  NOT_THE_MERCHANT: {
    meaning: "the rule does not apply at this merchant",
    staff: "nothing to do; the rules sheet has its shops",
    fr: "pas dans ce commerce",
    en: "not in this shop",
  },
  NOT_THE_TENDER: {
    meaning: "the rule does not apply to this way of paying",
    staff: "nothing to do; the rules sheet has the ways of paying",
    fr: "pas avec ce moyen de paiement",
    en: "not with this way of paying",
  },
  NOT_THE_TIER: {
    meaning: "the rule is for other levels than the card's",
    staff: "nothing to do; the slip says what is missing to the next level",
    fr: "réservé à un autre statut",
    en: "for another level",
  },
  NO_BIRTHDAY: {
    meaning: "the rule is for days around a birthday, and the card has none, or not now",
    staff: "nothing to do; the office enters birthdays",
    fr: "ce n'est pas la période de l'anniversaire",
    en: "it is not the time of the birthday",
  },
  NO_OFFER: {
    meaning: "the card does not hold the offer that the rule asks for, or it is over",
    staff: "nothing to do",
    fr: "pas d'offre en cours sur la carte",
    en: "no such offer on the card",
  },
  NO_PAPER: {
    meaning: "the rule takes no stamps over from paper cards",
    staff: "nothing to do; the rules sheet says until when paper cards were taken",
    fr: "les cartes papier ne sont pas reprises ici",
    en: "paper cards are not taken over here",
  },
  NO_PREPAID: {
    meaning: "no programme of this terminal keeps prepaid money on this card",
    staff: "give the money back; sell a card of a prepaid programme",
    fr: "cette carte ne prend pas d'argent d'avance",
    en: "this card takes no money in advance",
  },
  NO_SUCH_CARD: {
    meaning: "the number that was given is no card of this system: its check digit is wrong",
    staff: "read the number of the other card again",
    fr: "ce numéro de carte n'existe pas",
    en: "there is no card of that number",
  },
  NO_SUCH_GIFT: {
    meaning: "the programme has no gift, or no pack, of this name",
    staff: "choose one of the rules sheet",
    fr: "ce cadeau n'est pas au catalogue",
    en: "this gift is not in the catalogue",
  },
  OTHER_IS_BETTER: {
    meaning: "another rule gives more, and the two do not add up",
    staff: "nothing to do",
    fr: "un avantage plus grand a été donné",
    en: "a larger advantage was given",
  },
  RULE_THREW: {
    meaning: "a custom rule of the programme failed; the visit went on without it",
    staff: "tell the association: the programme needs a correction (docs/custom-rules.md)",
    fr: "une règle du programme est en panne, le reste a compté",
    en: "one rule of the programme is out of order, the rest counted",
  },
  SAME_CARD: {
    meaning: "the card was named as the one that recommended the shop to itself",
    staff: "ask for the number of the other card",
    fr: "on ne peut pas se parrainer soi-même",
    en: "nobody can recommend the shop to himself",
  },
  SEEN_BEFORE: {
    meaning: "the rule is for a first visit, and the card was here before",
    staff: "nothing to do",
    fr: "seulement à la première visite",
    en: "at the first visit only",
  },
  SEEN_LATELY: {
    meaning: "the rule is for cards that stayed away, and this one came lately",
    staff: "nothing to do",
    fr: "seulement après une longue absence",
    en: "only after a long absence",
  },
  STEP_BUDGET: {
    meaning: "the rules of a programme took more steps than a visit may; its base rule was played instead",
    staff: "tell the association: the programme needs a correction (docs/custom-rules.md)",
    fr: "le programme est en panne, sa règle de base a compté",
    en: "the programme is out of order, its base rule counted",
  },
  TOO_LATE: {
    meaning:
      "it is too long ago: a sale to add is of another day, a receipt's code of more than 30 days ago, or a paper card comes after the last day",
    staff: "a sale is added on its own day; an old ticket is taken back at the terminal that printed it",
    fr: "le délai est passé",
    en: "the time for this is over",
  },
  WRONG_MERCHANT: {
    meaning: "the ticket is another merchant's",
    staff: "send the customer to the shop that the ticket names",
    fr: "ce ticket vient d'un autre commerce",
    en: "this ticket is from another shop",
  },
};
