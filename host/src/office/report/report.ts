import { CARD_EPOCH_SECONDS, type Day } from "@cachet/card-layout";
import { snapshot } from "../../ports/database/index.ts";
import { type Owed, owedTo } from "../owed.ts";
import type { Ledger } from "../schema.ts";
import { type SilentTerminal, silentTerminals } from "../silence.ts";
import { byWorth, type Client, clientOf } from "./clients.ts";
import { Exchange, type Matrix } from "./matrix.ts";
import { type LastStep, type OnCards, onCards } from "./on-cards.ts";
import { EVER, eachLife, firstUse, lastSteps } from "./steps.ts";
import { Counting, type MerchantTrade, NO_TRADE, type Trade } from "./visits.ts";
import { NO_TERMS, type Terms } from "./worth.ts";

/** Value that nobody came to spend, by unit. */
export interface Breakage {
  readonly programme: number;
  readonly unit: string;
  /** What was over or lost so far. */
  readonly amount: number;
  /** What may be expected of the value on cards that has a last day: as large a part of it as was over before. */
  readonly expected: number;
}

/** What an association looks at: the town's trade in some days, who gave what was spent where, and what is on cards at their end. */
export interface Report extends Trade {
  /** Days since 2000; null where there is no such end. */
  readonly from: Day | null;
  readonly to: Day | null;
  readonly merchants: readonly MerchantTrade[];
  readonly matrix: Matrix;
  /** By the books; of the report for one merchant, by the last records of its cards. */
  readonly outstandingCents: number;
  readonly outstandingStamps: number;
  readonly onCards: OnCards;
  readonly breakage: readonly Breakage[];
  /** Areas whose outcome is not known yet. */
  readonly inDoubt: number;
  readonly silent: readonly SilentTerminal[];
  readonly owed: readonly Owed[];
  /** Of the report for one merchant: the cards that were first used there. */
  readonly clients: readonly Client[] | null;
}

export interface ReportOptions {
  readonly from?: Day;
  readonly to?: Day;
  /** UTC seconds. */
  readonly now: number;
  /** A terminal is silent after so many days. */
  readonly silentDays: number;
  /** Only what is this merchant's own. */
  readonly merchant?: number;
  readonly terms?: Terms;
}

const DAY_SECONDS = 86_400;

/** What an account of each kind holds at the end of a day, and what left it until then. */
interface AccountSum {
  readonly account: string;
  readonly programme: number;
  readonly unit: string;
  readonly amount: number;
  readonly out: number;
}

/** One look at all postings answers everything that is asked of them. */
function accounts(ledger: Ledger, to: Day): Promise<AccountSum[]> {
  return ledger
    .selectFrom("posting")
    .select(({ fn, eb }) => [
      "account",
      "programme",
      "unit",
      fn.sum<number>("amount").as("amount"),
      fn.sum<number>(eb.case().when("amount", "<", 0).then(eb.ref("amount")).else(0).end()).as("out"),
    ])
    .where("day", "<=", to)
    .groupBy(["account", "programme", "unit"])
    .orderBy("account")
    .orderBy("programme")
    .orderBy("unit")
    .execute();
}
/** Accounts of others than holders, merchants and the programme: most programmes have none. */
const OWED: readonly string[] = ["owed", "promised"];

const amountOf = (sums: readonly AccountSum[], account: string, unit: string): number =>
  sums.reduce((sum, one) => (one.account === account && one.unit === unit ? sum + one.amount : sum), 0);

/** What left cards unspent, beside all that left them, by programme and unit. */
function breakage(sums: readonly AccountSum[], { expiring }: OnCards): Breakage[] {
  return sums
    .filter(({ account }) => account === "breakage")
    .map(({ programme, unit, amount }) => {
      const isSame = (one: { readonly programme: number; readonly unit: string }) =>
        one.programme === programme && one.unit === unit;
      const left = -(sums.find((one) => one.account === "card" && isSame(one))?.out ?? 0);
      const open = expiring.reduce((sum, one) => (isSame(one) && one.until !== null ? sum + one.amount : sum), 0);
      return { programme, unit, amount, expected: left > 0 ? Math.floor((open * amount) / left) : 0 };
    });
}

