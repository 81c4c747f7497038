import type { ScreenName, ScreenTexts } from "../hal/index.ts";
import { type Check, fields, fieldsOf, flag, listOf, maybe, name, oneOf, orNull, text, truth, whole } from "./shown.ts";

/** Every line of a long ticket may be one. */
const CHOICES_MAX = 1_000;
const HELD_MAX = 64;

/** The longest is a telephone number of another country: 00 and fifteen digits (E.164). */
const typed: Check = (value) => typeof value === "string" && /^\d{0,17}$/.test(value);
const fault = maybe(oneOf("nothing", "too-much", "too-short", "no-time"));
const line = fields({ line: whole, cents: whole, chosen: maybe(flag) });
const choices = maybe(listOf((one) => name(one) || line(one), CHOICES_MAX));
const heldKinds = [
  fields({ cents: whole }),
  fields({ stamps: whole, grid: whole }),
  fields({ count: whole, of: text }),
] as const;
const held = listOf((one) => heldKinds.some((isKind) => isKind(one)), HELD_MAX);

/** What belongs to each screen. A screen that lacks a field here does not compile. */
const SCREENS: {
  readonly [Name in ScreenName]: { readonly [Field in keyof ScreenTexts[Name]]-?: Check };
} = {
  ready: { listDays: maybe(whole), nearlyFull: maybe(flag) },
  test: {},
  presentCard: { cents: maybe(whole) },
  presentAgain: {},
  callOff: {},
  otherCard: {},
  keepCard: {},
  oneCard: {},
  noCard: {},
  done: {},
  alreadyDone: {},
  nothingToDo: { reason: maybe(text) },
  inDoubt: {},
  topUpInDoubt: {},
  refused: { reason: text },
  saleAmount: { typed, fault },
  topUpAmount: { typed, fault },
  lateAmount: { typed, fault },
  lateTicket: { typed, fault },
  refundTicket: { typed, fault },
  refundLines: { ticket: whole },
  phone: { typed, fault },
  phoneCard: { card: whole },
  phoneUnknown: {},
  phoneWait: {},
  useCagnotte: { typed, fault, most: whole, balance: whole },
  reward: { label: text },
  sameSale: { minute: whole },
  collect: { cents: whole },
  collectAnew: { cents: whole, taken: whole },
  paymentUnsure: { cents: whole },
  notPaid: { due: whole },
  giveBack: { cents: whole },
  saleDone: { card: whole, earned: whole, spent: whole, held, reward: maybe(text) },
  topUpDone: { card: whole, cents: whole, held },
  refundDone: { cents: whole, onCard: whole },
  balance: { card: whole, held },
  cancelLast: {},
  noPaper: { code: maybe(text) },
  nothingToPrint: {},
  bankCard: {},
  unreadable: {},
  menu: {},
  settings: { language: text, beep: truth, paper: whole, collect: truth, closing: orNull(whole) },
  closing: { typed, fault },
  endOfDay: { visits: whole, earned: whole, spent: whole, waiting: whole, lateDays: whole },
  trainingOn: {},
  trainingOff: {},
  trained: { payable: whole },
  help: { page: whole },
};

/** What is wrong with a screen that an app shows, in one sentence; null where nothing is. A name that only a newer app knows is none of it. */
export function screenFault(screen: unknown): string | null {
  const given = fieldsOf(screen);
  if (given === null || !name(given.says)) return "it says nothing by a name";
  const says = given.says as string;
  const own: Readonly<Record<string, Check>> = Object.hasOwn(SCREENS, says) ? SCREENS[says as ScreenName] : {};
  const marked = maybe(whole);
  const wrong = Object.entries({ ...own, choices, marked, training: maybe(flag) }).find(
    ([field, check]) => !check(given[field]),
  );
  return wrong === undefined ? null : `"${wrong[0]}" of "${says}" is missing or not what belongs there`;
}
