import { maskedCard } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import type { Command } from "commander";
import { type Counting, countAccounts, type Sums } from "../office/count/post.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { money } from "./money.ts";
import { officeDay } from "./office-day.ts";
import { goodProgramme } from "./programme-file.ts";
import { tableLines } from "./table.ts";

const sumsText = (sums: Sums): string =>
  Object.entries(sums)
    .map(([unit, value]) => (unit === "cents" ? money(value, "en") : `${value} ${unit}`))
    .join(", ") || "-";

/** The versions of one programme. Fails with C-ACCOUNT-03 where the files are of several, or one version comes twice. */
async function versionsIn(files: readonly string[]): Promise<[Programme, ...Programme[]]> {
  const versions: Programme[] = [];
  for (const file of files) versions.push(await goodProgramme(file));
  const [first, ...others] = versions;
  const fail = (what: string, next: string): never => {
    throw new Failure("C-ACCOUNT-03", what, "the ledger was not opened", [next]);
  };
  const stranger = others.find(({ number }) => number !== first!.number);
  if (stranger !== undefined)
    fail(`the files are of programmes ${first!.number} and ${stranger.number}`, "name one programme at a time");
  const twice = versions.find(({ version }, i) => versions.slice(0, i).some((one) => one.version === version));
  if (twice !== undefined)
    fail(`two files say version ${twice.version} of programme ${twice.number}`, "name each version once");
  return [first!, ...others];
}

function lines({ name, number }: Programme, { accounts, apart }: Counting, posts: boolean): string[] {
  const isSome = accounts.some(({ toGive }) => Object.keys(toGive).length > 0);
  const table = tableLines({
    title: `${name} (${number})`,
    head: ["account", "level", "visits", "given before", "to give"],
    rows: accounts.map(({ account, level, visits, given, toGive }) => [
      ...[maskedCard(account), level ?? "-", String(visits), sumsText(given), sumsText(toGive)],
    ]),
    words: 2,
  });
  const given = posts ? "promised to them: the next list brings it" : "nothing is written; --post gives it";
  return [
    ...(accounts.length === 0 && apart.length === 0 ? ["no account of this programme has a visit"] : table),
    ...(isSome ? ["", given] : accounts.length > 0 ? ["", "nothing is to be given"] : []),
  ];
}

async function count(console: Console, files: readonly string[], posts: boolean): Promise<number> {
  const versions = await versionsIn(files);
  return withLedger(console, async (ledger) => {
    const at = console.now();
    const counting = await countAccounts(ledger, versions, posts, officeDay(at), at);
    const { accounts, apart } = counting;
    if (!console.json) {
      for (const { account, ticket, problem } of apart)
        console.err(`${maskedCard(account)} is set aside: ${ticket}: ${problem}\n`);
      if (apart.length > 0)
        console.err("they are given nothing now; name the file of each version that terminals ran, as it was built\n");
    }
    const [{ number: programme }] = versions;
    tell(console, lines(versions[0], counting, posts), { programme, posted: posts, accounts, apart });
    return apart.length > 0 ? EXIT.refused : EXIT.done;
  });
}

/** Registers `office account count`. */
export function countCommand(account: Command, console: () => Console, exit: (code: number) => void): void {
  account
    .command("count")
    .description("levels, weekly turns and challenges of accounts, which no terminal counts: what they are to be given")
    .argument("<programme...>", "the programme file; each version that terminals ran")
    .option("--post", "give it: the next list brings it; again, with nothing new, nothing is given")
    .action(async (files: string[], { post }: { readonly post?: true }) =>
      exit(await count(console(), files, post === true)),
    );
}
