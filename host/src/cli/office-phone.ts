import { COUNTRIES, type Country, phoneNumber } from "@cachet/firmware/wire";
import { type Command, InvalidArgumentError } from "commander";
import { LIST } from "../keys/key-record.ts";
import { phoneHash, setPhone } from "../office/lists/phones.ts";
import { parseCard } from "./card-number.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { usageFailure } from "./key-file.ts";
import { type KeyOptions, type KeyTools, keyOptions, keyRingFor, realTools } from "./key-options.ts";
import { warnOfUnknown } from "./known-here.ts";
import { parseMerchant } from "./numbers.ts";

interface PhoneOptions extends KeyOptions {
  readonly merchant: number;
  readonly number: string;
  readonly country: Country;
}

function parseCountry(text: string): Country {
  const country = COUNTRIES.find((one) => one === text.toUpperCase());
  if (country === undefined) throw new InvalidArgumentError(`"${text}" is none of ${COUNTRIES.join(", ")}`);
  return country;
}

/** Fails with C-USAGE-01 where it is no number of that country, or of another one with its calling code. */
function numberOf({ number, country }: PhoneOptions): string {
  const found = phoneNumber(number, country);
  if (found === null)
    throw usageFailure(
      `"${number}" is no phone number as people write it in ${country}`,
      "write it as it is dialled there, or with + and its country's: +33612345678",
    );
  return found;
}

/** Names a card or an account for a phone number at one shop; null takes the number off the lists. */
async function set(console: Console, card: number | null, options: PhoneOptions, tools: () => KeyTools): Promise<void> {
  const { merchant } = options;
  const number = numberOf(options);
  const ring = await keyRingFor(console, options, tools);
  try {
    const [key] = ring.keysInUse({ role: LIST, number: merchant });
    if (key === undefined)
      throw new Failure("C-KEY-11", `the ring has no list key of merchant ${merchant}`, "nothing was changed", [
        "it is made with the first terminal of that merchant: cachet keys provision",
      ]);
    const hash = phoneHash(key.master, number);
    await withLedger(console, async (ledger) => {
      await warnOfUnknown(console, ledger, { merchant });
      await ledger.transaction().execute((one) => setPhone(one, merchant, hash, card, console.now()));
      const lines = [
        card === null
          ? `the number is on no list of merchant ${merchant} from the next one on`
          : `the number names card ${card} at merchant ${merchant} from the next list on; only a keyed hash is kept`,
        "terminals know it once they have it: cachet office lists, then cachet terminal push",
      ];
      tell(console, lines, { merchant, card });
    });
  } finally {
    ring.wipe();
  }
}

/** Adds the number, the shop and the keys. */
const phoneOptions = (command: Command): Command =>
  keyOptions(command)
    .requiredOption("--number <phone>", "the customer's number, 0612345678 or +33612345678")
    .option("--country <code>", "where the shop is: how the number is dialled there", parseCountry, "FR")
    .requiredOption("--merchant <n>", "the shop where it is looked up: each has a list of its own", parseMerchant);

/** Registers `office phone`. */
export function phoneCommands(office: Command, console: () => Console, tools: () => KeyTools = realTools): void {
  const phone = office.command("phone").description("customers' phone numbers, as keyed hashes: for forgotten cards");
  phoneOptions(phone.command("put"))
    .description("let a shop find a card or an account by its holder's phone number")
    .argument("<card>", "number of the card or the account", parseCard)
    .action((card: number, options: PhoneOptions) => set(console(), card, options, tools));
  phoneOptions(phone.command("remove"))
    .description("take a phone number off a shop's list")
    .action((options: PhoneOptions) => set(console(), null, options, tools));
}
