import type { ReceiptTexts } from "../hal/index.ts";
import { type Check, fields, fieldsOf, maybe, name, oneOf, text, truth, whole } from "./shown.ts";

const LINES_MAX = 2_000;
/** Characters of a line that are told. */
const SHOWN_MAX = 200;
/** How deep sentences stand in sentences: a list of everything that a sale brought. */
const DEPTH_MAX = 100;

type Kind = "number" | "boolean" | "sign" | "string" | "said";

/** What a part of a sentence is. */
type Part<Of> = [Of] extends [number]
  ? "number"
  : [Of] extends [boolean]
    ? "boolean"
    : [Of] extends ["+" | "-"]
      ? "sign"
      : [Of] extends [string]
        ? "string"
        : "said";

type Parts<Of extends readonly unknown[]> = { readonly [Place in keyof Of]: Part<Of[Place]> };

/** Parts of each sentence. A sentence that is missing here, or has others, does not compile. */
const SENTENCES: { readonly [Name in keyof ReceiptTexts]: Parts<ReceiptTexts[Name]> } = {
  money: ["number"],
  short: ["number"],
  gain: ["number"],
  loss: ["number"],
  counted: ["number", "string"],
  more: ["said"],
  change: ["sign", "string", "number"],
  card: ["string"],
  ticket: ["string"],
  inDoubt: [],
  duplicate: [],
  training: [],
  trainingOnly: [],
  total: [],
  discount: [],
  spent: [],
  toPay: [],
  earned: [],
  balance: [],
  toldBalance: [],
  toAccount: [],
  withCard: ["said"],
  and: ["said", "said"],
  list: ["said", "said"],
  passages: ["number"],
  stampsLeft: ["number", "number", "number"],
  rewardReached: ["string"],
  off: ["said"],
  available: ["said"],
  missing: ["said"],
  ends: ["said", "boolean", "string"],
  takenBack: [],
  putBack: [],
  notCommitted: ["string"],
  topUp: [],
  refund: [],
  refundLines: [],
  closing: [],
  paper: [],
  paperStamps: [],
  payOut: [],
  given: [],
  leaves: [],
  comes: [],
  received: ["string"],
  addedAfterwards: [],
  paidByPrepaid: [],
  prepaidBalance: [],
  recharge: [],
  rechargeFor: ["said", "said"],
  giveBack: [],
  giveBackOf: ["string"],
  unitsLeft: ["number"],
  unitsBalance: ["string"],
  paidOut: ["said"],
  lost: ["said"],
  ofPrepaid: [],
  ofBonus: [],
  ofCagnotte: [],
  membershipEnds: [],
  nothingAdded: ["string"],
  why: ["string"],
  pointsBalance: ["string"],
  pointsEarned: ["string"],
  pointsTaken: ["string"],
  bonusIncluded: [],
  lastsUntil: ["string"],
  tier: [],
  toNextTier: ["string"],
  tierAtRisk: ["string", "string"],
  offer: [],
  club: [],
  until: ["string"],
  clubOver: [],
  challenge: [],
  referral: [],
  referrer: ["string"],
  parking: [],
  minutes: ["number"],
  parkingUntil: ["string"],
  entries: ["number"],
  expired: [],
  restored: [],
  creditsWait: [],
  expiredOn: ["said", "boolean", "string"],
  noVisits: [],
  keepTicket: [],
};

const partChecks: Readonly<Record<Kind, (depth: number) => Check>> = {
  number: () => whole,
  boolean: () => truth,
  sign: () => oneOf("+", "-"),
  string: () => text,
  said: (depth) => said(depth + 1),
};

/** A text, or a sentence whose parts are all there. One that only a newer app knows is printed by its name. */
const said =
  (depth: number): Check =>
  (value) => {
    const sentence = fieldsOf(value);
    if (sentence === null) return text(value);
    const { say, of } = sentence;
    if (depth === DEPTH_MAX || !name(say) || !Array.isArray(of)) return false;
    if (!Object.hasOwn(SENTENCES, say as string)) return true;
    const parts: readonly Kind[] = SENTENCES[say as keyof ReceiptTexts];
    return of.length === parts.length && parts.every((part, place) => partChecks[part](depth)(of[place]));
  };

const strong = maybe(oneOf(true));
const LINES: Readonly<Record<string, Check>> = {
  title: fields({ text: said(0) }),
  text: fields({ text: said(0), strong }),
  row: fields({ left: said(0), right: said(0), strong }),
  code: fields({ text: (value) => typeof value === "string" && /^[0-9A-Z]{1,384}$/.test(value) }),
  separator: fields({}),
  keys: fields({}),
  rule: fields({ rule: fields({ kind: name }) }),
};
const line: Check = (value) => {
  const kind = fieldsOf(value)?.line;
  return typeof kind === "string" && Object.hasOwn(LINES, kind) && LINES[kind]!(value);
};

/** What is wrong with a receipt that an app prints, in one sentence; null where nothing is. */
export function receiptFault(receipt: unknown): string | null {
  if (!Array.isArray(receipt) || receipt.length > LINES_MAX) return `it is no list of at most ${LINES_MAX} lines`;
  const wrong = receipt.findIndex((one) => !line(one));
  return wrong < 0 ? null : `line ${wrong + 1} is ${JSON.stringify(receipt[wrong]).slice(0, SHOWN_MAX)}`;
}
