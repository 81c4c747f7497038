import { toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { auditHead } from "../office/audit.ts";
import { checkLedger, LedgerFault } from "../office/check.ts";
import { migrate } from "../office/migrations.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { withProgress, withScratch } from "./scratch.ts";

/** Adds `office check`. */
export function checkCommand(office: Command, console: () => Console): void {
  office
    .command("check")
    .description("make the books again from the journals, and compare them row by row; changes nothing")
    .action(() => check(console()));
}

/** What a person is told whose books are wrong. */
export const faultFailure = ({ table, message }: LedgerFault, state: string): Failure =>
  new Failure(
    "C-LEDGER-01",
    message,
    state,
    [
      "nothing goes on from these books: keep a copy of the database as it is",
      "restore the last good backup into an empty home and import the batches since: cachet office restore",
    ],
    { table },
  );

async function check(console: Console): Promise<void> {
  await withLedger(console, (ledger) =>
    withScratch(1, async (scratch) => {
      await migrate(scratch!);
      try {
        await withProgress(console, "checking", (progress) => checkLedger(ledger, scratch!, progress));
      } catch (error) {
        throw error instanceof LedgerFault ? faultFailure(error, "the ledger was only read") : error;
      }
      const head = toHex(await auditHead(ledger));
      tell(console, ["the books are what the journals come to", `head of the audit chain  ${head}`], {
        ok: true,
        head,
      });
    }),
  );
}
