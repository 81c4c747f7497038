import { basename } from "node:path";
import { inspectBatch, isFormatError, readBatch, terminalName } from "@cachet/firmware/wire";
import type { Command } from "commander";
import type { ImportOutcome } from "../office/batch-note.ts";
import { allForks } from "../office/forks.ts";
import { importReceived, receiveBatch } from "../office/import.ts";
import { importFiles } from "../office/import-files.ts";
import { importStatus } from "../office/import-status.ts";
import { makePartsToCome } from "../office/migrations.ts";
import { ReadAhead } from "../office/read-ahead.ts";
import type { Ledger } from "../office/schema.ts";
import { terminalKeys } from "../office/terminals.ts";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { engineOf } from "../ports/database/index.ts";
import { compareCommand } from "./batch-compare.ts";
import { advice, batchFailure } from "./batch-text.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { fileSize, readFile } from "./files.ts";
import { forkDocument, forkLines } from "./fork-text.ts";
import { withLedger } from "./home.ts";
import { money } from "./money.ts";
import { forkName, knownAlerts, tellNight } from "./night-text.ts";
import { parseWhole } from "./numbers.ts";
import { withProgress } from "./scratch.ts";

function sentence(outcome: ImportOutcome): string {
  switch (outcome.status) {
    case "accepted":
      return `accepted: ${outcome.accepted} entries${outcome.duplicates > 0 ? `, ${outcome.duplicates} were known` : ""}`;
    case "already-imported":
      return `already imported: all ${outcome.duplicates} entries were known, nothing changed`;
    case "waiting":
      return `waiting: entries ${outcome.gap[0]} to ${outcome.gap[1]} are missing before it; it goes in by itself once they came`;
    case "quarantined": {
      const where = outcome.number === undefined ? "" : `entry ${outcome.number}: `;
      return `QUARANTINED (C-BATCH-01): ${where}${outcome.detail} (${outcome.reason}); ${left(outcome.reason)}, it is kept. Next: ${advice(outcome.reason)}.`;
    }
    case "still-being-written":
      return "still being written: it has no trailer yet; nothing was read from it";
  }
}

/** How much of a file counts that was set aside. */
const left = (reason: string): string =>
  reason.startsWith("terminal-") ? "nothing behind that counts of the file" : "nothing of the file counts";

const exitOf = ({ status }: ImportOutcome) =>
  status === "quarantined" || status === "still-being-written" ? EXIT.refused : EXIT.done;

interface ImportOptions {
  /** False where nothing is to be judged yet. */
  readonly decide: boolean;
  readonly claimRefunds?: true;
  readonly workers: number;
}

/** More would only wait for each other. */
const WORKERS_MAX = 8;
const parseWorkers = (text: string): number => parseWhole(text, "number of workers", 1, WORKERS_MAX);
/** Less than this in all is imported before another thread has started. */
const AHEAD_BYTES = 4 * 1024 * 1024;

type OnImported = (path: string, outcome: ImportOutcome, bytes: number) => Promise<void>;

/** Imports one file after the other, the next ones being read meanwhile where there is much to read. */
async function importInTurn(ledger: Ledger, paths: readonly string[], at: number, said: OnImported): Promise<void> {
  const sizes = paths.map(fileSize);
  const isMuch = sizes.reduce((sum, size) => sum + size, 0) >= AHEAD_BYTES;
  const ahead = isMuch ? new ReadAhead(ledger) : null;
  const files = paths.map((path) => ({ name: basename(path), read: () => readFile(path) }));
  try {
    await importFiles(
      ledger,
      files,
      at,
      async (index, { outcome, waited }) => {
        await said(paths[index]!, outcome, sizes[index]!);
        for (const { name, outcome } of waited) await said(name, outcome, 0);
      },
      ahead,
    );
  } finally {
    await ahead?.end();
  }
}

