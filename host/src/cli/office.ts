import type { Command } from "commander";
import { statement } from "../office/statement.ts";
import { type Console, tell } from "./console.ts";
import { openLedger } from "./home.ts";
import { parkingCommand } from "./office-parking.ts";
import { statementLines } from "./statement-text.ts";

export function officeCommands(program: Command, console: () => Console): void {
  const office = program.command("office").description("reports and exports from the ledger");
  office
    .command("report")
    .description("visits, value earned and spent per merchant, and what is outstanding")
    .action(() => {
      const database = openLedger(console());
      try {
        const books = statement(database);
        tell(console(), statementLines(books, new Map(), console().lang), books);
      } finally {
        database.close();
      }
    });
  parkingCommand(office, console);
}
