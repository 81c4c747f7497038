import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Programme } from "@cachet/firmware/rules";
import {
  type Difference,
  differenceText,
  type Example,
  ExampleFault,
  readExamples,
  runExamples,
} from "../workbench/examples.ts";
import { Failure } from "./failure.ts";
import { readFile } from "./files.ts";

const FOR_ALL = "examples.json";

/** The examples that lie beside a programme file, and what came out otherwise than they say. */
export interface ExampleRun {
  readonly file: string;
  readonly examples: readonly Example[];
  readonly differences: readonly Difference[];
}

/** The file of examples that belongs to a programme file: one with its name, else the folder's; null where there is none. */
function examplesBeside(file: string): string | null {
  const own = `${basename(file).replace(/\.(?:programme\.)?\w+$/, "")}.${FOR_ALL}`;
  const there = [own, FOR_ALL].map((name) => join(dirname(file), name)).filter((path) => path !== file);
  return there.find((path) => existsSync(path)) ?? null;
}

function unreadable(file: string, problem: string): Failure {
  return new Failure("C-PROGRAMME-06", `${file}: ${problem}`, "no example was played; nothing was written", [
    'an example is {"title", "card", "events", "expect"}: docs/programmes.md has every word',
  ]);
}

function examplesOf(file: string): readonly Example[] {
  try {
    return readExamples(JSON.parse(new TextDecoder().decode(readFile(file))));
  } catch (error) {
    if (error instanceof ExampleFault || error instanceof SyntaxError) throw unreadable(file, error.message);
    throw error;
  }
}

/** Plays what lies beside a programme file; null where there are no examples. Fails with C-PROGRAMME-06, or C-FILE-02. */
export function examplesRun(file: string, programme: Programme): ExampleRun | null {
  const beside = examplesBeside(file);
  if (beside === null) return null;
  const examples = examplesOf(beside);
  return { file: beside, examples, differences: runExamples(programme, examples) };
}

const wrongTitles = ({ differences }: ExampleRun): number => new Set(differences.map(({ title }) => title)).size;

/** The first example that came out otherwise than it says, with both answers; null where all are right. */
export function exampleFailure(runs: readonly ExampleRun[]): Failure | null {
  const wrong = runs.filter(({ differences }) => differences.length > 0);
  const [first] = wrong;
  if (first === undefined) return null;
  const total = (of: (run: ExampleRun) => number) => runs.reduce((sum, run) => sum + of(run), 0);
  const all = total(({ examples }) => examples.length);
  return new Failure(
    "C-PROGRAMME-05",
    `${first.file}: ${differenceText(first.differences[0]!)}`,
    `${total(wrongTitles)} of ${all} examples came out otherwise than they say; nothing was written`,
    ["correct the rule, or the example where the rule is meant", "cachet programme explain says what every rule did"],
  );
}

export function exampleDocument(run: ExampleRun | null) {
  if (run === null) return null;
  return { file: run.file, count: run.examples.length, differences: run.differences };
}
