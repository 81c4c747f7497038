import { writtenReceipt } from "@cachet/firmware/counter";
import type { Receipt, ReceiptLine } from "@cachet/firmware/hal";
import type * as Simulator from "@cachet/terminal-sim";
import { type Command, Option } from "commander";
import { trialScript } from "../image/build.ts";
import type { Console } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile } from "./files.ts";
import { goodProgramme } from "./programme-file.ts";
import { trialLines } from "./programme-trial-text.ts";
import { simulatedSandbox } from "./sim.ts";

const NOTHING = "nothing was evaluated";

export interface EvalOptions {
  readonly events: string;
  readonly vm: "v8" | "quickjs";
}

function badEvents(path: string, problem: string): Failure {
  return new Failure("C-PROGRAMME-03", `${path}: ${problem}`, NOTHING, [
    'write {"card": {...}, "events": [...]}; docs/programmes.md has every field',
  ]);
}

/** A written card and its events, as they are handed to the sandbox. Fails with C-PROGRAMME-03. */
function writtenEvents(path: string): string {
  const text = new TextDecoder().decode(readFile(path));
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw badEvents(path, `it is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the sandbox answered. */
type Answer = { readonly played: string } | { readonly refused: string } | { readonly stopped: string };

/** Plays written events in the engine of a terminal. */
function playIn(sandbox: Simulator.Sandbox, script: string, given: string): Answer {
  let asked = 0;
  let answer: Answer = { stopped: "it came to its end without an answer" };
  try {
    sandbox.start(script, (id, method, args) => {
      if (method === "given") asked = id;
      else answer = method === "played" ? { played: args } : { refused: args };
    });
    sandbox.answer(asked, given);
  } catch (error) {
    answer = { stopped: error instanceof Error ? error.message : String(error) };
  } finally {
    sandbox.stop();
  }
  return answer;
}

/** One line of paper, whatever its width. */
function lineText(line: ReceiptLine<string>): string {
  switch (line.line) {
    case "separator":
      return "";
    case "row":
      return line.right === "" ? line.left : `${line.left} ${line.right}`;
    default:
      return line.text;
  }
}

/** The document of a trial, with its receipts in words. */
function worded(document: string): string {
  const { steps, ...others } = JSON.parse(document) as { readonly steps: readonly { readonly receipt: Receipt }[] };
  const written = steps.map((step) => ({ ...step, receipt: writtenReceipt(step.receipt, "fr").map(lineText) }));
  return JSON.stringify({ steps: written, ...others });
}

/** The document that a programme makes of written events, as the engine gave it. Fails with C-PROGRAMME-01, -03 or -04. */
export async function played(file: string, { events, vm }: EvalOptions): Promise<string> {
  const programme = await goodProgramme(file);
  const given = writtenEvents(events);
  const answer = playIn(await simulatedSandbox(vm), await trialScript(programme, file), given);
  if ("played" in answer) return worded(answer.played);
  if ("refused" in answer) throw badEvents(events, answer.refused);
  throw new Failure("C-PROGRAMME-04", `the engine stopped: ${answer.stopped}`, NOTHING, [
    "give it fewer events at once",
  ]);
}

/** Registers `programme eval` and `programme explain`. */
export function trialCommands(programme: Command, console: () => Console, exit: (code: number) => void): void {
  const vm = () => new Option("--vm <engine>", "engine").choices(["v8", "quickjs"]).default("v8");
  const events = ["--events <file>", "JSON file: a card and its events"] as const;
  programme
    .command("eval")
    .description("play events on a card: effects, refusals, receipt and what the card holds then, as JSON")
    .argument("<file>", "a programme file, TypeScript or JSON")
    .requiredOption(...events)
    .addOption(vm())
    .action(async (file: string, options: EvalOptions) => {
      console().out(await played(file, options));
      exit(EXIT.done);
    });
  programme
    .command("explain")
    .description("say for each event what every rule did, what it did not do and why, and the numbers before and after")
    .argument("<file>", "a programme file, TypeScript or JSON")
    .requiredOption(...events)
    .addOption(vm())
    .action(async (file: string, options: EvalOptions) => {
      const document = await played(file, options);
      const rules = (await goodProgramme(file)).rules.map(({ id }) => id);
      if (console().json) console().out(document);
      else for (const line of trialLines(JSON.parse(document), rules)) console().out(line);
      exit(EXIT.done);
    });
}
