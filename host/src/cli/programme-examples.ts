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
import { besideFile } from "./programme-file.ts";

/** The examples that lie beside a programme file, and what came out otherwise than they say. */
export interface ExampleRun {
  readonly file: string;
  readonly examples: readonly Example[];
  readonly differences: readonly Difference[];
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
  const beside = besideFile(file, "examples.json");
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
