import type { Ledger } from "../office/schema.ts";
import { Failure } from "./failure.ts";

/** The merchants whose terminals are in the ledger, by number. */
async function merchantsIn(ledger: Ledger): Promise<readonly number[]> {
  const known = await ledger.selectFrom("terminal").select("merchant").distinct().orderBy("merchant").execute();
  return known.map(({ merchant }) => merchant);
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

/** What to mind of a merchant who has no terminal in the ledger, as one who sells by post alone may; null where he has one. */
export async function merchantWarning(ledger: Ledger, merchant: number): Promise<string | null> {
  const numbers = await merchantsIn(ledger);
  return numbers.includes(merchant) ? null : `${unknown(merchant)}; ${knownText(numbers)}`;
}
