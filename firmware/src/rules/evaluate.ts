import { type Lot, POINTS_MAX, type Purse } from "@cachet/card-layout";
import { closeAccount, giveValue, receiveValue } from "./account.ts";
import { ArithmeticFault, sum, whole } from "./arithmetic.ts";
import { baseProgramme } from "./base-programme.ts";
import { joinClub } from "./club.ts";
import { earningBaseOf } from "./earning.ts";
import type { Effect, Note, Skipped } from "./effect.ts";
import { cancelPaper, takePaper } from "./paper.ts";
import { topUpPrepaid } from "./prepaid.ts";
import type { Programme } from "./programme.ts";
import { cancelTopUp, type Refund, refundSale } from "./refund.ts";
import type { Facts, Line, Sale, Tender } from "./sale.ts";
import { beginDay, notesOf, runStages } from "./stages.ts";
import { fixedSteps, STEPS_MAX, StepsExhausted } from "./steps.ts";
import { buyPack } from "./units.ts";
import { FAULT_REASONS } from "./words.ts";
import { Working } from "./working.ts";

/** What can happen to a card in a programme. A sale need not name its kind. */
type SaleVisit = Sale & { readonly kind?: "sale" };
type OtherVisit =
  | { readonly kind: "top-up"; readonly amount: number }
  /** Units of the pack with this number, from 1. */
  | { readonly kind: "pack"; readonly rule: string; readonly pack: number }
  | { readonly kind: "join"; readonly rule: string }
  | Refund
  /** A top-up, by its stored effects, that is undone. */
  | { readonly kind: "cancel-top-up"; readonly effects: readonly Effect[] }
  /** So many stamps of a customer's paper card. */
  | { readonly kind: "paper"; readonly rule: string; readonly stamps: number }
  /** Stamps of a paper card, by their stored effects, that are taken off again. */
  | { readonly kind: "cancel-paper"; readonly effects: readonly Effect[] }
  /** Nothing is asked: what the day does by itself. */
  | { readonly kind: "look" }
  | { readonly kind: "close" }
  | { readonly kind: "give"; readonly rule: string; readonly value: number }
  | { readonly kind: "receive"; readonly rule: string; readonly lots: readonly Lot[] };

export type Visit = SaleVisit | OtherVisit;

export const isSale = (visit: Visit): visit is SaleVisit => visit.kind === undefined || visit.kind === "sale";

/** Largest basket, tip included: keeps every product of two amounts exact. */
export const SALE_CENTS_MAX = 90_000_000;
/** Most lines of a sale, most units in all of them together, and longest category: a journal entry has a size. */
const SALE_LINES_MAX = 100;
const SALE_UNITS_MAX = 9_999;
const CATEGORY_MAX = 40;
const TENDERS_MAX = 20;

function checkCount(value: number, name: string): void {
  if (whole(value, name) < 0) throw new ArithmeticFault(`${name} is ${value}, less than nothing`);
}

/** Checks one line; gives nothing. */
function checkLine({ amount, quantity, category }: Line, number: number): void {
  if ((amount | 0) !== amount || amount < 0) checkCount(amount, `line ${number} amount`);
  if ((quantity | 0) !== quantity || quantity < 0) checkCount(quantity, `line ${number} quantity`);
  if (quantity === 0) throw new ArithmeticFault("a line has at least one unit");
  if (category !== undefined && category.length > CATEGORY_MAX)
    throw new ArithmeticFault(`a category has at most ${CATEGORY_MAX} characters`);
}

function checkTenders(tenders: readonly Tender[]): void {
  if (tenders.length > TENDERS_MAX) throw new ArithmeticFault(`${tenders.length} tenders, at most ${TENDERS_MAX}`);
  for (const [i, { amount }] of tenders.entries()) checkCount(amount, `tender ${i + 1} amount`);
}

