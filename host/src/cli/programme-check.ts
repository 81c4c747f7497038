import type { Programme } from "@cachet/firmware/rules";
import { type Command, InvalidArgumentError } from "commander";
import { type FileFault, loadProgramme, numberFaults, placeOf } from "../image/load.ts";
import { type Assumed, type CheckReport, type ProgrammeReport, programmeReport } from "../image/programme-report.ts";
import { typeCheck } from "../image/type-check.ts";
import { limitsOf, limitText } from "../workbench/limits.ts";
import { readingsOf } from "../workbench/readings.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile } from "./files.ts";
import { type ExampleRun, exampleFailure, examplesRun } from "./programme-examples.ts";
import { faultFailure } from "./programme-file.ts";
import { refusalsOf } from "./programme-refusals.ts";
import {
  type Advice,
  counted,
  faultDocument,
  programmeDocument,
  programmeLines,
  togetherDocument,
  togetherLines,
} from "./programme-text.ts";

const TERMINALS_MAX = 100_000;
const DAYS_MAX = 366;

function wholeUpTo(max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d{1,6}$/.test(text) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`"${text}" is not a whole number from 1 to ${max}`);
  };
}

interface CheckOptions {
  readonly terminals?: number;
  readonly days: number;
}

/** Programme files as they were found. */
interface Loaded {
  readonly file: string;
  readonly programme: Programme | null;
  readonly faults: readonly FileFault[];
}

const refusals = ({ file, programme }: Loaded) => (programme === null ? [] : refusalsOf(file, programme));

/** Faults of both: where a rule's own words name what is wrong with a line, those of TypeScript add nothing. */
function withTypes(own: readonly FileFault[], types: readonly FileFault[]): readonly FileFault[] {
  return [...own, ...types.filter(({ file, line }) => !own.some((one) => one.file === file && one.line === line))];
}

async function loaded(files: readonly string[], types: readonly FileFault[]): Promise<readonly Loaded[]> {
  const each = await Promise.all(
    files.map(async (file): Promise<Loaded> => {
      const reading = await loadProgramme(file);
      return reading.ok
        ? { file, programme: reading.programme, faults: [] }
        : { file, programme: null, faults: reading.faults };
    }),
  );
  const twice = numberFaults(
    files,
    each.map(({ programme }) => programme),
  );
  // What a file imports and TypeScript minds is told with the first file.
  const typesOf = (at: number) => types.filter(({ file }) => (files.includes(file) ? files.indexOf(file) : 0) === at);
  return each.map((one, i) => ({
    ...one,
    faults: withTypes([...one.faults, ...refusals(one), ...twice[i]!], typesOf(i)),
  }));
}

/** The media on which a programme would find an area by itself. */
function aloneText({ programme, media }: ProgrammeReport): string {
  const chips = new Set(media.flatMap(({ fits, map }) => (fits ? [map.chip] : [])));
  return `programme ${programme.number} alone fits on ${[...chips].join(", ")}`;
}

function togetherFailure(programmes: readonly ProgrammeReport[]): Failure {
  const numbers = programmes.map(({ programme }) => programme.number).join(", ");
  return new Failure(
    "C-PROGRAMME-02",
    `no medium has room for programmes ${numbers} on one card`,
    "nothing was written; each of them is good by itself",
    [...programmes.map(aloneText), "take rules out, name other media, or give them cards of their own"],
  );
}

/** What keeps these programmes from being used as they were named; null when nothing does. */
function failureOf(
  files: readonly Loaded[],
  { programmes, together }: CheckReport,
  runs: readonly (ExampleRun | null)[],
): Failure | null {
  const faults = files.flatMap((one) => one.faults);
  if (faults.length > 0) return faultFailure(faults, files.length);
  const wrong = exampleFailure(runs.filter((run) => run !== null));
  if (wrong !== null) return wrong;
  return programmes.length > 0 && together.every(({ fits }) => !fits) ? togetherFailure(programmes) : null;
}

function assumptionText({ terminals, days }: Assumed): string {
  const silent =
    terminals === null
      ? "one terminal for each merchant of a programme is"
      : `${counted(terminals, "terminal")} ${terminals === 1 ? "is" : "are"}`;
  return (
    `assumed: ${silent} without contact (--terminals), ` +
    `${counted(days, "day")} between two reports of a terminal (--days)`
  );
}

interface Checked {
  readonly file: string;
  readonly programme: Programme;
  readonly run: ExampleRun | null;
  readonly advice: Advice;
}

function checked(file: string, programme: Programme): Checked {
  const warnings = limitsOf(programme).flatMap((limit) => (limit.refused ? [] : [limitText(limit)]));
  return { file, programme, run: examplesRun(file, programme), advice: { warnings, readings: readingsOf(programme) } };
}

function checkLines(console: Console, good: readonly Checked[], report: CheckReport, assumed: Assumed): string[] {
  const { programmes, together } = report;
  const shared = programmes.length > 1 ? togetherLines(programmes, together) : [];
  const counts = programmes.some(({ exposure, stocks }) => exposure !== null || stocks.length > 0)
    ? [assumptionText(assumed)]
    : [];
  const each = programmes.flatMap((one, i) => programmeLines(good[i]!.file, one, good[i]!, console.lang));
  return [...each, ...shared, ...counts];
}

async function check(console: Console, paths: readonly string[], options: CheckOptions): Promise<number> {
  for (const file of paths) readFile(file);
  const types = typeCheck(paths);
  const files = await loaded(paths, types.faults ?? []);
  const assumed = { terminals: options.terminals ?? null, days: options.days };
  const good = files.flatMap(({ file, programme, faults }): Checked[] =>
    programme === null || faults.length > 0 ? [] : [checked(file, programme)],
  );
  const report = programmeReport(
    good.map(({ programme }) => programme),
    assumed,
  );
  const runs = good.map(({ run }) => run);
  const failure = failureOf(files, report, runs);
  const faults = files.flatMap((one) => one.faults);
  const untyped = types.why === null ? [] : [`types are not checked: ${types.why}`];
  tell(console, [...checkLines(console, good, report, assumed), ...untyped], {
    ok: failure === null,
    types: types.why ?? "checked",
    assumed: { terminals: assumed.terminals ?? "one for each merchant", days: assumed.days },
    programmes: report.programmes.map((one, i) => programmeDocument(good[i]!.file, one, good[i]!)),
    together: report.programmes.length > 1 ? togetherDocument(report.programmes, report.together) : [],
    faults: faults.map(faultDocument),
    ...(failure === null ? {} : { error: failure.document() }),
  });
  if (failure === null) return EXIT.done;
  if (console.json) return failure.exit;
  if (faults.length > 1) for (const fault of faults) console.err(`${placeOf(fault)}: ${fault.problem}\n`);
  for (const line of failure.lines()) console.err(`${line}\n`);
  return failure.exit;
}

/** Registers `programme check`. */
export function checkCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  programme
    .command("check")
    .description("say what is wrong with programmes, play the examples beside them, and say which cards they fit on")
    .argument("<file...>", "programme files, TypeScript or JSON; several share a card")
    .option("--terminals <n>", "terminals without contact; default one for each merchant", wholeUpTo(TERMINALS_MAX))
    .option("--days <n>", "days between two reports of a terminal", wholeUpTo(DAYS_MAX), 1)
    .action(async (files: string[], options: CheckOptions) => exit(await check(console(), files, options)));
}
