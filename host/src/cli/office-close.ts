import { type Day, dayText, toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { type Closing, closeTo, firstOpenDay, lastDayOver } from "../office/closings.ts";
import { type Console, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";

/** Adds `office close`. */
export function closeCommand(office: Command, console: () => Console): void {
  office
    .command("close")
    .description("close every local day that is over, with its months and years: totals and a hash that never change")
    .option("--to <date>", "last local day to close, 2026-01-31; default the last one that is over", parseDate)
    .action((options: { readonly to?: Day }) => close(console(), options));
}

const totalsLines = (totals: Closing["totals"]): string[] =>
  Object.entries(totals).map(([name, sum]) => `  ${name.padEnd(24)} in ${sum.in}, out ${sum.out}`);

/** Days without a posting are told as one line each stretch of them. */
function linesOf(closed: readonly Closing[]): string[] {
  const lines: string[] = [];
  let empty: Closing[] = [];
  const flush = () => {
    const [first, last] = [empty[0], empty.at(-1)];
    if (first === undefined || last === undefined) return;
    const days = first === last ? dayText(first.day) : `${dayText(first.day)} to ${dayText(last.day)}`;
    lines.push(`day ${days}  no posting  ${toHex(last.hash)}`);
    empty = [];
  };
  for (const closing of closed) {
    const { kind, day, postings, hash, totals } = closing;
    if (kind === "day" && postings === 0) {
      empty.push(closing);
      continue;
    }
    flush();
    lines.push(`${kind} ${dayText(day)}  ${postings} postings  ${toHex(hash)}`, ...totalsLines(totals));
  }
  flush();
  return lines;
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
    tell(console, closed.length > 0 ? linesOf(closed) : [none], {
      closed: closed.map(({ day: last, hash, ...rest }) => ({ ...rest, date: dayText(last), hash: toHex(hash) })),
      first_open: open === null ? null : dayText(open),
    });
  });
}