/** What a customer asks for with a sale. */
function checkWishes({ use, redeem, prepaid, gift, giftPoints, referredBy }: Sale): void {
  if (referredBy !== undefined) checkCount(referredBy, "referredBy");
  if (giftPoints !== undefined) {
    if (gift === undefined) throw new ArithmeticFault("giftPoints without a gift");
    if (whole(giftPoints, "giftPoints") < 1) throw new ArithmeticFault(`giftPoints is ${giftPoints}, not 1 or more`);
    if (giftPoints > POINTS_MAX) throw new ArithmeticFault(`giftPoints is ${giftPoints}, at most ${POINTS_MAX}`);
  }
  if (use !== undefined) checkCount(use, "use");
  if (typeof redeem === "number") checkCount(redeem, "redeem");
  if (typeof prepaid === "number") checkCount(prepaid, "prepaid");
  else if (prepaid !== undefined && prepaid !== "none") throw new ArithmeticFault(`prepaid is "${prepaid}"`);
}

function checkSale(sale: Sale): void {
  const { lines, tip, use = 0 } = sale;
  if (lines.length === 0 && use === 0) throw new ArithmeticFault("a sale has at least one line");
  if (lines.length > SALE_LINES_MAX) throw new ArithmeticFault(`${lines.length} lines, at most ${SALE_LINES_MAX}`);
  checkCount(tip, "tip");
  checkWishes(sale);
  let units = 0;
  let total = tip;
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    checkLine(line, i + 1);
    units += line.quantity;
    total += line.amount;
  }
  if (units > SALE_UNITS_MAX) throw new ArithmeticFault(`the sale has ${units} units, at most ${SALE_UNITS_MAX}`);
  if (total > SALE_CENTS_MAX) throw new ArithmeticFault(`the sale comes to ${total} cents, at most ${SALE_CENTS_MAX}`);
  if (sale.tenders !== undefined) checkTenders(sale.tenders);
}

function checkFacts(programme: Programme, { merchant, at, spentToday }: Facts): void {
  if (programme.merchants[merchant] === undefined) {
    throw new ArithmeticFault(`merchant ${merchant} is not in programme ${programme.number}`);
  }
  if (spentToday !== undefined) checkCount(spentToday, "spentToday");
  checkCount(at, "at");
}

/**
 * What a visit comes to under one programme. Nothing has happened yet: this is a proposal. What few ask for is worked out when
 * somebody does; a class, since a simulation makes millions of them.
 */
export class Evaluation {
  readonly #work: Working;
  readonly effects: readonly Effect[];
  /** The purses as they will stand on the card. */
  readonly newPurses: readonly Purse[];
  /** Cents left to pay by other means, tip included, after this programme and those before it. Of a top-up: the cash it takes. */
  readonly payable: number;

  constructor(work: Working, payable: number) {
    this.#work = work;
    this.effects = work.effects;
    this.newPurses = work.newPurses();
    this.payable = payable;
  }

  get programme(): number {
    return this.#work.programme.number;
  }

  get version(): number {
    return this.#work.programme.version;
  }

  get skipped(): readonly Skipped[] {
    return this.#work.skipped;
  }

  /** Cents taken off each line by this programme, for the one evaluated after it. */
  get discounts(): readonly number[] {
    return this.#work.taken.discounts;
  }

  get redeemed(): readonly number[] {
    return this.#work.taken.redeemed;
  }

  /** The part of `redeemed` that prepaid money paid by itself. */
  get prepaid(): readonly number[] {
    return this.#work.taken.prepaid;
  }

  /** The part of `redeemed` that lowers taxes, as discounts do. */
  get untaxed(): readonly number[] {
    return this.#work.taken.untaxed;
  }

  get freed(): readonly number[] {
    return this.#work.taken.freed;
  }

  get receipt(): readonly Note[] {
    const { programme, facts, now } = this.#work;
    return notesOf(programme, this.newPurses, this.effects, facts.clockSuspect ? null : now.day);
  }

  /** What is wrong with the programme, where this visit showed it: with `STEP_BUDGET` the base rule was evaluated instead. */
  get faults(): readonly Skipped[] {
    return this.skipped.filter(({ reason }) => FAULT_REASONS.includes(reason));
  }

  /** Steps that a sale took; more than `STEPS_MAX` where there are not enough. */
  get steps(): number {
    return this.#work.steps;
  }

