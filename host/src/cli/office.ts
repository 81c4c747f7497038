import type { Command } from "commander";
import { statement } from "../office/statement.ts";
import { type Console, tell } from "./console.ts";
import { withLedger } from "./home.ts";
import { alertsCommand } from "./office-alerts.ts";
import { archiveCommand } from "./office-archive.ts";
import { backupCommands } from "./office-backup.ts";
import { checkCommand } from "./office-check.ts";
import { closeCommand } from "./office-close.ts";
import { creditCommand } from "./office-credit.ts";
import { listsCommand } from "./office-lists.ts";
import { migrateCommand } from "./office-migrate.ts";
import { parkingCommand } from "./office-parking.ts";
import { officeTerminalCommands } from "./office-terminal.ts";
import { statementLines } from "./statement-text.ts";

export function officeCommands(program: Command, console: () => Console): void {
  const office = program
    .command("office")
    .description("the ledger: alerts, lists, credits, reports, closings, backups");
  office
    .command("report")
    .description("visits, value earned and spent per merchant, and what is outstanding")
    .action(() =>
      withLedger(console(), async (ledger) => {
        const books = await statement(ledger);
        tell(console(), statementLines(books, new Map(), console().lang), books);
      }),
    );
  parkingCommand(office, console);
  alertsCommand(office, console);
  officeTerminalCommands(office, console);
  listsCommand(office, console);
  creditCommand(office, console);
  checkCommand(office, console);
  closeCommand(office, console);
  archiveCommand(office, console);
  backupCommands(office, console);
  migrateCommand(office, console);
}
