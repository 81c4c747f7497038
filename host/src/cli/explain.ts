import type { Command } from "commander";
import { type Console, tell } from "./console.ts";
import { CODES, type Code, Failure } from "./failure.ts";

export function explainCommand(program: Command, console: () => Console): void {
  program
    .command("explain")
    .description("say what an error code means")
    .argument("<code>", "a code like C-BATCH-01")
    .action((text: string) => {
      const code = text.toUpperCase();
      if (!(code in CODES)) {
        throw new Failure("C-USAGE-01", `there is no code ${text}`, "nothing was done", [
          `the codes are: ${Object.keys(CODES).join(", ")}`,
        ]);
      }
      const { exit, meaning } = CODES[code as Code];
      tell(console(), [`${code}  (exit code ${exit})`, meaning], { code, exit, meaning });
    });
}
