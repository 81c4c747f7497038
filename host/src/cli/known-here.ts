import type { Ledger } from "../office/schema.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";

/** The merchants whose terminals are in the ledger, by number. */
async function merchantsIn(ledger: Ledger): Promise<readonly number[]> {
  const known = await ledger.selectFrom("terminal").select("merchant").distinct().orderBy("merchant").execute();
  return known.map(({ merchant }) => merchant);
}

/** The programmes that terminals in the ledger were given keys of, by number. */
async function programmesIn(ledger: Ledger): Promise<readonly number[]> {
  const known = await ledger.selectFrom("terminal_key").select("programme").distinct().orderBy("programme").execute();
  return known.map(({ programme }) => programme);
}

const unknown = (merchant: number) => `no terminal of merchant ${merchant} is known here`;
const knownText = (numbers: readonly number[]) => `merchants here: ${numbers.join(", ")}`;

/** Fails with C-REPORT-01 where a merchant has no terminal in the ledger. */
export async function expectMerchant(ledger: Ledger, merchant: number): Promise<void> {
  const numbers = await merchantsIn(ledger);
  if (numbers.includes(merchant)) return;
  throw new Failure("C-REPORT-01", unknown(merchant), "nothing was done", [
    numbers.length === 0 ? "import its terminal's batches first" : knownText(numbers),
  ]);
}

/** Warns of a merchant without a terminal here, as one who sells by post alone may be, and of a programme that no terminal has keys of yet. */
export async function warnOfUnknown(
  console: Console,
  ledger: Ledger,
  { merchant, programme }: { readonly merchant?: number | undefined; readonly programme?: number },
): Promise<void> {
  if (merchant !== undefined) {
    const numbers = await merchantsIn(ledger);
    if (!numbers.includes(merchant))
      console.err(`warning: ${unknown(merchant)}; ${knownText(numbers)}; done all the same\n`);
  }
  if (programme === undefined) return;
  const numbers = await programmesIn(ledger);
  // Terminals of an open programme may tell of no keys at all.
  if (numbers.length > 0 && !numbers.includes(programme))
    console.err(
      `warning: no terminal here has keys of programme ${programme}; programmes here: ${numbers.join(", ")}; done all the same\n`,
    );
}
