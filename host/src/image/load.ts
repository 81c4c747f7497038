import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Programme, programmeFaults, programmeOfJson } from "@cachet/firmware/rules";
import { build, type Message } from "esbuild";

/** Something wrong in a programme file. `line` counts from 1; null where it is not known. */
export interface FileFault {
  readonly file: string;
  readonly line: number | null;
  readonly problem: string;
}

export type ProgrammeReading =
  | { readonly ok: true; readonly programme: Programme }
  | { readonly ok: false; readonly faults: readonly FileFault[] };

/** `file:line`, or the file where the line is not known. */
export const placeOf = ({ file, line }: FileFault): string => (line === null ? file : `${file}:${line}`);

/** What esbuild refuses of a file's syntax. */
async function syntaxFaults(file: string): Promise<readonly FileFault[]> {
  try {
    await build({ entryPoints: [file], outfile: "checked.js", write: false, logLevel: "silent" });
    return [];
  } catch (error) {
    const errors = (error as { readonly errors?: readonly Message[] }).errors ?? [];
    if (errors.length === 0) throw error;
    return errors.map(({ text, location }) => ({ file, line: location?.line ?? null, problem: text }));
  }
}

/** The field or rule that a sentence of `programmeFaults` begins with, as it is searched for in a source. */
function searched(problem: string, indent: string): RegExp | null {
  const rule = /^rule "([\w-]+)"/.exec(problem)?.[1];
  if (rule !== undefined) return new RegExp(`\\bid"?\\s*:\\s*["'\`]${rule}["'\`]`);
  const merchant = /^merchants?:? (?:number )?(\d+)/.exec(problem)?.[1];
  if (merchant !== undefined) return new RegExp(`^\\s*"?${merchant}"?\\s*:`);
  const field = /^(?:there is no field ")?([A-Za-z]+)\b/.exec(problem)?.[1];
  // A field of the programme itself, not one of the same name deeper down.
  return field === undefined ? null : new RegExp(`^${indent}"?${field}"?\\s*:`);
}

/** The line that a sentence is about, counted from 1; null where the source does not show it. */
function lineOf(source: string, problem: string): number | null {
  const pattern = searched(problem, /^([ \t]*)"?rules"?\s*:/m.exec(source)?.[1] ?? "");
  const at = pattern === null ? -1 : source.split("\n").findIndex((line) => pattern.test(line));
  return at < 0 ? null : at + 1;
}

/** The line of this file that threw, by the stack; null where the stack does not name the file. */
function thrownAt(file: string, error: unknown): number | null {
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line)) : [];
  const frame = frames.find((line) => line.includes(`${basename(file)}:`));
  const line = frame?.slice(frame.indexOf(`${basename(file)}:`)).split(":")[1];
  return line === undefined ? null : Number(line);
}

/** What running the file threw: the faults that it names, or itself. */
function thrownFaults(file: string, source: string, error: unknown): FileFault[] {
  const named = (error as { readonly faults?: unknown } | null | undefined)?.faults;
  const problems = Array.isArray(named) ? named.map(String) : [error instanceof Error ? error.message : String(error)];
  return problems.map((problem) => ({ file, line: lineOf(source, problem) ?? thrownAt(file, error), problem }));
}

const NO_PROGRAMME = "the file does not end with: export default programme({ ... })";

/** How long a file may take to be read: it is plain data, or nearly. */
const LOADING_MS = 10_000;

/** Loads a file that may try to end the program, print on its output, or never come to an end. */
async function quietly(load: () => Promise<{ readonly default?: unknown }>): Promise<{ readonly default?: unknown }> {
  const { exit } = process;
  const { log, info, debug } = console;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the file does not come to its end")), LOADING_MS);
  });
  process.exit = () => {
    throw new Error("a programme file must not end the program");
  };
  for (const word of ["log", "info", "debug"] as const) console[word] = console.error;
  try {
    return await Promise.race([load(), late]);
  } finally {
    clearTimeout(timer);
    process.exit = exit;
    Object.assign(console, { log, info, debug });
  }
}

/** The JSON form of a programme. */
const isJson = (file: string): boolean => file.endsWith(".json");

function loadJson(file: string): ProgrammeReading {
  const source = readFileSync(file, "utf8");
  try {
    return { ok: true, programme: programmeOfJson(JSON.parse(source)) };
  } catch (error) {
    return { ok: false, faults: thrownFaults(file, source, error) };
  }
}

/** The programme that a file exports, or everything that is wrong with it. Runs the file, unless it is a programme in JSON. */
export async function loadProgramme(file: string): Promise<ProgrammeReading> {
  if (isJson(file)) return loadJson(file);
  const syntax = await syntaxFaults(file);
  if (syntax.length > 0) return { ok: false, faults: syntax };
  const source = readFileSync(file, "utf8");
  try {
    const { default: loaded } = await quietly(() => import(pathToFileURL(resolve(file)).href));
    if (loaded === undefined) return { ok: false, faults: [{ file, line: null, problem: NO_PROGRAMME }] };
    const faults = programmeFaults(loaded).map((problem) => ({ file, line: lineOf(source, problem), problem }));
    return faults.length > 0 ? { ok: false, faults } : { ok: true, programme: loaded as Programme };
  } catch (error) {
    return { ok: false, faults: thrownFaults(file, source, error) };
  }
}

/** For each file, the fault of a programme whose number an earlier one has. Null stands for a file that holds none. */
export function numberFaults(
  files: readonly string[],
  programmes: readonly (Programme | null)[],
): readonly (readonly FileFault[])[] {
  return programmes.map((programme, i) => {
    const file = files[i]!;
    if (programme === null || programmes.findIndex((other) => other?.number === programme.number) === i) return [];
    const line = lineOf(readFileSync(file, "utf8"), "number");
    return [{ file, line, problem: `programme number ${programme.number} stands twice` }];
  });
}
