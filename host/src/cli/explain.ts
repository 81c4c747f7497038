import type { Command } from "commander";
import { FORK_TEXT, KIND_TEXT } from "./alert-text.ts";
import { REASONS_OF_FILES } from "./batch-text.ts";
import { type Console, tell } from "./console.ts";
import { CODES, type Code, Failure } from "./failure.ts";
import { REASONS, reasonTold } from "./reasons.ts";

/** What `office alerts` looks for. */
const ALERTS: Readonly<Record<string, readonly [title: string, next: string]>> = { fork: FORK_TEXT, ...KIND_TEXT };

function unknown(text: string): Failure {
  return new Failure("C-USAGE-01", `there is no code, reason or alert ${text}`, "nothing was done", [
    `the codes are: ${Object.keys(CODES).join(", ")}`,
    `the reasons are: ${Object.keys(REASONS).sort().join(", ")}`,
    `why files are set aside: ${Object.keys(REASONS_OF_FILES).join(", ")}`,
    `the alerts are: ${Object.keys(ALERTS).join(", ")}`,
  ]);
}

function explain(console: Console, text: string): void {
  const word = text.toUpperCase();
  if (Object.hasOwn(CODES, word)) {
    const { exit, meaning } = CODES[word as Code];
    tell(console, [`${word}  (exit code ${exit})`, meaning], { code: word, exit, meaning });
    return;
  }
  const small = text.toLowerCase();
  if (Object.hasOwn(REASONS_OF_FILES, small)) {
    const { meaning, next } = REASONS_OF_FILES[small]!;
    tell(console, [`${small}  (why a batch file is set aside)`, meaning, `Next: ${next}.`], {
      ...{ reason: small, meaning, next },
    });
    return;
  }
  if (Object.hasOwn(ALERTS, small)) {
    const [title, next] = ALERTS[small]!;
    const lines = [`${small}  (an alert of the office)`, `There are ${title}.`, `Next: ${next}.`];
    tell(console, lines, { alert: small, meaning: title, next });
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
    .description("say what an error code, a reason or an alert means")
    .argument("<code>", "a code like C-BATCH-01, a reason like BELOW_MINIMUM or bad-signature, an alert like gap")
    .action((text: string) => explain(console(), text));
}
