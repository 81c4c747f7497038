import type { Purse } from "@cachet/card-layout";
import { ArithmeticFault, sum, whole } from "./arithmetic.ts";
import { topUpPrepaid } from "./prepaid.ts";
import type { Programme } from "./programme.ts";
import { notesOf, runStages } from "./rule-kinds.ts";
import { type Effect, type Facts, type Note, type Sale, type Skipped, Working } from "./working.ts";

/** What a visit comes to under one programme. Nothing has happened yet: this is a proposal. */
export interface Evaluation {
  readonly programme: number;
  readonly version: number;
  readonly effects: readonly Effect[];
  /** The purses as they will stand on the card. */
  readonly newPurses: readonly Purse[];
  readonly receipt: readonly Note[];
  readonly skipped: readonly Skipped[];
  /** Cents taken off each line by this programme, for the one evaluated after it. */
  readonly discounts: readonly number[];
  readonly redeemed: readonly number[];
  /** The part of `redeemed` that prepaid money paid by itself. */
  readonly prepaid: readonly number[];
  readonly freed: readonly number[];
  /** Cents of the base that earned. */
  readonly earningBase: number;
  /** Cents left to pay by other means, tip included, after this programme and those before it. Of a top-up: the cash it takes. */
  readonly payable: number;
}

/** Largest basket, tip included: keeps every product of two amounts exact. */
export const SALE_CENTS_MAX = 90_000_000;
/** Most lines of a sale, most units in all of them together, and longest category: a journal entry has a size. */
const SALE_LINES_MAX = 100;
const SALE_UNITS_MAX = 9_999;
const CATEGORY_MAX = 40;

function checkCounts(counts: readonly (readonly [name: string, value: number])[]): void {
  for (const [name, value] of counts) {
    if (whole(value, name) < 0) throw new ArithmeticFault(`${name} is ${value}, less than nothing`);
  }
}

function checkSale(sale: Sale): void {
  if (sale.lines.length === 0) throw new ArithmeticFault("a sale has at least one line");
  checkCounts([
    ["tip", sale.tip],
    ...sale.lines.map(({ amount }, i) => [`line ${i + 1} amount`, amount] as const),
    ...sale.lines.map(({ quantity }, i) => [`line ${i + 1} quantity`, quantity] as const),
    ["redeem", typeof sale.redeem === "number" ? sale.redeem : 0],
  ]);
  if (sale.prepaid !== undefined && sale.prepaid !== "none") throw new ArithmeticFault(`prepaid is "${sale.prepaid}"`);
  if (sale.lines.length > SALE_LINES_MAX)
    throw new ArithmeticFault(`${sale.lines.length} lines, at most ${SALE_LINES_MAX}`);
  if (sale.lines.some(({ quantity }) => quantity === 0)) throw new ArithmeticFault("a line has at least one unit");
  if (sale.lines.some(({ category }) => (category?.length ?? 0) > CATEGORY_MAX)) {
    throw new ArithmeticFault(`a category has at most ${CATEGORY_MAX} characters`);
  }
  const units = sum(sale.lines.map(({ quantity }) => quantity));
  if (units > SALE_UNITS_MAX) throw new ArithmeticFault(`the sale has ${units} units, at most ${SALE_UNITS_MAX}`);
  const total = sum(sale.lines.map(({ amount }) => amount)) + sale.tip;
  if (total > SALE_CENTS_MAX) throw new ArithmeticFault(`the sale comes to ${total} cents, at most ${SALE_CENTS_MAX}`);
}

function checkFacts(programme: Programme, { merchant, spentToday = 0 }: Facts): void {
  if (programme.merchants[merchant] === undefined) {
    throw new ArithmeticFault(`merchant ${merchant} is not in programme ${programme.number}`);
  }
  checkCounts([["spentToday", spentToday]]);
}

function conclude(work: Working, payable: number): Evaluation {
  const { programme, effects, skipped, discounts, redeemed, prepaid, freed } = work;
  const newPurses = work.newPurses();
  return {
    programme: programme.number,
    version: programme.version,
    effects,
    newPurses,
    receipt: notesOf(programme, newPurses, effects),
    skipped,
    discounts,
    redeemed,
    prepaid,
    freed,
    earningBase: work.eligible(work.openLines()),
    payable,
  };
}

/**
 * Evaluates a sale under one programme: a pure function, the same in the terminal, the office and a simulation.
 * `purses` are what the card holds of this programme, empty for a new card.
 * Throws `ArithmeticFault` on amounts that are not whole and non-negative; the programme must list the merchant.
 */
export function evaluate(programme: Programme, purses: readonly Purse[], sale: Sale, facts: Facts): Evaluation {
  checkSale(sale);
  checkFacts(programme, facts);
  const work = new Working(programme, purses, sale, facts);
  runStages(work);
  return conclude(work, sum(work.openLines()) + sale.tip);
}

function topUp(work: Working, amount: number): void {
  const rule = work.programme.rules.find(({ kind }) => kind === "prepaid");
  if (rule?.kind === "prepaid") topUpPrepaid(work, rule, amount);
  else {
    work.effects.push({
      type: "decline",
      rule: "",
      unit: "cents",
      value: amount,
      funder: "merchant",
      reason: "NO_PREPAID",
    });
  }
}

/**
 * Evaluates cash that a customer wants to put on the card: taken whole, or declined whole (`BELOW_MINIMUM`,
 * `ABOVE_MAXIMUM`, `CAP_BALANCE`, `NO_PREPAID`) with purses unchanged and nothing payable, so that all of it goes back.
 * Throws `ArithmeticFault` on an amount that is not whole and more than zero; the programme must list the merchant.
 */
export function evaluateTopUp(
  programme: Programme,
  purses: readonly Purse[],
  amount: number,
  facts: Facts,
): Evaluation {
  if (whole(amount, "top-up") <= 0) throw new ArithmeticFault(`top-up is ${amount}, not more than nothing`);
  if (amount > SALE_CENTS_MAX) throw new ArithmeticFault(`top-up is ${amount} cents, at most ${SALE_CENTS_MAX}`);
  checkFacts(programme, facts);
  const work = new Working(programme, purses, { lines: [], tip: 0 }, facts);
  topUp(work, amount);
  return conclude(work, sum(work.effects.flatMap(({ type, value }) => (type === "topup" ? value : []))));
}