/** Puts all files into the ledger first; then so many importers take them from there, beside each other. */
async function importSideBySide(
  ledger: Ledger,
  paths: readonly string[],
  workers: number,
  at: number,
  said: OnImported,
): Promise<void> {
  if (engineOf(ledger) === "sqlite")
    throw new Failure(
      "C-BATCH-02",
      "SQLite takes one writer at a time: it has no use for workers",
      "nothing was imported",
      ["leave --workers out, or keep the ledger in PostgreSQL (cachet --db postgres://... )"],
    );
  const sizes = new Map(paths.map((path) => [basename(path), fileSize(path)]));
  for (const path of paths) await receiveBatch(ledger, { name: basename(path), file: readFile(path) });
  const work = () =>
    importReceived(ledger, at, (name, outcome) => {
      const bytes = sizes.get(name) ?? 0;
      sizes.delete(name);
      return said(name, outcome, bytes);
    });
  await Promise.all(Array.from({ length: workers }, work));
}

/** How many files became what: of one that waited and then went in, the last. */
function tellSummary(console: Console, statuses: readonly ImportOutcome["status"][]): void {
  const counts = new Map<string, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  const words = [...counts].map(([status, count]) => `${count} ${status.replaceAll("-", " ")}`);
  tell(console, [`${statuses.length} files: ${words.join(", ")}`], {
    files: statuses.length,
    ...Object.fromEntries(counts),
  });
}

async function importPaths(
  console: Console,
  paths: readonly string[],
  { decide, claimRefunds, workers }: ImportOptions,
): Promise<number> {
  const all = paths.reduce((sum, path) => sum + fileSize(path), 0);
  let worst: number = EXIT.done;
  await withLedger(console, async (ledger) => {
    const at = console.now();
    await makePartsToCome(ledger, at);
    const known = decide ? await knownAlerts(ledger, at) : new Set<string>();
    await withProgress(console, "importing", async (progress) => {
      let done = 0;
      const became = new Map<string, ImportOutcome["status"]>();
      const said: OnImported = async (path, outcome, bytes) => {
        const lines = [`${basename(path)}  ${sentence(outcome)}`];
        const forks = [];
        for (const fork of outcome.status === "accepted" ? outcome.forks : []) {
          lines.push(...(await forkLines(ledger, fork)));
          forks.push(await forkDocument(ledger, fork));
          known.add(forkName(fork));
        }
        tell(console, lines, { file: path, ...outcome, ...(outcome.status === "accepted" ? { forks } : {}) });
        worst = Math.max(worst, exitOf(outcome));
        became.set(basename(path), outcome.status);
        done += bytes;
        progress(done, all);
      };
      if (workers === 1) await importInTurn(ledger, paths, at, said);
      else await importSideBySide(ledger, paths, workers, at, said);
      if (became.size > 1) tellSummary(console, [...became.values()]);
    });
    if (decide) await tellNight(console, ledger, known, claimRefunds === true ? "card" : "merchant");
  });
  return worst;
}

async function verify(console: Console, path: string): Promise<void> {
  const file = readFile(path);
  const reading = await withLedger(console, async (ledger) =>
    readBatch(file, sha256, verifyEd25519, await terminalKeys(ledger)),
  );
  if (!reading.ok) throw batchFailure(path, reading.refusal);
  const { terminal, first, last, count, totals } = reading.batch.seal;
  const toppedUp = totals.toppedUpCents > 0 ? `, topped up ${money(totals.toppedUpCents, "en")}` : "";
  const lines = [
    `${path} is good`,
    `terminal         ${terminalName(terminal)}, entries ${first} to ${last} (${count})`,
    `commits          earned ${money(totals.earnedCents, "en")}, spent ${money(totals.spentCents, "en")}${toppedUp}; stamps +${totals.stampsAdded} -${totals.stampsTaken}`,
  ];
  tell(console, lines, { file: path, terminal: terminalName(terminal), first, last, count, totals, verified: true });
}

