/** Everything that a receipt can say, and what belongs to it: amounts in cents, names as they are written. */
export interface ReceiptTexts {
  money: readonly [cents: number];
  /** An amount in a sentence, whole euros without their cents. */
  short: readonly [cents: number];
  gain: readonly [cents: number];
  loss: readonly [cents: number];
  /** So many of what a rule counts, by its name in the programme. */
  counted: readonly [value: number, name: string];
  more: readonly [what: Said];
  /** So many points, units or stamps that come or go. */
  change: readonly [sign: "+" | "-", unit: string, count: number];
  card: readonly [masked: string];
  ticket: readonly [name: string];
  inDoubt: readonly [];
  duplicate: readonly [];
  training: readonly [];
  trainingOnly: readonly [];
  total: readonly [];
  discount: readonly [];
  spent: readonly [];
  toPay: readonly [];
  earned: readonly [];
  balance: readonly [];
  toldBalance: readonly [];
  toAccount: readonly [];
  keepTicket: readonly [];
  withCard: readonly [what: Said];
  and: readonly [one: Said, other: Said];
  list: readonly [one: Said, other: Said];
  passages: readonly [count: number];
  stampsLeft: readonly [count: number, grid: number, left: number];
  rewardReached: readonly [label: string];
  off: readonly [amount: Said];
  available: readonly [what: Said];
  missing: readonly [what: Said];
  ends: readonly [what: Said, isMany: boolean, date: string];
  takenBack: readonly [];
  putBack: readonly [];
  notCommitted: readonly [programme: string];
  topUp: readonly [];
  refund: readonly [];
  refundLines: readonly [];
  closing: readonly [];
  paper: readonly [];
  paperStamps: readonly [];
  payOut: readonly [];
  given: readonly [];
  leaves: readonly [];
  comes: readonly [];
  received: readonly [ticket: string];
  addedAfterwards: readonly [];
  paidByPrepaid: readonly [];
  prepaidBalance: readonly [];
  recharge: readonly [];
  rechargeFor: readonly [paid: Said, bonus: Said];
  giveBack: readonly [];
  giveBackOf: readonly [ticket: string];
  unitsLeft: readonly [left: number];
  unitsBalance: readonly [unitName: string];
  paidOut: readonly [what: Said];
  lost: readonly [what: Said];
  ofPrepaid: readonly [];
  ofBonus: readonly [];
  ofCagnotte: readonly [];
  membershipEnds: readonly [];
  /** `reason` is a code of docs/formats. */
  nothingAdded: readonly [reason: string];
  why: readonly [reason: string];
  pointsBalance: readonly [unitName: string];
  pointsEarned: readonly [unitName: string];
  pointsTaken: readonly [unitName: string];
  bonusIncluded: readonly [];
  lastsUntil: readonly [date: string];
  tier: readonly [];
  toNextTier: readonly [name: string];
  tierAtRisk: readonly [name: string, date: string];
  offer: readonly [];
  club: readonly [];
  until: readonly [date: string];
  clubOver: readonly [];
  challenge: readonly [];
  referral: readonly [];
  referrer: readonly [card: string];
  parking: readonly [];
  minutes: readonly [count: number];
  parkingUntil: readonly [moment: string];
  entries: readonly [count: number];
  expired: readonly [];
  restored: readonly [];
  creditsWait: readonly [];
  expiredOn: readonly [what: Said, isMany: boolean, date: string];
  noVisits: readonly [];
}

/** A sentence by its name, never in words, and what `ReceiptTexts` says that belongs to it: the port words it. */
export interface Sentence {
  readonly say: keyof ReceiptTexts;
  readonly of: readonly (Said | number | boolean)[];
}

/** A text as it is written, or a sentence in the language of the paper. */
export type Said = string | Sentence;

/** One line of a receipt: what it says. Each port lays it out for its paper. */
export type ReceiptLine<Text = Said> =
  /** Large, in the middle. */
  | { readonly line: "title"; readonly text: Text }
  /** A sentence; one that is not to be overlooked is `strong`, and stands in the middle. */
  | { readonly line: "text"; readonly text: Text; readonly strong?: true }
  /** A label, and an amount or a word at the right edge. */
  | { readonly line: "row"; readonly left: Text; readonly right: Text; readonly strong?: true }
  /** A QR code, to be scanned later: Base32, upper case. */
  | { readonly line: "code"; readonly text: string }
  | { readonly line: "separator" };

/** A rule as it lies in the image: plain data by its kind (`Rule` in rules/programme.ts). */
export type RuleFacts = Readonly<Record<string, unknown>>;

/** What the port says by itself: what its keys do, or a rule in few words. Each becomes as many lines as it needs. */
export type SheetLine = { readonly line: "keys" } | { readonly line: "rule"; readonly rule: RuleFacts };

/** A receipt, from its head to its foot, as the app says it. */
export type Receipt = readonly (ReceiptLine | SheetLine)[];

/** A receipt in the words of a language. */
export type WrittenReceipt = readonly ReceiptLine<string>[];
