import type { CardMap } from "@cachet/card-layout";
import { STEPS_MAX } from "@cachet/firmware/rules";
import type { FileFault } from "../image/load.ts";
import type { Exposure, Fit, ProgrammeReport, StockReport, Together } from "../image/programme-report.ts";
import { type Reading, readingText } from "../workbench/readings.ts";
import { money } from "./money.ts";
import { type ExampleRun, exampleDocument } from "./programme-examples.ts";

type Lang = "fr" | "en";

const mediumOf = ({ chip, layout }: CardMap): string => `${chip}, layout ${layout}`;
/** A whole number in groups of three: 20 000. */
const spaced = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, " ");
/** A number and its noun: 1 day, 2 days. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const fact = (name: string, text: string): string => `  ${name.padEnd(16)} ${text}`;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
}

function fitText(fit: Fit): string {
  if (!fit.fits) return `does not fit: ${fit.whyNot}`;
  const { area, room, free } = fit.place;
  return `fits: area ${area}, ${free} of ${room} bytes free`;
}

function exposureLines(exposure: Exposure | null, lang: Lang): string[] {
  if (exposure === null) return [fact("exposure", "no money leaves the card")];
  const { terminals, days, capCents, balanceMaxCents, cents } = exposure;
  if (capCents === null || cents === null) {
    return [
      fact("offline cap", "none"),
      fact("exposure", `no cap: up to the balance limit of each copied card, ${money(balanceMaxCents, lang)}`),
    ];
  }
  const product = [counted(terminals, "terminal"), money(capCents, lang), counted(days, "day")].join(" x ");
  return [
    fact("offline cap", `${money(capCents, lang)} for each card, terminal and day`),
    fact("exposure", `terminals not synced x cap x days to rotate = ${product} = ${money(cents, lang)}`),
  ];
}

function stockLine({ name, pieces, terminals }: StockReport): string {
  const all = `${counted(terminals, "terminal")} x ${pieces} = ${pieces * terminals} in all`;
  return fact("stock", `${name}: at most ${pieces} at each terminal, ${all}`);
}

function headLine(file: string, run: ExampleRun | null): string {
  if (run === null) return `${file}: ok`;
  const { examples, differences } = run;
  const count = counted(examples.length, "example");
  return differences.length === 0 ? `${file}: ok, ${count}` : `${file}: no fault, but not as its ${count} say`;
}

/** What an author should know beside faults. */
export interface Advice {
  readonly warnings: readonly string[];
  readonly readings: readonly Reading[];
}

/** What was tried and found beside the report. */
interface Found {
  readonly run: ExampleRun | null;
  readonly advice: Advice;
}

/** What was found out about one programme, for people. */
export function programmeLines(file: string, report: ProgrammeReport, { run, advice }: Found, lang: Lang): string[] {
  const { number, version, name, scope, merchants, rules } = report.programme;
  const count = counted(Object.keys(merchants).length, "merchant");
  return [
    headLine(file, run),
    fact("programme", `${number}, version ${version}: ${name} (${scope}, ${count})`),
    fact("rules", rules.map(({ id, kind }) => `${id} (${kind})`).join(", ")),
    fact("purses", counted(report.bytes, "byte")),
    fact("steps", `${spaced(report.steps)} of ${spaced(STEPS_MAX)}, for a sale of 100 lines`),
    ...exposureLines(report.exposure, lang),
    ...report.stocks.map(stockLine),
    ...table([
      ["medium", "roll-back", "purses"],
      ...report.media.map((fit) => [mediumOf(fit.map), fit.rollBack, fitText(fit)]),
    ]),
    ...[...report.warnings, ...advice.warnings].map((warning) => `  warning: ${warning}`),
    ...advice.readings.map((reading) => `  unsettled: ${readingText(reading)}`),
  ];
}

/** All programmes on one card, medium by medium. */
export function togetherLines(programmes: readonly ProgrammeReport[], together: readonly Together[]): string[] {
  const heads = programmes.map(({ programme }) => `programme ${programme.number}`);
  return [
    "together on one card",
    ...table([
      ["medium", ...heads],
      ...together.map(({ map, places }) => [
        mediumOf(map),
        ...places.map((place) =>
          place === null ? "no area" : `area ${place.area}, ${counted(place.free, "byte")} free`,
        ),
      ]),
    ]),
  ];
}

function fitDocument(fit: Fit) {
  const { chip, layout } = fit.map;
  const head = { chip, layout, roll_back: fit.rollBack, fits: fit.fits };
  if (!fit.fits) return { ...head, why_not: fit.whyNot };
  return { ...head, area: fit.place.area, room_bytes: fit.place.room, free_bytes: fit.place.free };
}

function exposureDocument(exposure: Exposure | null) {
  if (exposure === null) return null;
  const { terminals, days, capCents, balanceMaxCents, cents } = exposure;
  return { terminals, days, cap_cents: capCents, balance_max_cents: balanceMaxCents, cents };
}

/** What was found out about one programme, for programs. */
export function programmeDocument(file: string, report: ProgrammeReport, { run, advice }: Found) {
  const { number, version, name, scope, merchants, rules } = report.programme;
  return {
    file,
    number,
    version,
    name,
    scope,
    merchants: Object.keys(merchants).map(Number),
    rules: rules.map(({ id, kind }) => ({ id, kind })),
    examples: exampleDocument(run),
    purse_bytes: report.bytes,
    steps: report.steps,
    steps_max: STEPS_MAX,
    exposure: exposureDocument(report.exposure),
    stocks: report.stocks.map(({ name, pieces, terminals }) => ({
      name,
      pieces,
      terminals,
      in_all: pieces * terminals,
    })),
    media: report.media.map(fitDocument),
    warnings: [...report.warnings, ...advice.warnings],
    unsettled: advice.readings,
  };
}

export function togetherDocument(programmes: readonly ProgrammeReport[], together: readonly Together[]) {
  return together.map(({ map: { chip, layout }, places, fits }) => ({
    chip,
    layout,
    fits,
    places: places.map((place, i) => ({
      programme: programmes[i]!.programme.number,
      area: place?.area ?? null,
      free_bytes: place?.free ?? null,
    })),
  }));
}

export const faultDocument = ({ file, line, column = null, problem }: FileFault) => ({ file, line, column, problem });
