import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { performance } from "node:perf_hooks";
import { deflateRawSync } from "node:zlib";
import type { Programme } from "@cachet/firmware/rules";
import type * as Simulator from "@cachet/terminal-sim";
import type { Sandbox, Stopwatch, TownRun } from "@cachet/terminal-sim";
import type { BuiltImage } from "../image/build.ts";
import { type Statement, statement } from "../office/statement.ts";
import { doNotWaitForDisk } from "../ports/database/index.ts";
import { type Console, progressLine, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { writeFile } from "./files.ts";
import { makeLedger } from "./home.ts";
import { money } from "./money.ts";
import { ROOT, TOWN_PROGRAMMES, testImage } from "./sim-image.ts";
import { simOffice } from "./sim-office.ts";
import { leftOut, loadPurchases } from "./sim-purchases.ts";
import { parisOffset } from "./sim-zone.ts";
import { statementLines } from "./statement-text.ts";

/** Real purchases lie beside the checkout where they are at hand; a small sample of the project's own otherwise. */
const PURCHASES = ["../shared/data/purchases-sample.csv", "programmes/purchases-example.csv"].map((file) =>
  join(ROOT, file),
);

export interface WorldOptions {
  readonly seed: number;
  readonly terminals: number;
  readonly purchases?: string;
  readonly vm: "quickjs" | "v8";
}

const merchantNames = (programmes: readonly Programme[]) =>
  new Map(
    programmes.flatMap(({ merchants }) =>
      Object.entries(merchants).map(([number, { name }]): [number, string] => [Number(number), name]),
    ),
  );

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
    `somme des cartes ${money(cards, "fr")} = livre ${money(ledger, "fr")}, écart ${money(difference, "fr")}`,
  counts: (visits: number, idle: number, cards: number, terminals: number, batches: number, entries: number) =>
    `${visits} visites (dont ${idle} sans effet), ${cards} cartes, ${terminals} terminaux, ${batches} lots (${entries} écritures)`,
  figures: (speed: number, p99: number, heap: number, image: number) =>
    `${speed} visites/s, p99 ${p99} ms de calcul, mémoire ${heap} octets, image ${image} octets compressée`,
};
const ENGLISH: typeof FRENCH = {
  identity: (cards, ledger, difference) =>
    `sum of cards ${money(cards, "en")} = ledger ${money(ledger, "en")}, difference ${money(difference, "en")}`,
  counts: (visits, idle, cards, terminals, batches, entries) =>
    `${visits} visits (${idle} without effect), ${cards} cards, ${terminals} terminals, ${batches} batches (${entries} entries)`,
  figures: (speed, p99, heap, image) =>
    `${speed} visits/s, p99 ${p99} ms of computing, heap ${heap} bytes, image ${image} bytes deflated`,
};

/** Replays purchases in a town of simulated terminals; gives the exit code. */
export async function world(
  sim: typeof Simulator,
  console: Console,
  options: WorldOptions,
  homeGiven: boolean,
): Promise<number> {
  const path = options.purchases ?? PURCHASES.find(existsSync) ?? PURCHASES[1]!;
  const purchases = loadPurchases(console, path);
  const image = await testImage(TOWN_PROGRAMMES, "nothing was simulated");
  const home = homeGiven ? console.home : mkdtempSync(join(tmpdir(), "cachet-world-"));
  const ledger = await makeLedger({ ...console, home });
  // What a seed makes again need not outlive a power cut of this computer.
  await doNotWaitForDisk(ledger);
  const stopwatch: Stopwatch = { now: () => performance.now(), computedMs: 0 };
  const newSandbox: () => Sandbox = options.vm === "v8" ? sim.newV8Sandbox : await sim.loadQuickJs(stopwatch);
  const line = progressLine(console, () => performance.now());
  const began = performance.now();
  const office = simOffice(ledger, image.programmes, sim.chipInField);
  const run = await sim.runTown({
    seed: options.seed,
    purchases: purchases.purchases,
    terminals: options.terminals,
    merchants: [...merchantNames(image.programmes).keys()],
    image: image.file,
    newSandbox,
    offsetAt: parisOffset(),
    computedMs: () => stopwatch.computedMs,
    office: {
      ...office,
      receive(batch, at) {
        writeFile(join(home, "batches", batch.name), batch.file);
        return office.receive(batch, at);
      },
    },
    now: console.now,
    progress: (done, of) => line.show(`${done} / ${of}  ${Math.floor((100 * done) / of)} %`),
  });
  line.end();
  const seconds = (performance.now() - began) / 1_000;
  const books = await statement(ledger);
  await ledger.destroy();
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
  return leftOut(console, path, skippedLines);
}
