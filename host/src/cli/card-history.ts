import { type Day, dayText, maskedCard, toHex } from "@cachet/card-layout";
import { ticketName } from "@cachet/firmware/wire";
import type { Command } from "commander";
import { historyOf, type VisitOfCard } from "../office/history.ts";
import { parseCard } from "./card-number.ts";
import { type Console, tell } from "./console.ts";
import { localText, parseDate } from "./dates.ts";
import { withLedger } from "./home.ts";
import { usageFailure } from "./key-file.ts";
import { money } from "./money.ts";
import { tableLines } from "./table.ts";

const OUTCOMES: Readonly<Record<VisitOfCard["outcome"], string>> = {
  committed: "",
  decided: "decided by the office",
  aborted: "did not happen",
  open: "in doubt",
};
/** Digits of an entry's hash on a paper ticket. */
const SEAL_DIGITS = 8;
const HEAD = [
  "when",
  "ticket",
  "seal",
  "visit",
  "",
  "merchant",
  "programme",
  "sale",
  "earned",
  "spent",
  "stamps",
  "on the card",
];
const WORDS = 5;

/** Nothing moved: nothing is told. */
const moved = (cents: number): string => (cents === 0 ? "" : money(cents, "en"));

const rowOf = (visit: VisitOfCard): string[] => [
  localText(visit.utc, visit.utc_offset),
  ticketName(visit.terminal, visit.number),
  toHex(visit.seal).slice(0, SEAL_DIGITS),
  visit.kind,
  OUTCOMES[visit.outcome],
  String(visit.merchant),
  String(visit.programme),
  moved(visit.sale_cents),
  moved(visit.earned_cents + visit.topped_up_cents),
  moved(visit.spent_cents),
  visit.stamps === 0 ? "" : String(visit.stamps),
  money(visit.holds_cents, "en"),
];

const documentOf = ({ seal, utc_offset, utc, ...visit }: VisitOfCard) => ({
  at: localText(utc, utc_offset),
  ticket: ticketName(visit.terminal, visit.number),
  seal: toHex(seal),
  ...{ kind: visit.kind, outcome: visit.outcome, merchant: visit.merchant, programme: visit.programme },
  ...{ sale_cents: visit.sale_cents, earned_cents: visit.earned_cents, spent_cents: visit.spent_cents },
  ...{ topped_up_cents: visit.topped_up_cents, discount_cents: visit.discount_cents, stamps: visit.stamps },
  ...{ rewards: visit.rewards, holds_cents: visit.holds_cents },
});

interface HistoryOptions {
  readonly from?: Day;
  readonly to?: Day;
}

async function tellHistory(console: Console, card: number, { from, to }: HistoryOptions): Promise<void> {
  await withLedger(console, async (ledger) => {
    if (from !== undefined && to !== undefined && from > to)
      throw usageFailure(`--from ${dayText(from)} is after --to ${dayText(to)}`, "give the earlier day to --from");
    const visits = await historyOf(ledger, card, from, to);
    const isPart = from !== undefined || to !== undefined;
    const none = isPart ? "the books know no visit of it on these days" : "the books know no visit of it";
    const title = `card ${maskedCard(card)}: ${visits.length === 0 ? none : `${visits.length} lines, by the terminals' clocks`}`;
    const lines =
      visits.length === 0 ? [title] : tableLines({ title, head: HEAD, rows: visits.map(rowOf), words: WORDS });
    tell(console, lines, { card, visits: visits.map(documentOf) });
  });
}

/** Registers `card history`. */
export function historyCommand(card: Command, console: () => Console): void {
  card
    .command("history")
    .description("list a card's visits in the books: ticket, the seal on its paper, merchant, what moved")
    .argument("<card>", "card number", parseCard)
    .option("--from <date>", "first local day, 2026-01-31", parseDate)
    .option("--to <date>", "last local day", parseDate)
    .action((number: number, options: HistoryOptions) => tellHistory(console(), number, options));
}
