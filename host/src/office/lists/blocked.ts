import type { BlockReason } from "@cachet/firmware/wire";
import { appendAudit, queueByArrival } from "../audit.ts";
import type { Ledger, LedgerTransaction } from "../schema.ts";

/** Why a card is blocked; null where it is not. */
export async function blockOf(ledger: Ledger, card: number): Promise<BlockReason | null> {
  const row = await ledger.selectFrom("blocked_card").select("reason").where("card", "=", card).executeTakeFirst();
  return (row?.reason as BlockReason | undefined) ?? null;
}

/**
 * Blocks a card from the next list on, for another reason than before, or lets it go on with null. Gives whether that changed anything.
 * `at` in UTC seconds.
 */
export async function setBlock(
  ledger: LedgerTransaction,
  card: number,
  reason: BlockReason | null,
  at: number,
): Promise<boolean> {
  await queueByArrival(ledger);
  if ((await blockOf(ledger, card)) === reason) return false;
  await ledger.deleteFrom("blocked_card").where("card", "=", card).execute();
  if (reason !== null) await ledger.insertInto("blocked_card").values({ card, reason, at }).execute();
  await appendAudit(ledger, { kind: "block", at, content: [card, reason] });
  return true;
}
