import { terminalName } from "@cachet/firmware/wire";
import { type Command, InvalidArgumentError } from "commander";
import type { Ledger } from "../office/schema.ts";
import { endTerminal, exposureOf, type ListedTerminal, listTerminals, type TerminalEnd } from "../office/terminals.ts";
import { type Console, tell } from "./console.ts";
import { localText } from "./dates.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { money } from "./money.ts";
import { parseEuros, parseTerminal, parseWhole } from "./numbers.ts";
import { tableLines } from "./table.ts";

const ENTRY_MAX = 0xffff_ffff;
const parseEntry = (text: string): number => parseWhole(text, "entry", 0, ENTRY_MAX);

/** A terminal by its number, or as people see it: 42 or T-0042. */
function parseName(text: string): number {
  const found = /^(?:T-)?0*(\d{1,5})$/.exec(text);
  if (found === null) throw new InvalidArgumentError(`"${text}" is no terminal: a number like 42, or T-0042`);
  return parseTerminal(found[1]!);
}

const CAP_MAX = 999_999_999;
const parseCap = (text: string): number => parseEuros(text, 0, CAP_MAX);

interface EndOptions {
  readonly after?: number;
  readonly stolen?: true;
  readonly offlineCap?: number;
}

const unknown = (number: number) =>
  new Failure("C-OFFICE-01", `the ledger knows no ${terminalName(number)}`, "nothing was changed", [
    "cachet office terminal list names those that it knows",
  ]);

/** A terminal of the ledger. Fails with C-OFFICE-01 where it knows none of that number. */
export async function knownTerminal(ledger: Ledger, number: number): Promise<ListedTerminal> {
  const terminal = (await listTerminals(ledger)).find((one) => one.number === number);
  if (terminal === undefined) throw unknown(number);
  return terminal;
}

async function end(console: Console, ledger: Ledger, number: number, how: TerminalEnd): Promise<void> {
  try {
    await endTerminal(ledger, number, how, console.now());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Failure("C-OFFICE-02", error.message, "nothing was changed", [
      "provision the new terminal for the same merchant first: cachet keys provision",
    ]);
  }
}

const dayTime = (utc: number | null): string => (utc === null ? "never" : `${localText(utc, 0)}Z`);

function stateText({ state, ends, replaced_by }: ListedTerminal): string {
  if (state === "active") return "active";
  const next = replaced_by === null ? "" : `, replaced by ${terminalName(replaced_by)}`;
  return `${state === "revoked" ? "revoked" : "closed"}, entries count up to ${ends}${next}`;
}

async function list(console: Console): Promise<void> {
  await withLedger(console, async (ledger) => {
    const terminals = await listTerminals(ledger);
    const rows = terminals.map((one) => [
      ...[terminalName(one.number), dayTime(one.lastUtc), stateText(one)],
      ...[String(one.merchant), String(one.imported_to)],
    ]);
    const head = ["terminal", "last entry", "state", "merchant", "imported to"];
    const lines = tableLines({ title: "terminals in the books", head, rows, words: 3 });
    tell(console, terminals.length === 0 ? ["no terminal is known"] : lines.slice(1), { terminals });
  });
}

/** What is refused from now on, and what the terminal may have cost. */
async function tellEnd(console: Console, ledger: Ledger, how: TerminalEnd, number: number, offlineCap?: number) {
  const { imported_to } = await knownTerminal(ledger, number);
  const exposure = await exposureOf(ledger, number, how.ends);
  const { cardsSince, givenCents, takenCents, cardsEver } = exposure;
  const most = offlineCap === undefined ? null : offlineCap * cardsEver;
  const behind = imported_to - how.ends;
  const lines = [
    `${terminalName(number)} is ${how.state}: its entries count up to ${how.ends}, what comes behind is refused and kept`,
    ...(behind > 0 ? [`in the books behind it: ${behind} entries, which stay there`] : []),
    ...(how.ends > imported_to ? [`still to come: entries ${imported_to + 1} to ${how.ends}`] : []),
    `cards seen since:    ${cardsSince.length}; given ${money(givenCents, "en")}, taken ${money(takenCents, "en")}`,
    most === null
      ? `cards it ever wrote: ${cardsEver}; the most they can lose in a day is the programme's offline cap for each (--offline-cap EUROS says it here)`
      : `cards it ever wrote: ${cardsEver} x ${money(offlineCap!, "en")} = ${money(most, "en")} a day at most, at each terminal`,
  ];
  tell(console, lines, { terminal: number, ...how, ...exposure, mostCents: most });
}

async function revoke(console: Console, number: number, { after, stolen, offlineCap }: EndOptions): Promise<void> {
  if ((after === undefined) === (stolen === undefined)) {
    throw new Failure("C-USAGE-01", "which entries of it count?", "nothing was changed", [
      "--stolen: those that are imported; --after ENTRY: those up to this one, as on its last honest ticket",
    ]);
  }
  await withLedger(console, async (ledger) => {
    const { imported_to, replaced_by } = await knownTerminal(ledger, number);
    const how: TerminalEnd = { state: "revoked", ends: after ?? imported_to, replacedBy: replaced_by };
    await end(console, ledger, number, how);
    await tellEnd(console, ledger, how, number, offlineCap);
  });
}

async function replace(console: Console, number: number, by: number, { after }: EndOptions): Promise<void> {
  await withLedger(console, async (ledger) => {
    const { imported_to, merchant, state: before, ends: ended } = await knownTerminal(ledger, number);
    // What was stolen stays revoked.
    const state = before === "revoked" ? "revoked" : "replaced";
    const ends = after ?? ended ?? imported_to;
    await end(console, ledger, number, { state, ends, replacedBy: by });
    const lines = [
      `${terminalName(number)} ends with entry ${ends}; merchant ${merchant} goes on with ${terminalName(by)}`,
      ...(ends > imported_to ? [`still to come: entries ${imported_to + 1} to ${ends}`] : []),
    ];
    tell(console, lines, { terminal: number, state, ends, replacedBy: by, merchant });
  });
}

/** Adds `office terminal`. */
export function officeTerminalCommands(office: Command, console: () => Console): void {
  const terminal = office.command("terminal").description("list terminals in the books, revoke and replace them");
  terminal
    .command("list")
    .description("every terminal that may send batches, how far it is imported, and its state")
    .action(() => list(console()));
  terminal
    .command("revoke")
    .description("refuse what a stolen terminal sends from now on; say what it may have cost")
    .argument("<number>", "the terminal, 42 or T-0042", parseName)
    .option("--after <entry>", "its last entry that counts", parseEntry)
    .option("--stolen", "what is imported counts, nothing else")
    .option("--offline-cap <euros>", "what the programme lets a card spend at one terminal in a day", parseCap)
    .action((number: number, options: EndOptions) => revoke(console(), number, options));
  terminal
    .command("replace")
    .description("close a terminal with its last entry; its shop goes on with another one")
    .argument("<number>", "the terminal that goes", parseName)
    .argument("<new>", "the one that the shop goes on with, already provisioned", parseName)
    .option("--after <entry>", "its last entry, where that is still to be imported", parseEntry)
    .action((number: number, by: number, options: EndOptions) => replace(console(), number, by, options));
}
