import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { bigEndian, type Chip, concat } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import type { Sandbox, Stopwatch, TownRun } from "@cachet/terminal-sim";
import { type Command, InvalidArgumentError } from "commander";
import type { ChipLink } from "../cards/chip-link.ts";
import { BuildRefused, type BuiltImage, buildImage } from "../image/build.ts";
import { testImageSigner } from "../keys/test-keys.ts";
import { PURCHASES_HEADER, type PurchasesFile, readPurchases } from "../office/purchases.ts";
import { type Statement, statement } from "../office/statement.ts";
import type { ByteLine } from "../ports/serial.ts";
import { type Console, progressLine, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile, writeFile } from "./files.ts";
import { makeLedger } from "./home.ts";
import { simAssociation } from "./sim-association.ts";
import { simTerminalLine } from "./sim-terminal.ts";
import { statementLines } from "./statement-text.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PROGRAMMES = ["programmes/boulangerie.programme.ts", "programmes/ville.programme.ts"].map((file) =>
  join(ROOT, file),
);
/** Real purchases lie beside the checkout where they are at hand; a small sample of the project's own otherwise. */
const PURCHASES = ["../shared/data/purchases-sample.csv", "programmes/purchases-example.csv"].map((file) =>
  join(ROOT, file),
);
const MALFORMED_SHOWN = 10;

interface WorldOptions {
  readonly seed: number;
  readonly terminals: number;
  readonly purchases?: string;
  readonly vm: "quickjs" | "v8";
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`"${text}" is not a whole number from ${min} to ${max}`);
    }
    return value;
  };

function textOf(path: string, state: string): string {
  const bytes = readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("C-FILE-02", `${path} is not UTF-8 text`, state, ["save it as CSV in UTF-8 and run it again"]);
  }
}

function loadPurchases(path: string): PurchasesFile {
  const state = "nothing was simulated";
  const file = readPurchases(textOf(path, state));
  if (file === null) {
    throw new Failure("C-FILE-02", `${path} does not begin with the line ${PURCHASES_HEADER}`, state, [
      `give a CSV file whose first line is: ${PURCHASES_HEADER}`,
    ]);
  }
  if (file.purchases.length === 0) {
    const bad = file.malformed.length > 0 ? `, and ${file.malformed.length} malformed lines` : "";
    throw new Failure("C-FILE-02", `${path} holds no purchase${bad}`, state, [
      "give a file with at least one purchase",
    ]);
  }
  return file;
}

async function townImage(): Promise<BuiltImage> {
  try {
    const version = { major: 1, minor: 0, revision: 0, build: 0 };
    return await buildImage(PROGRAMMES, { version, securityCounter: 1, signer: testImageSigner() });
  } catch (error) {
    if (!(error instanceof BuildRefused)) throw error;
    throw new Failure("C-IMAGE-01", `${error.where}: ${error.message}`, "nothing was simulated", [
      "correct the programme file",
    ]);
  }
}

