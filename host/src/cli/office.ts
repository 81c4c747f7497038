import type { Command } from "commander";
import type { Console } from "./console.ts";
import { accountCommands } from "./office-account.ts";
import { alertsCommand } from "./office-alerts.ts";
import { archiveCommand } from "./office-archive.ts";
import { backupCommands } from "./office-backup.ts";
import { checkCommand } from "./office-check.ts";
import { closeCommand } from "./office-close.ts";
import { creditCommand } from "./office-credit.ts";
import { exportCommand } from "./office-export.ts";
import { listsCommand } from "./office-lists.ts";
import { migrateCommand } from "./office-migrate.ts";
import { parkingCommand } from "./office-parking.ts";
import { phoneCommands } from "./office-phone.ts";
import { reportCommand } from "./office-report.ts";
import { officeTerminalCommands } from "./office-terminal.ts";

export function officeCommands(program: Command, console: () => Console, exit: (code: number) => void): void {
  const office = program
    .command("office")
    .description("the ledger: alerts, lists, credits, accounts, reports, closings, backups");
  reportCommand(office, console);
  parkingCommand(office, console);
  alertsCommand(office, console);
  officeTerminalCommands(office, console);
  listsCommand(office, console);
  creditCommand(office, console);
  accountCommands(office, console, exit);
  phoneCommands(office, console);
  checkCommand(office, console);
  closeCommand(office, console);
  archiveCommand(office, console);
  backupCommands(office, console);
  exportCommand(office, console);
  migrateCommand(office, console);
}
