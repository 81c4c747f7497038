import { CARD_EPOCH_SECONDS, type Day } from "@cachet/card-layout";
import { LAST_OF_DAYS } from "../last-records.ts";
import { outstanding } from "../ledger.ts";
import { type Owed, owedTo } from "../owed.ts";
import type { Ledger } from "../schema.ts";
import { type Client, clients } from "./clients.ts";
import { type Matrix, matrix } from "./matrix.ts";
import { type OnCards, onCards } from "./on-cards.ts";
import { type FirstUse, firstUses, type MerchantTrade, NO_TRADE, type Trade, trade } from "./visits.ts";
import { NO_TERMS, type Terms } from "./worth.ts";

/** A terminal that has not been heard of for some days. */
export interface SilentTerminal {
  readonly terminal: number;
  readonly merchant: number;
  /** Its last entry that is imported, UTC seconds; null where it never sent any. */
  readonly lastHeard: number | null;
}

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
  /** By the books. */
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

async function silentTerminals(ledger: Ledger, since: number): Promise<SilentTerminal[]> {
  const rows = await ledger
    .selectFrom("terminal")
    .leftJoin("entry", (join) =>
      join.onRef("entry.terminal", "=", "terminal.number").onRef("entry.number", "=", "terminal.imported_to"),
    )
    .select(["terminal.number as terminal", "terminal.merchant", "entry.utc as lastHeard"])
    .orderBy("terminal.number")
    .execute();
  return rows.filter(({ lastHeard }) => lastHeard === null || lastHeard < since);
}

/** What left cards unspent, and what left them otherwise, by programme and unit. */
async function breakage(ledger: Ledger, to: Day, { expiring }: OnCards): Promise<Breakage[]> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["programme", "unit", fn.sum<number>("amount").as("amount")])
    .where("account", "=", "breakage")
    .where("day", "<=", to)
    .groupBy(["programme", "unit"])
    .orderBy("programme")
    .orderBy("unit")
    .execute();
  const left = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["programme", "unit", fn.sum<number>("amount").as("amount")])
    .where("account", "=", "card")
    .where("day", "<=", to)
    .where("amount", "<", 0)
    .groupBy(["programme", "unit"])
    .execute();
  return rows.map(({ programme, unit, amount }) => {
    const all = -(left.find((one) => one.programme === programme && one.unit === unit)?.amount ?? 0);
    const dated = expiring.filter((one) => one.programme === programme && one.unit === unit && one.until !== null);
    const open = dated.reduce((sum, one) => sum + one.amount, 0);
    return { programme, unit, amount, expected: all > 0 ? Math.floor((open * amount) / all) : 0 };
  });
}

async function doubts(ledger: Ledger): Promise<number> {
  const row = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .where("outcome", "=", "open")
    .executeTakeFirst();
  return row?.n ?? 0;
}

/** The beginning of a day by UTC: near enough to count years. */
const secondsOf = (day: Day): number => CARD_EPOCH_SECONDS + day * DAY_SECONDS;

/** What the books say of some local days, both included, and of the cards at their end. Looks only. */
export async function report(
  ledger: Ledger,
  { from, to, now, silentDays, merchant, terms = NO_TERMS }: ReportOptions,
): Promise<Report> {
  const days = { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? LAST_OF_DAYS };
  const first = await firstUses(ledger, days.to);
  const { town, merchants } = await trade(ledger, days, first);
  const at = to === undefined ? now : Math.min(now, secondsOf(to + 1));
  const cards = await onCards(ledger, days.to, terms, { firstUsed: (card) => first.get(card)?.utc ?? 0, at });
  const all: Report = {
    ...town,
    from: from ?? null,
    to: to ?? null,
    merchants,
    matrix: await matrix(ledger, days),
    outstandingCents: await outstanding(ledger, "cents", days.to),
    outstandingStamps: await outstanding(ledger, "stamps", days.to),
    onCards: cards,
    breakage: await breakage(ledger, days.to, cards),
    inDoubt: await doubts(ledger),
    silent: await silentTerminals(ledger, now - silentDays * DAY_SECONDS),
    owed: await owedTo(ledger),
    clients: null,
  };
  return merchant === undefined ? all : ofMerchant(all, merchant, first, await clients(ledger, merchant, days, first));
}

/** What of a report is a merchant's own: nothing that tells of cards that were first used elsewhere. */
function ofMerchant(
  all: Report,
  merchant: number,
  first: ReadonlyMap<number, FirstUse>,
  own: readonly Client[],
): Report {
  const { cells, rows, columns, totalCents } = all.matrix;
  const line = all.merchants.find((one) => one.merchant === merchant);
  const { merchant: _, ...trade } = line ?? { ...NO_TRADE, merchant };
  return {
    ...all,
    ...trade,
    merchants: line === undefined ? [] : [line],
    matrix: {
      cells: cells.filter((cell) => cell.issuer === merchant || cell.merchant === merchant),
      rows: rows.filter(({ issuer }) => issuer === merchant),
      columns: columns.filter((column) => column.merchant === merchant),
      totalCents,
    },
    onCards: { ...all.onCards, worn: all.onCards.worn.filter(({ card }) => first.get(card)?.merchant === merchant) },
    silent: all.silent.filter((one) => one.merchant === merchant),
    clients: own,
  };
}
