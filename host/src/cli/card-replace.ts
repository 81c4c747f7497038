import { terminalName } from "@cachet/firmware/wire";
import type { Command } from "commander";
import { type CreditRow, creditOf, promisedBy } from "../office/lists/credits.ts";
import {
  awaited,
  beginReplacement,
  finishReplacement,
  type Moving,
  movingFrom,
  NoReplacement,
  type ReplacementRow,
  repairCard,
  replacementOf,
} from "../office/lists/replace.ts";
import type { Ledger, LedgerTransaction } from "../office/schema.ts";
import { cardBeside, parseCard } from "./card-number.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { usageFailure } from "./key-file.ts";
import { money } from "./money.ts";
import { parseProgramme, parseTerminal, parseWhole } from "./numbers.ts";
import { officeDay } from "./office-day.ts";

const NEXT = "terminals get it with the next list: cachet office lists, then cachet terminal push";

/** Does something in one transaction. Fails with C-CREDIT-03 where it cannot be done. */
async function inLedger<T>(ledger: Ledger, use: (ledger: LedgerTransaction) => Promise<T>): Promise<T> {
  try {
    return await ledger.transaction().execute(use);
  } catch (error) {
    if (!(error instanceof NoReplacement)) throw error;
    throw new Failure("C-CREDIT-03", error.message, "nothing was done", [
      "look at the numbers of the cards; card history tells what the books know of one",
    ]);
  }
}

const centsOf = (moving: readonly Moving[]): number =>
  moving.flatMap(({ credits }) => credits).reduce((sum, credit) => sum + (promisedBy(credit).get("cents") ?? 0), 0);

/** What a credit puts on a card, in words. */
function valueText(row: CreditRow, lang: "fr" | "en"): string {
  const parts = [...promisedBy(creditOf(row))].map(([unit, value]) =>
    unit === "cents" ? money(value, lang) : `${value} ${unit}`,
  );
  return parts.length === 0 ? row.why : parts.join(", ");
}

const creditLine = (row: CreditRow, { lang }: Console): string =>
  `credit ${row.number}, programme ${row.programme}: ${valueText(row, lang)}`;
const creditDocument = ({ card, programme, number, why }: CreditRow) => ({ card, programme, number, why });

async function begunOrKnown(
  ledger: Ledger,
  oldCard: number,
  newCard: number,
  day: number,
  at: number,
  isInUse: boolean,
) {
  const known = await replacementOf(ledger, oldCard);
  if (known === undefined) return inLedger(ledger, (one) => beginReplacement(one, oldCard, newCard, day, at, isInUse));
  if (known.new_card === newCard && known.moved_at === 0) return known;
  const what =
    known.new_card === newCard ? "has moved already" : `is being replaced by card ${known.new_card}, not ${newCard}`;
  throw new Failure("C-CREDIT-03", `card ${oldCard} ${what}`, "nothing was done", [
    "look at the numbers of both cards",
  ]);
}

interface ReplaceOptions {
  readonly now?: true;
  readonly inUse?: true;
}

async function replace(
  console: Console,
  oldCard: number,
  newText: string,
  { now, inUse }: ReplaceOptions,
): Promise<void> {
  const isNow = now === true;
  const newCard = cardBeside(oldCard, newText);
  if (newCard === null)
    throw usageFailure(`"${newText}" is no card`, "give the new card's number, or its serial at the same issuer");
  const [at, day] = [console.now(), officeDay(console.now())];
  await withLedger(console, async (ledger) => {
    const row = await begunOrKnown(ledger, oldCard, newCard, day, at, inUse === true);
    const waits = await awaited(ledger, row);
    const moving = await movingFrom(ledger, oldCard);
    const names = waits.map(({ terminal }) => terminalName(terminal));
    const isMoved = isNow || waits.length === 0;
    const credits = isMoved
      ? await inLedger(ledger, (transaction) => finishReplacement(transaction, row, day, at))
      : [];
    const left = [...new Set(moving.flatMap((one) => one.left))];
    const held = money(centsOf(moving), console.lang);
    const exposed = isMoved && waits.length > 0;
    tell(
      console,
      [
        `card ${oldCard} is blocked (replaced) from list ${row.version} on; card ${newCard} takes its place`,
        ...(isMoved
          ? credits.map((credit) => creditLine(credit, console))
          : [
              `its value (${held} by the books) waits until ${names.join(", ")} took that list and what they did is imported`,
              "run the command again then; the nightly list does it by itself. --now moves it at once",
            ]),
        ...(exposed
          ? [
              `EXPOSURE  ${held}, and credits already on older lists, may still be used with the old card at ${names.join(", ")}`,
            ]
          : []),
        ...(left.length > 0 ? [`not carried over: ${left.join(", ")}`] : []),
        NEXT,
      ],
      documentOf(row, names, credits, centsOf(moving), isMoved),
    );
  });
}

const documentOf = (
  row: ReplacementRow,
  waits: readonly string[],
  credits: readonly CreditRow[],
  cents: number,
  moved: boolean,
) => ({
  ...{ old: row.old_card, new: row.new_card, blocked_from_list: row.version, moved },
  awaited: waits,
  held_cents: cents,
  exposure_cents: moved && waits.length > 0 ? cents : 0,
  credits: credits.map(creditDocument),
});

interface RepairOptions {
  readonly programme: number;
  readonly terminal: number;
  readonly counter?: number;
}

async function repair(console: Console, card: number, options: RepairOptions): Promise<void> {
  const { programme, terminal, counter = null } = options;
  const [at, day] = [console.now(), officeDay(console.now())];
  await withLedger(console, async (ledger) => {
    const credits = await inLedger(ledger, (transaction) =>
      repairCard(transaction, { card, programme, terminal, counter }, day, at),
    );
    const lines = [
      `card ${card} gets its last record of programme ${programme} again at ${terminalName(terminal)}, once`,
      ...credits.map((credit) => creditLine(credit, console)),
      ...(counter === null
        ? [
            "a chip with a counter needs --counter: what card audit shows of it; any other use of the card in between ends the repair",
          ]
        : []),
      NEXT,
    ];
    tell(console, lines, { card, programme, terminal: terminalName(terminal), credits: credits.map(creditDocument) });
  });
}

const COUNTER_MAX = 0xff_ff_ff;

/** Registers `card replace` and `card repair`. */
export function replaceCommands(card: Command, console: () => Console): void {
  card
    .command("replace")
    .description(
      "put a new card in the place of a lost or worn one: its value moves once no terminal can take the old one",
    )
    .argument("<old>", "number of the old card", parseCard)
    .argument("<new>", "number of the new card, or its serial")
    .option("--now", "move the value although terminals have not reported; says what may be spent twice")
    .option("--in-use", "the customer uses the new card already; else one that the books know visits of is refused")
    .action((old: number, next: string, options: ReplaceOptions) => replace(console(), old, next, options));
  card
    .command("repair")
    .description("have one terminal write the last record of the books on a card that shows none any more, once")
    .argument("<card>", "card number", parseCard)
    .requiredOption("--programme <n>", "programme whose record is lost", parseProgramme)
    .requiredOption("--terminal <n>", "terminal that writes it", parseTerminal)
    .option("--counter <n>", "what the chip's commit counter stands at, where it has one", (text) =>
      parseWhole(text, "count", 0, COUNTER_MAX),
    )
    .action((number: number, options: RepairOptions) => repair(console(), number, options));
}
