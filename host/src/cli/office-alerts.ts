import { type Command, InvalidArgumentError } from "commander";
import { type Finding, KINDS, LIMITS } from "../office/detect/finding.ts";
import { findings } from "../office/detect/findings.ts";
import { alertDocument, alertLines } from "./alert-text.ts";
import { type Console, tell } from "./console.ts";
import { withLedger } from "./home.ts";
import { parseWhole } from "./numbers.ts";

interface AlertOptions {
  readonly gapDays: number;
  readonly silentDays: number;
  readonly topUpCents: number;
}

const DAYS_MAX = 3_650;
const days = (text: string): number => parseWhole(text, "number of days", 1, DAYS_MAX);
const EUROS_MAX = 1_000_000;

function cents(text: string): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) > EUROS_MAX)
    throw new InvalidArgumentError(`"${text}" is no amount in whole euros up to ${EUROS_MAX}`);
  return 100 * Number(text);
}

/** How many there are of each kind: `2 fork, 1 gap`. */
function counted(all: readonly Finding[]): string {
  const counts = KINDS.map((kind) => [kind, all.filter((finding) => finding.kind === kind).length] as const);
  return counts.flatMap(([kind, n]) => (n === 0 ? [] : [`${n} ${kind}`])).join(", ");
}

async function alerts(console: Console, limits: AlertOptions): Promise<void> {
  await withLedger(console, async (ledger) => {
    const all = await findings(ledger, console.now(), limits);
    const documents = [];
    for (const finding of console.json ? all : []) documents.push(await alertDocument(ledger, finding));
    const lines = console.json ? [] : await alertLines(ledger, all);
    tell(console, all.length === 0 ? ["nothing to look at"] : [counted(all), ...lines], { alerts: documents });
  });
}

/** Adds `office alerts`. */
export function alertsCommand(office: Command, console: () => Console): void {
  office
    .command("alerts")
    .description("what to look at, worst first: copied cards, missing journals, clocks, silent terminals")
    .option("--gap-days <days>", "days after which a terminal should have told of a record", days, LIMITS.gapDays)
    .option("--silent-days <days>", "days without a batch after which a terminal is silent", days, LIMITS.silentDays)
    .option(
      "--top-up-cap <euros>",
      "cash that a terminal may take for cards in one hour; 500 where it is left out",
      cents,
    )
    .action(({ topUpCap = LIMITS.topUpCents, ...options }: Omit<AlertOptions, "topUpCents"> & { topUpCap?: number }) =>
      alerts(console(), { ...options, topUpCents: topUpCap }),
    );
}
