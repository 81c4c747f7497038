import { type Day, dayText, toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { closeTo, firstOpenDay, lastDayOver } from "../office/closings.ts";
import { type Console, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { closedLines } from "./office-close-text.ts";

/** Adds `office close`. */
export function closeCommand(office: Command, console: () => Console): void {
  office
    .command("close")
    .description("close every local day that is over, with its months and years: totals and a hash that never change")
    .option("--to <date>", "last local day to close, 2026-01-31; default the last one that is over", parseDate)
    .action((options: { readonly to?: Day }) => close(console(), options));
}

async function close(console: Console, { to }: { readonly to?: Day }): Promise<void> {
  await withLedger(console, async (ledger) => {
    const at = console.now();
    const over = await lastDayOver(ledger, at);
    const day = to ?? over;
    if (day > over) {
      throw new Failure(
        "C-LEDGER-02",
        `${dayText(day)} is not over at every terminal; the last day that is: ${dayText(over)}`,
        "nothing was closed",
        [`close up to ${dayText(over)}, or wait`],
      );
    }
    const closed = await closeTo(ledger, day, at);
    const open = await firstOpenDay(ledger);
    const none = open === null ? "nothing is imported yet" : `every day before ${dayText(open)} is closed already`;
    tell(console, closed.length > 0 ? closedLines(closed) : [none], {
      closed: closed.map(({ day: last, hash, ...rest }) => ({ ...rest, date: dayText(last), hash: toHex(hash) })),
      first_open: open === null ? null : dayText(open),
    });
  });
}
