import { type Day, dayText, toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { type ParkingRow, parkingRows } from "../office/parking.ts";
import { type Console, tell } from "./console.ts";
import { localText, parseDate } from "./dates.ts";
import { Failure } from "./failure.ts";
import { writeFile } from "./files.ts";
import { withLedger } from "./home.ts";

interface ParkingOptions {
  readonly from: Day;
  readonly to: Day;
  readonly output?: string;
}

const HEAD = "card,uid,minutes,from,until,ticket";

const fieldsOf = ({ card, uid, minutes, from, offset, until, ticket }: ParkingRow) => ({
  ...{ card, uid: toHex(uid), minutes, from: localText(from, offset), until, ticket },
});

/** Adds `office parking`. */
export function parkingCommand(office: Command, console: () => Console): void {
  office
    .command("parking")
    .description("CSV of the parking minutes of some days, for the operator of the town's meters")
    .requiredOption("--from <date>", "first local day, 2026-01-31", parseDate)
    .requiredOption("--to <date>", "last local day", parseDate)
    .option("-o, --output <file>", "write the CSV here; else it is printed")
    .action((options: ParkingOptions) => exportParking(console(), options));
}

async function exportParking(console: Console, { from, to, output }: ParkingOptions): Promise<void> {
  if (from > to) {
    throw new Failure("C-USAGE-01", `--from ${dayText(from)} is after --to ${dayText(to)}`, "nothing was written", [
      "give the earlier day to --from",
    ]);
  }
  await withLedger(console, async (ledger) => {
    const rows = (await parkingRows(ledger, from, to)).map(fieldsOf);
    const csv = [HEAD, ...rows.map((row) => Object.values(row).join(","))];
    if (output !== undefined) writeFile(output, `${csv.join("\n")}\n`);
    const given = rows.reduce((sum, { minutes }) => sum + Math.max(0, minutes), 0);
    const takenBack = rows.reduce((sum, { minutes }) => sum - Math.min(0, minutes), 0);
    const summary = `${rows.length} rows: ${given} minutes given, ${takenBack} taken back of purchases before ${dayText(from)}`;
    const document = { from: dayText(from), to: dayText(to), given, takenBack, output: output ?? null, rows };
    tell(console, output === undefined ? csv : [summary, `minutes: ${output}`], document);
    if (output === undefined && !console.json) console.err(`${summary}\n`);
  });
}