  /** Cents that the programme's first saving rule earned on; what was left to pay, where there is none. */
  get earningBase(): number {
    return earningBaseOf(this.#work);
  }
}

const NO_SALE: Sale = { lines: [], tip: 0 };

function ruleOf<R extends { readonly id: string }>(rules: readonly R[], id: string): R {
  const rule = rules.find((candidate) => candidate.id === id);
  if (rule === undefined) throw new ArithmeticFault(`there is no rule "${id}" for this`);
  return rule;
}

function checkTopUp(amount: number): void {
  if (whole(amount, "top-up") <= 0) throw new ArithmeticFault(`top-up is ${amount}, not more than nothing`);
  if (amount > SALE_CENTS_MAX) throw new ArithmeticFault(`top-up is ${amount} cents, at most ${SALE_CENTS_MAX}`);
}

/**
 * Cash that a customer wants to put on the card: taken whole, or declined whole (`BELOW_MINIMUM`, `ABOVE_MAXIMUM`, `CAP_BALANCE`,
 * `NO_PREPAID`) with purses unchanged and nothing payable, so that all of it goes back.
 */
function topUp(work: Working, amount: number): void {
  checkTopUp(amount);
  const { prepaid } = work.plan;
  if (prepaid !== null) topUpPrepaid(work, prepaid, amount);
  else work.decline({ id: "", funder: "merchant" }, "cents", amount, "NO_PREPAID");
}

function happen(work: Working, visit: OtherVisit): void {
  switch (visit.kind) {
    case "top-up":
      topUp(work, visit.amount);
      return;
    case "pack":
      buyPack(work, ruleOf(work.plan.units, visit.rule), visit.pack);
      return;
    case "join":
      joinClub(work, ruleOf(work.plan.clubs, visit.rule));
      return;
    case "refund":
      refundSale(work, visit);
      return;
    case "cancel-top-up":
      cancelTopUp(work, visit.effects);
      return;
    case "paper":
      takePaper(work, ruleOf(work.plan.stamps, visit.rule), visit.stamps);
      return;
    case "cancel-paper":
      cancelPaper(work, visit.effects);
      return;
    case "close":
      closeAccount(work);
      return;
    case "give":
      giveValue(work, visit.rule, visit.value);
      return;
    case "receive":
      receiveValue(work, visit.rule, visit.lots);
      return;
    case "look":
  }
}

/** Cash that a visit takes: what was put on the card, packs and memberships. */
function cashTaken(effects: readonly Effect[]): number {
  return sum(
    effects.map(({ type, value, cents }) => (type === "topup" ? (cents ?? value) : type === "join" ? value : 0)),
  );
}

/** A journal entry has room for so many effects of one programme, and for so many of their shares of lines. */
const EFFECTS_MAX = 100;
const SHARES_MAX = 4_000;

const isTellable = ({ effects, sale }: Working): boolean =>
  effects.length <= EFFECTS_MAX && effects.length * sale.lines.length <= SHARES_MAX;

function sell(work: Working): Evaluation {
  runStages(work);
  return new Evaluation(work, sum(work.openLines()) + work.sale.tip);
}

/** A sale, by the whole programme, or by its base rule where that would take too many steps. */
function evaluateSale(programme: Programme, purses: readonly Purse[], sale: Sale, facts: Facts): Evaluation {
  const work = new Working(programme, purses, sale, facts);
  work.steps = fixedSteps(work.plan, sale.lines.length);
  try {
    if (work.steps > STEPS_MAX) throw new StepsExhausted("", work.steps);
    const sold = sell(work);
    if (!isTellable(work)) throw new StepsExhausted("", work.steps);
    return sold;
  } catch (error) {
    if (!(error instanceof StepsExhausted)) throw error;
    const base = new Working(baseProgramme(programme), purses, sale, facts);
    base.steps = error.steps;
    base.skip({ id: error.rule }, "STEP_BUDGET");
    return sell(base);
  }
}

/**
 * Evaluates a visit under one programme: a pure function, the same in the terminal, the office and a simulation.
 * `purses` are what the card holds of this programme, empty for a new card.
 * Throws `ArithmeticFault` on amounts that are not whole and non-negative; the programme must list the merchant.
 */
export function evaluate(programme: Programme, purses: readonly Purse[], visit: Visit, facts: Facts): Evaluation {
  checkFacts(programme, facts);
  if (isSale(visit)) {
    checkSale(visit);
    return evaluateSale(programme, purses, visit, facts);
  }
  const work = new Working(programme, purses, NO_SALE, facts);
  beginDay(work);
  happen(work, visit);
  return new Evaluation(work, cashTaken(work.effects));
}
