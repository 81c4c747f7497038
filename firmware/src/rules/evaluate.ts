import type { Purse, PurseKind } from "@cachet/card-layout";
import { ArithmeticFault, whole } from "./arithmetic.ts";
import { cagnottePurse, earnCagnotte, noteCagnotte, redeemCagnotte } from "./cagnotte.ts";
import type { Programme, Rule } from "./programme.ts";
import { noteStamps, offerFreeItems, stampsPurse, stampVisit } from "./stamps.ts";
import { type Effect, type Facts, type Note, type Sale, type Skipped, Working } from "./working.ts";

/**
 * The fixed order of an evaluation. A rule has its say in the stages that concern it and in no others, so that the
 * result does not depend on the order of the rules in the file.
 */
const STAGES = ["discounts", "redemption", "earning", "stamps"] as const;
type Stage = (typeof STAGES)[number];

type RuleOf<K extends Rule["kind"]> = Extract<Rule, { kind: K }>;
interface RuleKind<R> {
  /** The purse that a rule of this kind keeps on the card. */
  purse(rule: R): PurseKind;
  note(rule: R, purses: readonly Purse[], effects: readonly Effect[]): Note[];
  readonly stages: { readonly [S in Stage]?: (work: Working, rule: R) => void };
}

const KINDS: { readonly [K in Rule["kind"]]: RuleKind<RuleOf<K>> } = {
  stamps: { purse: stampsPurse, note: noteStamps, stages: { discounts: offerFreeItems, stamps: stampVisit } },
  cagnotte: {
    purse: cagnottePurse,
    note: noteCagnotte,
    stages: { redemption: redeemCagnotte, earning: earnCagnotte },
  },
};

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
  readonly freed: readonly number[];
  /** Cents of the base that earned. */
  readonly earningBase: number;
  /** Cents left to pay by other means, tip included, after this programme and those before it. */
  readonly payable: number;
}

const kindOf = (rule: Rule) => KINDS[rule.kind] as RuleKind<Rule>;

/** Rules in the order in which they speak within a stage, whatever their order in the file. */
function inOrder({ rules }: Programme): Rule[] {
  return [...rules].sort((a, b) => a.purse - b.purse || (a.id < b.id ? -1 : 1));
}

/** What a receipt says of a visit, from the effects of a programme and the purses after them. */
export function notesOf(programme: Programme, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  return inOrder(programme).flatMap((rule) => kindOf(rule).note(rule, purses, effects));
}

/** The purses a programme keeps on a card. */
export function pursesOf(programme: Programme): PurseKind[] {
  return programme.rules.map((rule) => kindOf(rule).purse(rule));
}

/** Largest basket, tip included: keeps every product of two amounts exact. */
export const SALE_CENTS_MAX = 90_000_000;
/** Most lines of a sale, most units in all of them together, and longest category: a journal entry has a size. */
const SALE_LINES_MAX = 100;
const SALE_UNITS_MAX = 9_999;
const CATEGORY_MAX = 40;

function checkSale(sale: Sale): void {
  if (sale.lines.length === 0) throw new ArithmeticFault("a sale has at least one line");
  const cents: [string, number][] = [
    ["tip", sale.tip],
    ...sale.lines.map(({ amount }, i): [string, number] => [`line ${i + 1} amount`, amount]),
    ...sale.lines.map(({ quantity }, i): [string, number] => [`line ${i + 1} quantity`, quantity]),
  ];
  if (typeof sale.redeem === "number") cents.push(["redeem", sale.redeem]);
  for (const [name, value] of cents) {
    if (whole(value, name) < 0) throw new ArithmeticFault(`${name} is ${value}, less than nothing`);
  }
  if (sale.lines.length > SALE_LINES_MAX)
    throw new ArithmeticFault(`${sale.lines.length} lines, at most ${SALE_LINES_MAX}`);
  if (sale.lines.some(({ quantity }) => quantity === 0)) throw new ArithmeticFault("a line has at least one unit");
  if (sale.lines.some(({ category }) => (category?.length ?? 0) > CATEGORY_MAX)) {
    throw new ArithmeticFault(`a category has at most ${CATEGORY_MAX} characters`);
  }
  const units = sale.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  if (units > SALE_UNITS_MAX) throw new ArithmeticFault(`the sale has ${units} units, at most ${SALE_UNITS_MAX}`);
  const total = sale.lines.reduce((sum, { amount }) => sum + amount, sale.tip);
  if (total > SALE_CENTS_MAX) throw new ArithmeticFault(`the sale comes to ${total} cents, at most ${SALE_CENTS_MAX}`);
}

/**
 * Evaluates a sale under one programme: a pure function, the same in the terminal, the office and a simulation.
 * `purses` are what the card holds of this programme, empty for a new card.
 * Throws `ArithmeticFault` on amounts that are not whole and non-negative; the programme must list the merchant.
 */
export function evaluate(programme: Programme, purses: readonly Purse[], sale: Sale, facts: Facts): Evaluation {
  checkSale(sale);
  if (programme.merchants[facts.merchant] === undefined) {
    throw new ArithmeticFault(`merchant ${facts.merchant} is not in programme ${programme.number}`);
  }
  const work = new Working(programme, purses, sale, facts);
  const rules = inOrder(programme);
  for (const stage of STAGES) {
    for (const rule of rules) kindOf(rule).stages[stage]?.(work, rule);
  }
  const open = work.openLines();
  const newPurses = work.newPurses();
  return {
    programme: programme.number,
    version: programme.version,
    effects: work.effects,
    newPurses,
    receipt: notesOf(programme, newPurses, work.effects),
    skipped: work.skipped,
    discounts: work.discounts,
    redeemed: work.redeemed,
    freed: work.freed,
    earningBase: work.eligible(open),
    payable: open.reduce((sum, amount) => sum + amount, 0) + sale.tip,
  };
}