async function doubts(ledger: Ledger, merchant: number | undefined): Promise<number> {
  const row = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .where("outcome", "=", "open")
    .$if(merchant !== undefined, (all) => all.where("merchant", "=", merchant!))
    .executeTakeFirst();
  return row?.n ?? 0;
}

/** The beginning of a day by UTC: near enough to count years. */
const secondsOf = (day: Day): number => CARD_EPOCH_SECONDS + day * DAY_SECONDS;

/** What the books say of some local days, both included, and of the cards at their end, all as it stands at one moment. Looks only. */
export const report = (ledger: Ledger, options: ReportOptions): Promise<Report> =>
  snapshot(ledger, (books) => reportOf(books, options));

async function reportOf(
  ledger: Ledger,
  { from, to, now, silentDays, merchant, terms = NO_TERMS }: ReportOptions,
): Promise<Report> {
  const days = { from: from ?? EVER.from, to: to ?? EVER.to };
  const [counting, exchange] = [new Counting(days), new Exchange(days)];
  const [last, own]: [LastStep[], Client[]] = [[], []];
  await eachLife(ledger, days.to, (card, life) => {
    counting.add(life);
    exchange.add(life);
    const client = merchant === undefined ? null : clientOf(card, life, merchant, days);
    if (client !== null) own.push(client);
    else if (merchant !== undefined) return;
    const firstUsed = firstUse(life).utc;
    for (const step of lastSteps(life)) last.push({ step, firstUsed });
  });
  const sums = await accounts(ledger, days.to);
  const held = (unit: string) => amountOf(sums, "card", unit);
  const cards = await onCards(ledger, last, terms, to === undefined ? now : Math.min(now, secondsOf(to + 1)));
  const all: Report = {
    ...counting.town,
    from: from ?? null,
    to: to ?? null,
    merchants: counting.merchants,
    matrix: exchange.matrix(),
    outstandingCents: held("cents"),
    outstandingStamps: held("stamps"),
    onCards: cards,
    breakage: breakage(sums, cards),
    inDoubt: await doubts(ledger, merchant),
    silent: await silentTerminals(ledger, now, silentDays),
    owed: OWED.some((account) => sums.some((one) => one.account === account)) ? await owedTo(ledger) : [],
    clients: null,
  };
  return merchant === undefined ? all : ofMerchant(all, merchant, own.sort(byWorth));
}

/** What of a report is a merchant's own: nothing that tells of cards that were first used elsewhere, nor of the town. `onCards` is of its own. */
function ofMerchant(all: Report, merchant: number, own: readonly Client[]): Report {
  const { cells, rows, columns } = all.matrix;
  const held = (unit: string) => all.onCards.held.reduce((sum, one) => (one.unit === unit ? sum + one.amount : sum), 0);
  const paidHere = columns.filter((column) => column.merchant === merchant);
  const line = all.merchants.find((one) => one.merchant === merchant);
  const { merchant: _, ...trade } = line ?? { ...NO_TRADE, merchant };
  return {
    ...all,
    ...trade,
    merchants: line === undefined ? [] : [line],
    matrix: {
      cells: cells.filter((cell) => cell.issuer === merchant || cell.merchant === merchant),
      rows: rows.filter(({ issuer }) => issuer === merchant),
      columns: paidHere,
      totalCents: paidHere.reduce((sum, { paidCents }) => sum + paidCents, 0),
    },
    outstandingCents: held("cents"),
    outstandingStamps: held("stamps"),
    breakage: [],
    owed: [],
    silent: all.silent.filter((one) => one.merchant === merchant),
    clients: own,
  };
}
