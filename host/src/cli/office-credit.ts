import { dayText } from "@cachet/card-layout";
import { type Credit, type CreditAmount, encodeCredit, readTicketName } from "@cachet/firmware/wire";
import { type Command, InvalidArgumentError } from "commander";
import { blockOf } from "../office/lists/blocked.ts";
import { addCredit, CreditedBefore, type CreditRow, type Source } from "../office/lists/credits.ts";
import { lastStates } from "../office/lists/last-state.ts";
import { creditTicket, NoTransfer } from "../office/lists/sources.ts";
import type { Ledger, LedgerTransaction } from "../office/schema.ts";
import { parseCard } from "./card-number.ts";
import { type Console, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { usageFailure } from "./key-file.ts";
import { warnOfUnknown } from "./known-here.ts";
import { amountText } from "./money.ts";
import { parseEuros, parseMerchant, parseProgramme, parseWhole } from "./numbers.ts";
import { officeDay } from "./office-day.ts";

const VALUE_MAX = 0xff_ff_ff;
const PURSES = ["cagnotte", "prepaid", "stamps", "points", "units"] as const;
/** Who pays for a gift of the association, as accounts number it (office/ledger.ts). */
const ASSOCIATION = 2;

interface CreditOptions extends Readonly<Partial<Record<(typeof PURSES)[number], number>>> {
  readonly programme?: number;
  readonly purse: number;
  readonly source?: string;
  readonly merchant?: number;
  readonly label: string;
  readonly until?: number;
  readonly ticket?: { readonly terminal: number; readonly number: number };
}

const parseMoney = (text: string): number => parseEuros(text, 1, VALUE_MAX);
const parseCount = (text: string): number => parseWhole(text, "count", 1, VALUE_MAX);

function parseTicket(text: string) {
  const ticket = readTicketName(text);
  if (ticket === null) throw new InvalidArgumentError(`"${text}" is no ticket like T-0042-4332`);
  return ticket;
}

function amountsIn(options: CreditOptions): CreditAmount[] {
  const { purse: index } = options;
  return PURSES.flatMap((purse) => (options[purse] === undefined ? [] : [{ purse, index, value: options[purse] }]));
}

function usage(what: string, next: string): never {
  throw usageFailure(what, next);
}

/** Makes the credits that the options describe. */
function makerOf(card: number, options: CreditOptions) {
  const { ticket, programme, source, merchant, label, until } = options;
  const amounts = amountsIn(options);
  if (ticket !== undefined) {
    if (amounts.length > 0) usage("a ticket says itself what it is worth", "leave the amounts away");
    return (ledger: LedgerTransaction, day: number, at: number) => creditTicket(ledger, { ...ticket, card }, day, at);
  }
  if (amounts.length === 0)
    usage("nothing to credit was named", "name --prepaid, --cagnotte, --stamps, --points or --units, or --ticket");
  if (programme === undefined) usage("which programme was not said", "name it with --programme N");
  if (source === undefined || source.trim() === "")
    usage(
      "what it is for was not said",
      "name the order or the letter with --source: the same one is never credited twice",
    );
  const credit: Credit = { kind: "add", amounts, label, ...(until === undefined ? {} : { lastDay: until }) };
  try {
    encodeCredit(credit);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    usage(error.message, "shorten the label, or give fewer amounts");
  }
  const from: Source =
    merchant === undefined ? { account: "pays", holder: ASSOCIATION } : { account: "merchant", holder: merchant };
  const why = merchant === undefined ? ("gift" as const) : ("top-up" as const);
  return async (ledger: LedgerTransaction, day: number, at: number): Promise<CreditRow[]> => [
    await addCredit(ledger, { card, programme, credit, why, source, from }, day, at),
  ];
}

/** What a card cannot take any more would wait on the lists for ever. */
async function checkTakes(ledger: Ledger, card: number, options: CreditOptions, day: number): Promise<void> {
  const { until } = options;
  if (until !== undefined && until < day)
    throw usageFailure(`${dayText(until)} is over: nothing would come onto the card`, "give --until a day to come");
  const reason = await blockOf(ledger, card);
  if (reason !== null)
    throw new Failure("C-CREDIT-04", `card ${card} is blocked (${reason})`, "nothing was done", [
      reason === "replaced" ? "credit the card that took its place" : "let it go on first: cachet card block --lift",
    ]);
}

/** What a card's last record has no purse for: it may be to come, or never. In words; null where it has all. */
async function purseWarning(ledger: Ledger, card: number, options: CreditOptions): Promise<string | null> {
  const { programme } = options;
  const last = (await lastStates(ledger, card)).find((one) => one.programme === programme);
  if (last === undefined)
    return `the books know no record of card ${card} under programme ${programme ?? "of the ticket"}`;
  const { purses } = last.state;
  const missing = amountsIn(options).filter(
    ({ purse, index }) => !purses.some(({ kind, index: of }) => of === index && keeps(kind, purse)),
  );
  if (missing.length === 0) return null;
  return `the last record of card ${card} under programme ${programme} has no purse for ${missing.map(({ purse }) => purse).join(", ")}`;
}

/** Whether a purse on a card keeps what is credited: carrying, timed and with lots are kinds of the same. */
const keeps = (kind: string, wanted: string): boolean => `-${kind}-`.includes(`-${wanted}-`);

const wordsOf = ({ purse, value }: CreditAmount): string =>
  `${amountText(purse === "cagnotte" || purse === "prepaid" ? "cents" : purse, value)} ${purse}`;

async function inLedger<T>(ledger: Ledger, use: (ledger: LedgerTransaction) => Promise<T>): Promise<T> {
  try {
    return await ledger.transaction().execute(use);
  } catch (error) {
    if (error instanceof CreditedBefore)
      throw new Failure("C-CREDIT-01", error.message, "nothing was done", [
        "it is on its way, or on the card; another one needs a source of its own",
      ]);
    if (error instanceof NoTransfer)
      throw new Failure("C-CREDIT-02", error.message, "nothing was done", [
        "import the terminal's batches, and look at the ticket's number",
      ]);
    throw error;
  }
}

async function credit(console: Console, card: number, options: CreditOptions): Promise<void> {
  const make = makerOf(card, options);
  const [at, day] = [console.now(), officeDay(console.now())];
  await withLedger(console, async (ledger) => {
    await warnOfUnknown(console, ledger, { merchant: options.merchant });
    await checkTakes(ledger, card, options, day);
    const purse = options.ticket === undefined ? await purseWarning(ledger, card, options) : null;
    if (purse !== null)
      console.err(`warning: ${purse}; it comes onto the card only where the programme keeps one there\n`);
    const made = await inLedger(ledger, (transaction) => make(transaction, day, at));
    const amounts = amountsIn(options).map(wordsOf).join(", ");
    const until = options.until === undefined ? "" : `, until ${dayText(options.until)}`;
    tell(
      console,
      [
        ...made.map(
          ({ number, programme, source }) =>
            `credit ${number} of card ${card}, programme ${programme}: ${amounts === "" ? "" : `${amounts}, `}${source}${until}`,
        ),
        "it comes onto the card at its next tap anywhere, once terminals have the next list: cachet office lists",
      ],
      { credits: made.map(({ programme, number, why, source }) => ({ card, programme, number, why, source })) },
    );
  });
}

/** Registers `office credit`. */
export function creditCommand(office: Command, console: () => Console): void {
  office
    .command("credit")
    .description("put value on a card by the next list: a top-up paid elsewhere, a gift, value that left another card")
    .argument("<card>", "card number", parseCard)
    .option("--programme <n>", "programme of the purse", parseProgramme)
    .option("--prepaid <euros>", "prepaid money, 50.00", parseMoney)
    .option("--cagnotte <euros>", "money of the cagnotte", parseMoney)
    .option("--stamps <n>", "stamps", parseCount)
    .option("--points <n>", "points", parseCount)
    .option("--units <n>", "prepaid units", parseCount)
    .option("--purse <index>", "which purse of its kind", (text) => parseWhole(text, "purse", 0, 7), 0)
    .option("--source <text>", "what it is for, an order's number say: the same one is never credited twice")
    .option("--merchant <n>", "merchant who took the cash; left out, the association pays", parseMerchant)
    .option("--label <text>", "what the receipt calls it", "Crédit")
    .option("--until <date>", "last local day on which it may come onto the card", parseDate)
    .option(
      "--ticket <ticket>",
      "in place of all that: value that left a card with this ticket, with its days",
      parseTicket,
    )
    .action((card: number, options: CreditOptions) => credit(console(), card, options));
}
