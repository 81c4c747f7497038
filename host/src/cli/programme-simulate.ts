import { basename, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { type Day, dayText } from "@cachet/card-layout";
import { type Programme, SALE_CENTS_MAX } from "@cachet/firmware/rules";
import { type Command, Option } from "commander";
import { cautionsOf } from "../workbench/cautions.ts";
import { cardText, compare } from "../workbench/compare.ts";
import { between, LIST_HEADER, type PurchaseList, readPurchaseList } from "../workbench/purchase-list.ts";
import { DEFAULT_REDEEMING, type Redeeming } from "../workbench/redeeming.ts";
import { SimulationFault } from "../workbench/replay.ts";
import { type Simulation, simulate } from "../workbench/simulate.ts";
import { type Outcome, writingIn } from "../workbench/simulate-report.ts";
import { type Console, progressLine, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile, writeFile } from "./files.ts";
import { money } from "./money.ts";
import { parseMerchant, parseWhole } from "./numbers.ts";
import { goodProgramme } from "./programme-file.ts";
import { simulationDocument, simulationLines } from "./programme-simulate-text.ts";

const STATE = "nothing was simulated";
const MALFORMED_SHOWN = 10;

export interface SimulateOptions {
  readonly purchases: string;
  readonly compare?: string;
  readonly html?: string;
  readonly from?: Day;
  readonly to?: Day;
  readonly merchant?: number;
  readonly redeem: Redeeming;
}

function parseRedeeming(text: string): Redeeming {
  if (text === "never" || text === "max") return text;
  return { fromCents: parseWhole(text, "moment to redeem (never, max, or from so many cents)", 1, SALE_CENTS_MAX) };
}

function textOf(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFile(path));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("C-FILE-02", `${path} is not UTF-8 text`, STATE, ["save it as CSV in UTF-8 and run it again"]);
  }
}

/** The purchases of a file. Fails with C-FILE-01 or -02 where there are none. */
function purchasesOf(path: string): PurchaseList {
  const list = readPurchaseList(textOf(path));
  if (list === null) {
    throw new Failure("C-FILE-02", `${path} does not begin with the line ${LIST_HEADER}`, STATE, [
      `give a CSV file whose first line is ${LIST_HEADER}; what stands in [ ] may be left out`,
    ]);
  }
  if (list.purchases.length > 0) return list;
  const [first] = list.malformed;
  const bad = first === undefined ? "" : `; line ${first.line}: ${first.problem}`;
  throw new Failure("C-FILE-02", `${path} holds no purchase${bad}`, STATE, ["give a file with at least one purchase"]);
}

function sayMalformed(console: Console, path: string, malformed: PurchaseList["malformed"]): void {
  if (console.json) return;
  for (const { line, problem } of malformed.slice(0, MALFORMED_SHOWN))
    console.err(`${path}:${line}: left out: ${problem}\n`);
  const more = malformed.length - MALFORMED_SHOWN;
  if (more > 0) console.err(`${path}: and ${more} more malformed lines\n`);
}

/** Merchant of purchases that name none: the lowest number at whom value can be spent too. */
function usualMerchant({ merchants }: Programme): number {
  const numbers = Object.keys(merchants).map(Number);
  return numbers.find((number) => merchants[number]!.role === "earn-and-spend") ?? numbers[0]!;
}

function nothingReplayed(file: string, { unlisted }: Simulation): Failure {
  const { purchases, merchants } = unlisted;
  const why =
    purchases === 0
      ? "no purchase lies in the days that were named"
      : `the programme does not list the merchants of these purchases (${merchants.join(", ")})`;
  return new Failure("C-PROGRAMME-10", `${file}: ${why}`, STATE, [
    purchases === 0
      ? "name other days with --from and --to"
      : "list them in the programme, or name one with --merchant",
  ]);
}

function faultyPurchase(file: string, { purchase, message }: SimulationFault): Failure {
  const { member, amountCents } = purchase;
  const what = `${file} cannot work with a purchase of ${amountCents} cents of card ${cardText(member)}: ${message}`;
  return new Failure("C-PROGRAMME-11", what, STATE, ["correct the purchase or the rule that it concerns"]);
}

function run(console: Console, file: string, programme: Programme, list: PurchaseList, options: SimulateOptions) {
  const purchases = between(list.purchases, options.from ?? null, options.to ?? null);
  const line = progressLine(console, () => performance.now());
  try {
    const simulation = simulate(programme, purchases, {
      redeeming: options.redeem,
      merchant: options.merchant ?? usualMerchant(programme),
      told: (done) => line.show(`${basename(file)}: ${done} / ${purchases.length}`),
    });
    if (simulation.totals.visits === 0) throw nothingReplayed(file, simulation);
    return simulation;
  } catch (error) {
    throw error instanceof SimulationFault ? faultyPurchase(file, error) : error;
  } finally {
    line.end();
  }
}

