import type { AccountPurse, AccountSpending } from "./account-visit.ts";
import { addAlerts } from "./reconcile.ts";
import type { LedgerTransaction } from "./schema.ts";

/** Counts what a terminal let an account spend of one purse; gives what it let it spend in all. */
async function countSpent(
  ledger: LedgerTransaction,
  terminal: number,
  of: AccountPurse,
  taken: number,
): Promise<number> {
  const { account, programme, purse } = of;
  const where = { account, programme, purse };
  const known = await ledger
    .selectFrom("account_spent")
    .select("spent")
    .where((eb) => eb.and({ ...where, terminal }))
    .executeTakeFirst();
  const spent = (known?.spent ?? 0) + taken;
  await ledger
    .insertInto("account_spent")
    .values({ ...where, terminal, spent })
    .onConflict((conflict) => conflict.columns(["account", "programme", "purse", "terminal"]).doUpdateSet({ spent }))
    .execute();
  const held = await ledger
    .selectFrom("account_balance")
    .select("balance")
    .where((eb) => eb.and(where))
    .executeTakeFirst();
  const balance = (held?.balance ?? 0) - taken;
  await ledger
    .insertInto("account_balance")
    .values({ ...where, balance })
    .onConflict((conflict) => conflict.columns(["account", "programme", "purse"]).doUpdateSet({ balance }))
    .execute();
  return spent;
}

/** The most that any list ever let a terminal let an account spend of one purse. */
async function highestCeiling(
  ledger: LedgerTransaction,
  terminal: number,
  { account, programme, purse }: AccountPurse,
): Promise<number> {
  const row = await ledger
    .selectFrom("account_ceiling")
    .select(({ fn }) => fn.max<number | null>("ceiling").as("ceiling"))
    .where((eb) => eb.and({ account, programme, purse, terminal }))
    .executeTakeFirst();
  return row?.ceiling ?? 0;
}

/** Counts what a terminal let accounts spend, in the order of its entries. No other import may be under way. */
export async function takeAccounts(
  ledger: LedgerTransaction,
  terminal: number,
  spendings: readonly AccountSpending[],
): Promise<void> {
  for (const { number, utc, taken, ...of } of spendings) {
    const spent = await countSpent(ledger, terminal, of, taken);
    if (spent <= (await highestCeiling(ledger, terminal, of))) continue;
    const { account: card, programme } = of;
    const detail = `account ${card} spent ${taken} beyond every ceiling that this terminal was given`;
    await addAlerts(ledger, [{ kind: "balance", terminal, number, card, programme, utc, detail }]);
  }
}
