import type { ReceiptMessages } from "./receipt-messages.ts";

/** What several of something are called; a name that is a plural already stays. */
function pluralOf(name: string): string {
  if (/(s|x|z|ch|sh)$/i.test(name)) return /s$/i.test(name) ? name : `${name}es`;
  return /[^aeiou]y$/i.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}

const counted = (value: number, name: string): string => {
  if (value === 1) return `1 ${name === "points" ? "point" : name}`;
  return `${value} ${pluralOf(name)}`;
};

/** `€1,234.05` */
function money(cents: number): string {
  const whole = String(Math.floor(Math.abs(cents) / 100)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return `${cents < 0 ? "-" : ""}€${whole}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;
}

/** Why a programme gave nothing, in few words. */
const WHY_NOTHING: Readonly<Record<string, string>> = {
  ABOVE_MAXIMUM: "above the maximum",
  ALREADY_USED: "already used",
  BAD_VALUE: "rule out of order",
  BELOW_MINIMUM: "below the minimum",
  CAP_BALANCE: "card full",
  CAP_DAY: "limit of the day reached",
  CAP_MONTH: "limit of the month reached",
  CAP_TIMES: "already given",
  CAP_VISIT: "limit of a visit reached",
  CAP_WEEK: "limit of the week reached",
  CAP_YEAR: "limit of the year reached",
  CLOCK_SUSPECT: "clock to be set",
  COOLDOWN: "too soon after the last visit",
  COUNTER_TORN: "at the next visit",
  EPUISE: "none left",
  INSUFFICIENT: "not enough on the card",
  KEPT_FOR_LATER: "kept for later",
  MERCHANT_CANNOT_REDEEM: "to be used elsewhere",
  NOTHING_PAID: "nothing to pay",
  NOT_MEMBER: "for members",
  NOT_SEEN_THERE: "not seen at the partner's",
  NOT_THE_DATE: "not on this date",
  NOT_THE_HOUR: "not at this hour",
  NOT_THE_MERCHANT: "not in this shop",
  NOT_THE_TENDER: "not with this payment",
  NOT_THE_TIER: "for another status",
  NO_BIRTHDAY: "not around the birthday",
  NO_OFFER: "no offer now",
  NO_PAPER: "no paper card",
  NO_PREPAID: "no prepaid account",
  NO_SUCH_CARD: "unknown card number",
  NO_SUCH_GIFT: "not in the catalogue",
  OTHER_IS_BETTER: "a better one was given",
  RULE_THREW: "rule out of order",
  SAME_CARD: "same card",
  SEEN_BEFORE: "at the first visit only",
  SEEN_LATELY: "after a long absence",
  STEP_BUDGET: "programme out of order",
  TOO_LATE: "too late",
  WRONG_MERCHANT: "another shop",
};

/** Words of receipts, in English. */
export const en: ReceiptMessages = {
  money,
  short: (cents) => money(cents).replace(".00", ""),
  gain: (cents) => `+${money(cents)}`,
  loss: (cents) => `-${money(cents)}`,
  more: (what) => `+${what}`,
  change: (sign, unit, count) => {
    const [one, many] =
      unit === "points" ? ["point", "points"] : unit === "units" ? ["unit", "units"] : ["visit", "visits"];
    return `${sign}${count} ${count === 1 ? one : many}`;
  },
  card: (masked) => `Card ${masked}`,
  ticket: (name) => `Ticket ${name}`,
  list: (one, other) => `${one}, ${other}`,
  and: (one, other) => `${one} and ${other}`,
  inDoubt: () => "Card left too early: present it again",
  total: () => "Total",
  discount: () => "Discount",
  spent: () => "Paid from rewards",
  toPay: () => "Left to pay",
  earned: () => "Rewards earned",
  balance: () => "Rewards balance",
  toldBalance: () => "At the last statement",
  toAccount: () => "What is earned today is put on the account by the office",
  duplicate: () => "DUPLICATE",
  training: () => "TRAINING",
  trainingOnly: () => "Nothing is written: a ticket of no value",
  withCard: (what) => `With the card: ${what} on this ticket`,
  passages: (count) => (count === 1 ? "1 visit" : `${count} visits`),
  stampsLeft: (count, grid, left) => `${count}/${grid} - ${left} ${left === 1 ? "visit" : "visits"} to go`,
  off: (amount) => `${amount} off`,
  available: (what) => `Available: ${what}`,
  missing: (what) => `${what} to go`,
  ends: (what, isMany, date) => `${what} ${isMany ? "expire" : "expires"} on ${date}`,
  takenBack: () => "Taken back",
  putBack: () => "Put back on the card",
  rewardReached: (label) => `GOAL REACHED - ${label.toUpperCase()}`,
  notCommitted: (programme) => `${programme}: not written, present the card again`,
  topUp: () => "Top-up",
  refund: () => "REFUND",
  closing: () => "ACCOUNT CLOSED",
  paper: () => "PAPER CARD TAKEN OVER",
  paperStamps: () => "Visits taken over",
  refundLines: () => "Lines",
  payOut: () => "To hand back",
  given: () => "GIVEN TO ANOTHER CARD",
  leaves: () => "Leaves this card",
  comes: () => "Comes to this card",
  received: (ticket) => `RECEIVED FROM TICKET ${ticket}`,
  addedAfterwards: () => "Added afterwards, ticket",
  paidByPrepaid: () => "Paid by the card",
  prepaidBalance: () => "Prepaid balance",
  recharge: () => "Think of topping up",
  rechargeFor: (paid, bonus) => `Top up ${paid} = ${bonus} free`,
  giveBack: () => "HAND BACK TO THE CUSTOMER",
  giveBackOf: (ticket) => `Top-up not done ${ticket}`,
  counted,
  unitsLeft: (left) => (left === 0 ? "none left" : `${left} left`),
  unitsBalance: (unitName) => `Balance of ${pluralOf(unitName)}`,
  paidOut: (what) => `Paid out: ${what}`,
  lost: (what) => `Lost: ${what}`,
  ofPrepaid: () => "prepaid balance",
  ofBonus: () => "bonus balance",
  ofCagnotte: () => "rewards",
  membershipEnds: () => "Membership ended",
  nothingAdded: (reason) => `Nothing written: ${WHY_NOTHING[reason] ?? reason}`,
  pointsBalance: (unitName) => `Balance of ${unitName}`,
  pointsEarned: (unitName) => `${unitName} earned`,
  pointsTaken: (unitName) => `${unitName} used`,
  bonusIncluded: () => "of which bonus",
  lastsUntil: (date) => `to be used by ${date}`,
  tier: () => "Status",
  toNextTier: (name) => `To reach ${name}`,
  tierAtRisk: (name, date) => `Status ${name} to be confirmed by ${date}`,
  offer: () => "Offer for you",
  club: () => "Membership",
  until: (date) => `until ${date}`,
  clubOver: () => "to be renewed",
  challenge: () => "Shop challenge",
  referral: () => "Recommendation",
  referrer: (card) => `Recommended by card ${card}`,
  parking: () => "Free parking",
  minutes: (count) => `${count} min`,
  parkingUntil: (moment) => `to be used by ${moment}`,
  entries: (count) => (count === 1 ? "1 entry in the draw" : `${count} entries in the draw`),
  expired: () => "expired",
  why: (reason) => WHY_NOTHING[reason] ?? reason,
  restored: () => "Card restored",
  creditsWait: () => "Credits are waiting: ask at the counter",
};
