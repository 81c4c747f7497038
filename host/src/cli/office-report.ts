import { type Day, dayOf, dayText } from "@cachet/card-layout";
import type { Command } from "commander";
import { LIMITS } from "../office/detect/finding.ts";
import { type Report, report } from "../office/report/report.ts";
import { NO_TERMS, termsOf } from "../office/report/worth.ts";
import { type Console, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { Failure } from "./failure.ts";
import { writeFile } from "./files.ts";
import { withLedger } from "./home.ts";
import { expectMerchant } from "./known-here.ts";
import { parseMerchant, parseWhole } from "./numbers.ts";
import { reportCsv } from "./office-report-csv.ts";
import { reportLines } from "./office-report-text.ts";
import { goodProgramme } from "./programme-file.ts";

interface ReportCommandOptions {
  readonly from?: Day;
  readonly to?: Day;
  readonly merchant?: number;
  readonly programme?: readonly string[];
  readonly silentDays: number;
  readonly callBackDays: number;
  readonly csv?: string;
}

const days = (what: string) => (text: string) => parseWhole(text, what, 1, 3_650);
const collected = (file: string, before: readonly string[] = []): readonly string[] => [...before, file];

/** Adds `office report`. */
export function reportCommand(office: Command, console: () => Console): void {
  office
    .command("report")
    .description("trade by merchant, what was issued here and spent elsewhere, what is on cards, what needs a look")
    .option("--from <date>", "first local day, 2026-01-31; by default all", parseDate)
    .option("--to <date>", "last local day", parseDate)
    .option("--merchant <number>", "only what is this merchant's own, with its cards", parseMerchant)
    .option("--programme <file>", "names merchants, and what points and units are worth; may be repeated", collected)
    .option("--silent-days <n>", "a terminal is silent after so many days", days("number of days"), LIMITS.silentDays)
    .option("--call-back-days <n>", "with --merchant: a card is to call back after so many", days("number of days"), 60)
    .option("--csv <file>", "write every figure here, one a line")
    .action((options: ReportCommandOptions) => printReport(console(), options));
}

/** Days as text: `2026-01-31`. */
const documentOf = ({ from, to, clients, ...all }: Report) => ({
  ...all,
  from: from === null ? null : dayText(from),
  to: to === null ? null : dayText(to),
  clients:
    clients?.map(({ since, last, ...one }) => ({
      ...one,
      since: dayText(since),
      last: last === null ? null : dayText(last),
    })) ?? null,
});

async function printReport(console: Console, options: ReportCommandOptions): Promise<void> {
  const { from, to, merchant, programme = [], silentDays, callBackDays, csv } = options;
  if (from !== undefined && to !== undefined && from > to) {
    throw new Failure("C-USAGE-01", `--from ${dayText(from)} is after --to ${dayText(to)}`, "nothing was done", [
      "give the earlier day to --from",
    ]);
  }
  const terms = programme.length === 0 ? NO_TERMS : termsOf(await Promise.all(programme.map(goodProgramme)));
  const now = console.now();
  await withLedger(console, async (ledger) => {
    if (merchant !== undefined) await expectMerchant(ledger, merchant);
    const all = await report(ledger, {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(merchant === undefined ? {} : { merchant }),
      ...{ now, silentDays, terms },
    });
    if (csv !== undefined) writeFile(csv, reportCsv(all));
    const callBack = { at: to ?? dayOf(now, 0), days: callBackDays };
    const lines = reportLines(all, { lang: console.lang, names: terms.merchants, silentDays, callBack });
    tell(console, lines, documentOf(all));
  });
}
