import type { Command } from "commander";
import { blockCommand } from "./card-block.ts";
import { auditCommand, verifyCommand } from "./card-check.ts";
import { dumpCommand } from "./card-dump.ts";
import { historyCommand } from "./card-history.ts";
import { loadCommand } from "./card-load.ts";
import { cardPersonaliseCommand } from "./card-personalise.ts";
import { replaceCommands } from "./card-replace.ts";
import { infoCommand, readCommand } from "./card-show.ts";
import type { CardTools } from "./card-source.ts";
import type { Console } from "./console.ts";
import { realTools } from "./key-options.ts";
import { realReaders } from "./reader-option.ts";

export const realCardTools: CardTools = { readers: realReaders, keys: realTools };

/** `cachet card`: what is on a card, and whether it is right. */
export function cardCommands(
  program: Command,
  console: () => Console,
  exit: (code: number) => void,
  tools: CardTools = realCardTools,
): void {
  const card = program.command("card").description("personalise, read, audit, block, replace and repair cards");
  infoCommand(card, console, tools);
  readCommand(card, console, tools);
  verifyCommand(card, console, exit, tools);
  auditCommand(card, console, exit, tools);
  dumpCommand(card, console, tools);
  loadCommand(card, console, tools);
  cardPersonaliseCommand(card, console, tools);
  blockCommand(card, console);
  historyCommand(card, console);
  replaceCommands(card, console);
}
