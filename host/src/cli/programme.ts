import type { Command } from "commander";
import type { Console } from "./console.ts";
import { adjustCommand } from "./programme-adjust.ts";
import { checkCommand } from "./programme-check.ts";
import { correctCommand } from "./programme-correct.ts";
import { diffCommand } from "./programme-diff.ts";
import { trialCommands } from "./programme-eval.ts";
import { initCommand } from "./programme-init.ts";
import { sheetCommand } from "./programme-sheet.ts";
import { simulateCommand } from "./programme-simulate.ts";

/** The commands about programme files. */
export function programmeCommands(program: Command, console: () => Console, exit: (code: number) => void): void {
  const programme = program.command("programme").description("begin, check, try, compare and correct programme files");
  checkCommand(programme, console, exit);
  trialCommands(programme, console, exit);
  initCommand(programme, console, exit);
  adjustCommand(programme, console, exit);
  sheetCommand(programme, console, exit);
  diffCommand(programme, console, exit);
  simulateCommand(programme, console, exit);
  correctCommand(programme, console, exit);
}
