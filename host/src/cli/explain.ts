import type { Command } from "commander";
import { type Console, tell } from "./console.ts";
import { CODES, type Code, Failure } from "./failure.ts";
import { REASONS, reasonTold } from "./reasons.ts";

function unknown(text: string): Failure {
  return new Failure("C-USAGE-01", `there is no code or reason ${text}`, "nothing was done", [
    `the codes are: ${Object.keys(CODES).join(", ")}`,
    `the reasons are: ${Object.keys(REASONS).sort().join(", ")}`,
  ]);
}

function explain(console: Console, text: string): void {
  const word = text.toUpperCase();
  if (Object.hasOwn(CODES, word)) {
    const { exit, meaning } = CODES[word as Code];
    tell(console, [`${word}  (exit code ${exit})`, meaning], { code: word, exit, meaning });
    return;
  }
  const told = reasonTold(word);
  if (told === null) throw unknown(text);
  const { meaning, staff } = told;
  const customer = told[console.lang];
  const lines = [
    `${word}  (why a visit did less, or nothing)`,
    meaning,
    `Staff: ${staff}`,
    `To the customer: ${customer}`,
  ];
  tell(console, lines, { reason: word, meaning, staff, customer });
}

/** Registers `explain`. */
export function explainCommand(program: Command, console: () => Console): void {
  program
    .command("explain")
    .description("say what an error code or a reason means")
    .argument("<code>", "a code like C-BATCH-01, or a reason like BELOW_MINIMUM")
    .action((text: string) => explain(console(), text));
}
