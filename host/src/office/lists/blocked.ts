import type { BlockReason } from "@cachet/firmware/wire";
import { appendAudit, queueByArrival } from "../audit.ts";
import type { Ledger, LedgerTransaction } from "../schema.ts";

/** Why a card is blocked; null where it is not. */
export async function blockOf(ledger: Ledger, card: number): Promise<BlockReason | null> {
  const row = await ledger.selectFrom("blocked_card").select("reason").where("card", "=", card).executeTakeFirst();
  return (row?.reason as BlockReason | undefined) ?? null;
}

/** A card cannot go on: another one takes its place. */
export class CardReplaced extends Error {
  constructor(oldCard: number, newCard: number) {
    super(`card ${newCard} takes the place of card ${oldCard}, which stays blocked: its value is there, or on its way`);
  }
}

/**
 * Blocks a card from the next list on, for another reason than before, or lets it go on with null. Gives whether that changed anything.
 * Throws `CardReplaced` where a card is to go on, or to be blocked for another reason, that is being replaced. `at` in UTC seconds.
 */
export async function setBlock(
  ledger: LedgerTransaction,
  card: number,
  reason: BlockReason | null,
  at: number,
): Promise<boolean> {
  await queueByArrival(ledger);
  if ((await blockOf(ledger, card)) === reason) return false;
  const replaced = await ledger
    .selectFrom("replacement")
    .select("new_card")
    .where("old_card", "=", card)
    .executeTakeFirst();
  if (replaced !== undefined) throw new CardReplaced(card, replaced.new_card);
  await ledger.deleteFrom("blocked_card").where("card", "=", card).execute();
  if (reason !== null) await ledger.insertInto("blocked_card").values({ card, reason, at }).execute();
  await appendAudit(ledger, { kind: "block", at, content: [card, reason] });
  return true;
}
