import { readFileSync } from "node:fs";
import { type Programme, programmeFaults, programmeOfJson, stepFaults, worstSteps } from "@cachet/firmware/rules";
import { readCode } from "./programme-code.ts";

/** Something wrong in a programme file. Lines and columns count from 1; null, or left out, where they are not known. */
export interface FileFault {
  readonly file: string;
  readonly line: number | null;
  readonly column?: number | null;
  readonly problem: string;
}

export type ProgrammeReading =
  | { readonly ok: true; readonly programme: Programme }
  | { readonly ok: false; readonly faults: readonly FileFault[] };

/** `file:line:column`, as far as they are known. */
export const placeOf = ({ file, line, column = null }: FileFault): string =>
  [file, ...(line === null ? [] : [line]), ...(column === null ? [] : [column])].join(":");

/** The field or rule that a sentence of `programmeFaults` begins with, as it is searched for in a source. */
function searched(problem: string, indent: string): RegExp | null {
  const fact = /reads what is not there: "([\w$]+)"/.exec(problem)?.[1];
  if (fact !== undefined) return new RegExp(`(?<![\\w$])${fact.replaceAll("$", "\\$")}(?![\\w$])`);
  const rule = /^rule "([\w-]+)"/.exec(problem)?.[1];
  if (rule !== undefined) return new RegExp(`\\bid"?\\s*:\\s*["'\`]${rule}["'\`]`);
  const merchant = /^merchants?:? (?:number )?(\d+)/.exec(problem)?.[1];
  if (merchant !== undefined) return new RegExp(`^\\s*"?${merchant}"?\\s*:`);
  const field = /^(?:there is no field ")?([A-Za-z]+)\b/.exec(problem)?.[1];
  // A field of the programme itself, not one of the same name deeper down.
  return field === undefined ? null : new RegExp(`^${indent}"?${field}"?\\s*:`);
}

/** The line that a sentence is about, counted from 1; null where the source does not show it. */
export function lineOf(source: string, problem: string): number | null {
  const pattern = searched(problem, /^([ \t]*)"?rules"?\s*:/m.exec(source)?.[1] ?? "");
  const at = pattern === null ? -1 : source.split("\n").findIndex((line) => pattern.test(line));
  return at < 0 ? null : at + 1;
}

const faultsOf = (file: string, source: string, problems: readonly string[]): FileFault[] =>
  problems.map((problem) => ({ file, line: lineOf(source, problem), problem }));

/** What running the file threw: the faults that it names, or itself. */
function thrownFaults(file: string, source: string, error: unknown, thrownAt: number | null): FileFault[] {
  const named = (error as { readonly faults?: unknown } | null | undefined)?.faults;
  const problems = Array.isArray(named) ? named.map(String) : [error instanceof Error ? error.message : String(error)];
  return problems.map((problem) => ({ file, line: lineOf(source, problem) ?? thrownAt, problem }));
}

const NO_PROGRAMME = "the file does not end with: export default programme({ ... })";

/** The JSON form of a programme. */
const isJson = (file: string): boolean => file.endsWith(".json");

/** A programme without faults of its own: whether a sale may be too large for it. */
function counted(file: string, source: string, programme: Programme): ProgrammeReading {
  const faults = faultsOf(file, source, stepFaults(worstSteps(programme)));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, programme };
}

function loadJson(file: string, source: string): ProgrammeReading {
  try {
    return counted(file, source, programmeOfJson(JSON.parse(source)));
  } catch (error) {
    return { ok: false, faults: thrownFaults(file, source, error, null) };
  }
}

/** The programme that a file exports, or everything that is wrong with it. Runs the file, unless it is a programme in JSON. */
export async function loadProgramme(file: string): Promise<ProgrammeReading> {
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch (error) {
    return { ok: false, faults: [{ file, line: null, problem: `it cannot be read: ${(error as Error).message}` }] };
  }
  if (isJson(file)) return loadJson(file, source);
  const code = await readCode(file);
  if (!code.ok) return { ok: false, faults: code.faults ?? thrownFaults(file, source, code.threw, code.line) };
  if (code.exported === undefined) return { ok: false, faults: [{ file, line: null, problem: NO_PROGRAMME }] };
  const faults = faultsOf(file, source, programmeFaults(code.exported));
  return faults.length > 0 ? { ok: false, faults } : counted(file, source, code.exported as Programme);
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