/** What two files are called beside each other: their names, or the whole paths where those are the same. */
function namesOf(file: string, other: string | undefined): readonly [string, string] {
  const names = [file, other ?? ""].map((path) => basename(path).replace(/(\.programme)?\.\w+$/, ""));
  return names[0] === names[1] ? [file, other ?? ""] : [names[0]!, names[1]!];
}

async function outcomeOf(
  console: Console,
  file: string,
  list: PurchaseList,
  options: SimulateOptions,
): Promise<Outcome> {
  const programme = await goodProgramme(file);
  const otherFile = options.compare;
  const other = otherFile === undefined ? null : await goodProgramme(otherFile);
  const after = run(console, file, programme, list, options);
  const before = other === null ? null : run(console, otherFile!, other, list, options);
  const [name, otherName] = namesOf(file, otherFile);
  return {
    run: { name, simulation: after, cautions: cautionsOf(programme, list.columns) },
    other:
      other === null || before === null
        ? null
        : { name: otherName, simulation: before, cautions: cautionsOf(other, list.columns) },
    comparison: before === null ? null : compare(before, after),
    redeeming: options.redeem,
    merchantName: programme.merchants[options.merchant ?? usualMerchant(programme)]?.name ?? "",
  };
}

/** Writes the page. The library that draws is loaded only here: no other command needs it. */
async function writePage(path: string, outcome: Outcome, lang: "fr" | "en"): Promise<void> {
  const { simulationPage } = await import("../workbench/simulate-html.ts");
  writeFile(path, simulationPage(outcome, lang, writingIn(lang, money)));
}

function checkDays({ from, to }: SimulateOptions): void {
  if (from === undefined || to === undefined || from <= to) return;
  throw new Failure("C-USAGE-01", `--from ${dayText(from)} is after --to ${dayText(to)}`, STATE, [
    "give the earlier day to --from",
  ]);
}

function checkPage(file: string, { html, purchases, compare: other }: SimulateOptions): void {
  if (html === undefined) return;
  const made = [file, purchases, ...(other === undefined ? [] : [other])].find(
    (path) => resolve(path) === resolve(html),
  );
  if (made === undefined) return;
  throw new Failure("C-FILE-04", `--html would overwrite ${made}`, STATE, ["name another file for the page"]);
}

function malformedFailure(path: string, { length }: PurchaseList["malformed"]): Failure {
  return new Failure(
    "C-PURCHASES-01",
    `${path}: ${length} malformed ${length === 1 ? "line was" : "lines were"} left out`,
    "all other purchases were replayed",
    ["correct the lines that are named and run it again"],
  );
}

/** Plays purchases under the programme of a file and prints what it comes to; gives the exit code. */
export async function simulateFile(console: Console, file: string, options: SimulateOptions): Promise<number> {
  checkDays(options);
  checkPage(file, options);
  readFile(file);
  const list = purchasesOf(options.purchases);
  const { malformed } = list;
  sayMalformed(console, options.purchases, malformed);
  const outcome = await outcomeOf(console, file, list, options);
  const { html } = options;
  if (html !== undefined) await writePage(html, outcome, console.lang);
  const failure = malformed.length === 0 ? null : malformedFailure(options.purchases, malformed);
  const lines = simulationLines(outcome, writingIn(console.lang, money));
  tell(console, html === undefined ? lines : [...lines, "", `-> ${html}`], {
    ...simulationDocument(outcome, file, options.compare ?? null),
    purchases: options.purchases,
    malformed,
    html: html ?? null,
    ...(failure === null ? {} : { error: failure.document() }),
  });
  if (failure === null) return EXIT.done;
  if (!console.json) for (const line of failure.lines()) console.err(`${line}\n`);
  return failure.exit;
}

/** Registers `programme simulate`. */
export function simulateCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  programme
    .command("simulate")
    .description("replay purchases under a programme: cost, share of turnover, who wins and who loses")
    .argument("<file>", "a programme file, TypeScript or JSON")
    .requiredOption("--purchases <file>", `CSV file with the header ${LIST_HEADER}`)
    .option("--compare <other>", "the programme of today: what changes from it to <file>")
    .option("--html <file>", "write a page with plots, for people")
    .option("--from <date>", "first day that counts", parseDate)
    .option("--to <date>", "last day that counts", parseDate)
    .option("--merchant <n>", "merchant of purchases that name none", parseMerchant)
    .addOption(
      new Option("--redeem <when>", "when members spend what they saved: never, max (at once), or from so many cents")
        .argParser(parseRedeeming)
        .default(DEFAULT_REDEEMING, "500"),
    )
    .action(async (file: string, options: SimulateOptions) => exit(await simulateFile(console(), file, options)));
}
