import { PHONE_HASH_BYTES } from "@cachet/firmware/wire";
import { hmacSha256 } from "../../ports/crypto.ts";
import { appendAudit, queueByArrival } from "../audit.ts";
import type { LedgerTransaction } from "../schema.ts";

/** What stands for a phone number in lists: of its digits with the country's, `+33612345678`, under the merchant's list key. */
export function phoneHash(listKey: Uint8Array, number: string): Uint8Array {
  if (!/^\+[1-9]\d{6,14}$/.test(number)) throw new RangeError("a phone number is + and 7 to 15 digits (ITU-T E.164)");
  return hmacSha256(listKey, new TextEncoder().encode(number)).slice(0, PHONE_HASH_BYTES);
}

/** Names the card or account behind a phone number at a merchant; null takes it off the lists. `at` in UTC seconds. */
export async function setPhone(
  ledger: LedgerTransaction,
  merchant: number,
  hash: Uint8Array,
  card: number | null,
  at: number,
): Promise<void> {
  await queueByArrival(ledger);
  await ledger.deleteFrom("phone").where("merchant", "=", merchant).where("hash", "=", hash).execute();
  if (card !== null) await ledger.insertInto("phone").values({ merchant, hash, card }).execute();
  await appendAudit(ledger, { kind: "phone", at, content: [merchant, hash, card] });
}