function inspected(path: string): ReturnType<typeof inspectBatch> {
  const file = readFile(path);
  try {
    return inspectBatch(file);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    throw batchFailure(path, { reason: "not-a-batch", detail: error.message });
  }
}

function inspect(console: Console, path: string): void {
  const { header, items, cutAt } = inspected(path);
  const claimed = header instanceof Map ? header : new Map();
  if (claimed.get(1) !== "cachet/batch") throw batchFailure(path, { reason: "not-a-batch", detail: "no batch header" });
  const [terminal, first, last] = [3, 4, 5].map((field) => Number(claimed.get(field)));
  const lines = [
    `claims           ${terminalName(terminal ?? 0)}, entries ${first} to ${last}`,
    `items            ${items}${cutAt === null ? "" : `, cut off at byte ${cutAt}`}`,
    "seal             not checked; use: cachet batch verify",
  ];
  tell(console, lines, {
    file: path,
    terminal: terminalName(terminal ?? 0),
    first,
    last,
    items,
    cut_at: cutAt,
    verified: false,
  });
}

async function status(console: Console): Promise<void> {
  await withLedger(console, async (ledger) => {
    const { terminals, quarantined, madeGood, forks } = await importStatus(ledger);
    const lines = [
      ...terminals.map(
        ({ number, merchant, imported_to, accepted, waiting }) =>
          `${terminalName(number)}  merchant ${merchant}  imported to ${imported_to}  batches ${accepted}  waiting ${waiting}`,
      ),
      ...quarantined.map(({ name, detail }) => `QUARANTINED  ${name}  ${detail}`),
      ...(madeGood.length > 0
        ? [`made good  ${madeGood.length} damaged file${madeGood.length > 1 ? "s" : ""} whose entries came with others`]
        : []),
      ...(forks > 0 ? [`FORKS  ${forks}  two histories of one card; cachet batch forks lists them`] : []),
    ];
    tell(console, lines, { terminals, quarantined, made_good: madeGood, forks });
  });
}

async function forks(console: Console): Promise<void> {
  await withLedger(console, async (ledger) => {
    const lines: string[] = [];
    const documents = [];
    for (const fork of await allForks(ledger)) {
      lines.push(...(await forkLines(ledger, fork)));
      documents.push(await forkDocument(ledger, fork));
    }
    tell(console, lines.length > 0 ? lines : ["no card has two histories"], { forks: documents });
  });
}

export function batchCommands(program: Command, console: () => Console, exit: (code: number) => void): void {
  const batch = program.command("batch").description("look at, verify and import the batch files of terminals");
  batch
    .command("inspect")
    .description("say what a batch file claims to hold; its seal is NOT checked")
    .argument("<file>", "batch file")
    .action((path: string) => inspect(console(), path));
  batch
    .command("verify")
    .description("check seal, chain and totals of a batch file against the terminals of the ledger")
    .argument("<file>", "batch file")
    .action((path: string) => verify(console(), path));
  compareCommand(batch, console);
  batch
    .command("import")
    .description("import batch files into the ledger, each entry exactly once")
    .argument("<file...>", "batch files, in any order")
    .option(
      "--no-decide",
      "leave doubts, second refunds and alerts for the run that brings the last files of the night",
    )
    .option(
      "--claim-refunds",
      "claim what was taken back twice from cardholders; else the merchant who gave it bears it",
    )
    .option("--workers <number>", "on PostgreSQL: import so many files beside each other", parseWorkers, 1)
    .action(async (paths: string[], options: ImportOptions) => exit(await importPaths(console(), paths, options)));
  batch
    .command("status")
    .description("say how far each terminal is imported, what waits or is set aside, and how many forks are known")
    .action(() => status(console()));
  batch
    .command("forks")
    .description("list cards with two histories: put back from a dump, or copied")
    .action(() => forks(console()));
}
