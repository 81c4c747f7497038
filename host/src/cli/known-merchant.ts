import type { Ledger } from "../office/schema.ts";
import { Failure } from "./failure.ts";

/** Fails with C-REPORT-01 where a merchant has no terminal in the ledger. */
export async function expectMerchant(ledger: Ledger, merchant: number): Promise<void> {
  const known = await ledger.selectFrom("terminal").select("merchant").distinct().orderBy("merchant").execute();
  const numbers = known.map((one) => one.merchant);
  if (numbers.includes(merchant)) return;
  throw new Failure("C-REPORT-01", `no terminal of merchant ${merchant} is known here`, "nothing was done", [
    numbers.length === 0 ? "import its terminal's batches first" : `merchants here: ${numbers.join(", ")}`,
  ]);
}