/** Minutes that Paris is ahead of UTC; looked up once for each hour. */
function parisOffset(): (utc: number) => number {
  const format = new Intl.DateTimeFormat("en", { timeZone: "Europe/Paris", timeZoneName: "longOffset" });
  const known = new Map<number, number>();
  return (utc) => {
    const hour = Math.floor(utc / 3_600);
    const found = known.get(hour);
    if (found !== undefined) return found;
    const name = format.formatToParts(hour * 3_600_000).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
    const offset = match === null ? 0 : (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
    known.set(hour, offset);
    return offset;
  };
}

const merchantNames = (programmes: readonly Programme[]) =>
  new Map(
    programmes.flatMap(({ merchants }) =>
      Object.entries(merchants).map(([number, { name }]): [number, string] => [Number(number), name]),
    ),
  );

function sayMalformed(console: Console, path: string, { malformed }: PurchasesFile): void {
  for (const { line, problem } of malformed.slice(0, MALFORMED_SHOWN))
    console.err(`${path}:${line}: left out: ${problem}\n`);
  const more = malformed.length - MALFORMED_SHOWN;
  if (more > 0) console.err(`${path}: and ${more} more malformed lines\n`);
}

interface World {
  readonly options: WorldOptions;
  readonly run: TownRun;
  readonly books: Statement;
  readonly image: BuiltImage;
  readonly home: string;
  readonly visitsPerSecond: number;
  readonly skippedLines: number;
  readonly purchasesFile: string;
}

function documentOf(world: World) {
  const { options, run, books, image, home, visitsPerSecond, skippedLines } = world;
  return {
    seed: options.seed,
    visits: run.visits,
    cards: run.cards,
    terminals: options.terminals,
    earned_cents: books.earnedCents,
    spent_cents: books.spentCents,
    outstanding_cents: books.outstandingCents,
    difference_cents: run.cardCents - books.outstandingCents,
    difference_stamps: run.cardStamps - books.outstandingStamps,
    in_doubt: books.inDoubt,
    results: run.results,
    merchants: books.merchants,
    batches: run.batches,
    entries: run.entries,
    skipped_lines: skippedLines,
    visits_per_second: visitsPerSecond,
    p99_visit_ms: Math.round(run.p99VisitMs * 100) / 100,
    heap_bytes: run.heapBytes,
    image_bytes: image.file.length,
    image_deflated_bytes: deflateRawSync(image.file, { level: 9 }).length,
    vm: options.vm,
    purchases: world.purchasesFile,
    home,
  };
}

function linesOf(console: Console, world: World): string[] {
  const { options, run, books, image, home } = world;
  const facts = documentOf(world);
  const words = console.lang === "fr" ? FRENCH : ENGLISH;
  return [
    ...statementLines(books, merchantNames(image.programmes), console.lang),
    words.identity(run.cardCents, books.outstandingCents, facts.difference_cents),
    "",
    ...run.lastTicket.map((line) => `    ${line}`),
    "",
    words.counts(run.visits, run.results["nothing-to-do"] ?? 0, run.cards, options.terminals, run.batches, run.entries),
    words.figures(facts.visits_per_second, facts.p99_visit_ms, facts.heap_bytes, facts.image_deflated_bytes),
    `${options.vm}, seed ${options.seed}, ${world.purchasesFile} -> ${home}`,
  ];
}

const FRENCH = {
  identity: (cards: number, ledger: number, difference: number) =>
    `somme des cartes ${cards} = livre ${ledger} centimes, écart ${difference}`,
  counts: (visits: number, idle: number, cards: number, terminals: number, batches: number, entries: number) =>
    `${visits} visites (dont ${idle} sans effet), ${cards} cartes, ${terminals} terminaux, ${batches} lots (${entries} écritures)`,
  figures: (speed: number, p99: number, heap: number, image: number) =>
    `${speed} visites/s, p99 ${p99} ms de calcul, mémoire ${heap} octets, image ${image} octets compressée`,
};
const ENGLISH: typeof FRENCH = {
  identity: (cards, ledger, difference) => `sum of cards ${cards} = ledger ${ledger} cents, difference ${difference}`,
  counts: (visits, idle, cards, terminals, batches, entries) =>
    `${visits} visits (${idle} without effect), ${cards} cards, ${terminals} terminals, ${batches} batches (${entries} entries)`,
  figures: (speed, p99, heap, image) =>
    `${speed} visits/s, p99 ${p99} ms of computing, heap ${heap} bytes, image ${image} bytes deflated`,
};

/** Loaded only where something is simulated. */
const loadSimulator = () => import("@cachet/terminal-sim");

/** A new blank chip in the field of a reader; `serial` makes its UID. */
export async function simulatedCard(kind: Chip, serial: number): Promise<ChipLink> {
  const { chipInField, Type2Chip } = await loadSimulator();
  return chipInField(new Type2Chip(kind, concat(Uint8Array.of(0x04, 0xca, 0xc4, 0xe7), bigEndian(serial, 3))));
}

/** A terminal of the town behind a line of its own; it lives until the line is closed. */
export async function simulatedTerminal(): Promise<ByteLine> {
  const { file, programmes } = await townImage();
  const numbers = programmes.map(({ number }) => number);
  return simTerminalLine(await loadSimulator(), file, numbers, parisOffset());
}

async function world(console: Console, options: WorldOptions, homeGiven: boolean): Promise<number> {
  const path = options.purchases ?? PURCHASES.find(existsSync) ?? PURCHASES[1]!;
  const purchases = loadPurchases(path);
  sayMalformed(console, path, purchases);
  const image = await townImage();
  const home = homeGiven ? console.home : mkdtempSync(join(tmpdir(), "cachet-world-"));
  const database = makeLedger({ ...console, home });
  const sim = await loadSimulator();
  const stopwatch: Stopwatch = { now: () => performance.now(), computedMs: 0 };
  const newSandbox: () => Sandbox = options.vm === "v8" ? sim.newV8Sandbox : await sim.loadQuickJs(stopwatch);
  const line = progressLine(console, () => performance.now());
  const began = performance.now();
  const keep = (name: string, file: Uint8Array) => writeFile(join(home, "batches", name), file);
  const run = await sim.runTown({
    seed: options.seed,
    purchases: purchases.purchases,
    terminals: options.terminals,
    merchants: [...merchantNames(image.programmes).keys()],
    image: image.file,
    newSandbox,
    offsetAt: parisOffset(),
    computedMs: () => stopwatch.computedMs,
    association: simAssociation(database, image.programmes, keep, sim.chipInField),
    progress: (done, of) => line.show(`${done} / ${of}  ${Math.floor((100 * done) / of)} %`),
  });
  line.end();
  const seconds = (performance.now() - began) / 1_000;
  const books = statement(database);
  database.close();
  const visitsPerSecond = Math.round(run.visits / seconds);
  const skippedLines = purchases.malformed.length;
  const result: World = {
    options,
    run,
    books,
    image,
    home,
    visitsPerSecond,
    skippedLines,
    purchasesFile: basename(path),
  };
  tell(console, linesOf(console, result), documentOf(result));
  return conclude(console, result, path);
}

function conclude(console: Console, { options, run, books, skippedLines, home }: World, path: string): number {
  const cents = run.cardCents - books.outstandingCents;
  const stamps = run.cardStamps - books.outstandingStamps;
  if (cents !== 0 || stamps !== 0 || run.notAccepted.length > 0) {
    const problems = [`cards less ledger: ${cents} cents, ${stamps} stamps`, ...run.notAccepted].join("; ");
    throw new Failure("C-WORLD-01", problems, `the simulated town is kept in ${home}`, [
      `replay it: npx cachet sim world --seed ${options.seed} --terminals ${options.terminals} --purchases ${relative(".", path)}`,
      "and report it with these words: this is a defect of cachet",
    ]);
  }
  if (skippedLines === 0) return EXIT.done;
  const failure = new Failure(
    "C-PURCHASES-01",
    `${path}: ${skippedLines} malformed ${skippedLines === 1 ? "line was" : "lines were"} left out`,
    "all other purchases were replayed",
    ["correct the lines named above and run it again"],
  );
  for (const text of failure.lines()) console.err(`${text}\n`);
  return failure.exit;
}

export function simCommands(
  program: Command,
  console: () => Console,
  homeGiven: () => boolean,
  exit: (code: number) => void,
): void {
  const sim = program.command("sim").description("simulate terminals, cards and whole towns");
  sim
    .command("world")
    .description("replay purchases in a town: cards, terminals, batches, ledger; check that every cent adds up")
    .option("--seed <n>", "what is drawn: UIDs, hours, terminals, spending", wholeNumber(0, 0xffff_ffff), 1)
    .option("--terminals <n>", "terminals, shared out over the merchants in turn", wholeNumber(1, 1_000), 5)
    .option("--purchases <file>", `CSV of purchases: ${PURCHASES_HEADER}`)
    .option("--vm <engine>", "engine of the terminals: quickjs or v8", engine, "quickjs")
    .action(async (options: WorldOptions) => exit(await world(console(), options, homeGiven())));
}

function engine(text: string): string {
  if (text !== "quickjs" && text !== "v8") throw new InvalidArgumentError(`"${text}" is neither quickjs nor v8`);
  return text;
}
