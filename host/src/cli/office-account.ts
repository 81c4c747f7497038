import { maskedCard, purseHead, purseOfHead } from "@cachet/card-layout";
import { terminalName } from "@cachet/firmware/wire";
import type { Command } from "commander";
import { type AccountPurse, unitOfPurse } from "../office/account-visit.ts";
import { changeBalance, NotFree, outstanding } from "../office/lists/ceilings.ts";
import type { Source } from "../office/lists/credits.ts";
import { heldLists } from "../office/lists/held.ts";
import type { Ledger } from "../office/schema.ts";
import { countCommand } from "./account-count.ts";
import { parseAccount } from "./card-number.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { usageFailure } from "./key-file.ts";
import { warnOfUnknown } from "./known-here.ts";
import { money } from "./money.ts";
import { parseEuros, parseMerchant, parseProgramme, parseWhole } from "./numbers.ts";
import { officeDay } from "./office-day.ts";

const PURSES = ["cagnotte", "prepaid", "points", "stamps"] as const;
/** Who pays for what the association puts in, as accounts number it (office/ledger.ts). */
const ASSOCIATION = 2;
const VALUE_MAX = 100_000_000;
const LISTS_NEXT = "terminals know it once they have the next list: cachet office lists";

interface ChangeOptions extends Readonly<Partial<Record<(typeof PURSES)[number], number>>> {
  readonly programme: number;
  readonly purse: number;
  readonly merchant?: number;
}

/** 0 opens an account with nothing in it. */
const parseMoney = (text: string): number => parseEuros(text, 0, VALUE_MAX);
const parseCount = (text: string): number => parseWhole(text, "count", 0, VALUE_MAX);

const valueText = (purse: number, value: number): string => {
  const { kind = "?", index = 0 } = purseOfHead(purse) ?? {};
  const name = index === 0 ? kind : `${kind} ${index}`;
  return `${name} ${unitOfPurse(purse) === "cents" ? money(value, "en") : value}`;
};

function changeFailure(account: number, purse: number, error: RangeError): Failure {
  if (!(error instanceof NotFree))
    return new Failure("C-ACCOUNT-01", error.message, "nothing was changed", ["name another purse"]);
  const { held, promised } = error;
  if (promised === 0)
    return new Failure(
      "C-ACCOUNT-01",
      `account ${account} holds ${valueText(purse, held)}, less than that`,
      "nothing was changed",
      ["take what it holds: cachet office account show tells it"],
    );
  const what = `account ${account} holds ${valueText(purse, held)}, and terminals may still let ${valueText(purse, promised)} of it go`;
  return new Failure("C-ACCOUNT-01", what, "nothing was changed", [
    "take less, or wait until the terminals' journals show a list with lower ceilings",
  ]);
}

/** Puts value in, or takes some out where the sign is -1. */
async function change(console: Console, account: number, options: ChangeOptions, sign: 1 | -1): Promise<void> {
  const named = PURSES.filter((purse) => options[purse] !== undefined);
  const [kind] = named;
  if (kind === undefined || named.length > 1)
    throw usageFailure("one purse is changed at a time", "name --cagnotte, --prepaid, --points or --stamps");
  const { programme, purse: index, merchant } = options;
  const purse = purseHead({ kind, index });
  const from: Source =
    merchant === undefined ? { account: "pays", holder: ASSOCIATION } : { account: "merchant", holder: merchant };
  const value = sign * options[kind]! || 0;
  const [at, day] = [console.now(), officeDay(console.now())];
  await withLedger(console, async (ledger) => {
    try {
      await ledger.transaction().execute(async (transaction) => {
        const held = await heldLists(transaction);
        await changeBalance(transaction, { account, programme, purse }, { value, from, day }, held, at);
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw changeFailure(account, purse, error);
    }
    const [held] = await pursesOf(ledger, account, { programme, purse });
    const lines = [`account ${account}, programme ${programme}: ${valueText(purse, held!.balance)}`, LISTS_NEXT];
    await warnOfUnknown(console, ledger, { programme, merchant });
    tell(console, lines, { account, programme, purse, balance: held!.balance, changed: value });
  });
}

/** Purses of an account with what each terminal may still let go of them. */
async function pursesOf(ledger: Ledger, account: number, of: Partial<AccountPurse> = {}) {
  const rows = await ledger
    .selectFrom("account_balance")
    .selectAll()
    .where((eb) => eb.and({ account, ...of }))
    .orderBy("programme")
    .orderBy("purse")
    .execute();
  const outstandingOf = await outstanding(ledger, await heldLists(ledger));
  return rows.map((row) => ({ ...row, terminals: outstandingOf(row) }));
}

async function show(console: Console, account: number): Promise<void> {
  await withLedger(console, async (ledger) => {
    const purses = await pursesOf(ledger, account);
    if (purses.length === 0)
      throw new Failure("C-ACCOUNT-02", `${account} is no account without a chip`, "nothing was changed", [
        "open it: cachet office account put ACCOUNT --programme N --cagnotte 0",
      ]);
    const lines = purses.flatMap(({ programme, purse, balance, terminals }) => [
      `programme ${programme}  ${valueText(purse, balance)}`,
      ...terminals
        .filter(({ ceiling, spent }) => ceiling > 0 || spent > 0)
        .map(
          ({ terminal, ceiling, spent }) =>
            `  ${terminalName(terminal)}  spent ${valueText(purse, spent)}, may still spend ${valueText(purse, Math.max(0, ceiling - spent))}`,
        ),
    ]);
    tell(console, [`account ${maskedCard(account)}`, ...lines], { account, purses });
  });
}

/** Adds what names a purse and a value. */
function changeOptions(command: Command): Command {
  return command
    .argument("<account>", "account number, 13 digits; of a receipt with points, 14 or 15", parseAccount)
    .requiredOption("--programme <n>", "programme of the purse", parseProgramme)
    .option("--cagnotte <euros>", "money of the cagnotte, 12.50; 0 opens the account", parseMoney)
    .option("--prepaid <euros>", "prepaid money: with --merchant, who took the cash", parseMoney)
    .option("--points <n>", "points", parseCount)
    .option("--stamps <n>", "stamps", parseCount)
    .option("--purse <index>", "which purse of its kind", (text) => parseWhole(text, "purse", 0, 7), 0)
    .option("--merchant <n>", "merchant who took or gives the cash; left out, the association", parseMerchant);
}

/** Registers `office account`. */
export function accountCommands(office: Command, console: () => Console, exit: (code: number) => void): void {
  const account = office.command("account").description("accounts without a chip: stripe, barcode, QR, phone");
  changeOptions(account.command("put"))
    .description("open an account, put value into it: terminals let it spend it from the next list on")
    .action((number: number, options: ChangeOptions) => change(console(), number, options, 1));
  changeOptions(account.command("take"))
    .description("take value out of an account, as far as no terminal may still let it go")
    .action((number: number, options: ChangeOptions) => change(console(), number, options, -1));
  account
    .command("show")
    .description("what an account holds, and what each terminal may still let it spend")
    .argument("<account>", "account number, 13 digits; of a receipt with points, 14 or 15", parseAccount)
    .action((number: number) => show(console(), number));
  countCommand(account, console, exit);
}
