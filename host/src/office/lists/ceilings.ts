import { appendAudit, queueByArrival } from "../audit.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "../schema.ts";
import type { HeldList } from "./held.ts";

/** One purse of one account without a chip. */
export type AccountPurse = Pick<LedgerTables["account_balance"], "account" | "programme" | "purse">;

/** What a terminal may still let an account spend at most, whatever list it holds, and what it was told last. */
export interface Outstanding {
  readonly terminal: number;
  /** All that it ever let the account spend, as far as it is imported. */
  readonly spent: number;
  /** The highest ceiling of the list that it is known to hold, and of those made since. */
  readonly ceiling: number;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const openOf = ({ ceiling, spent }: Outstanding): number => Math.max(0, ceiling - spent);

/**
 * The next ceilings of a purse, by terminal: what is free is shared out evenly, the rest to the first ones. What a terminal may
 * have on an older list counts as spent until its journal shows a newer one: so that the sum of (ceiling - spent) over all
 * terminals, whichever lists they hold, is never above the balance. `balance` counts what is imported of spending.
 */
export function nextCeilings(balance: number, terminals: readonly Outstanding[]): ReadonlyMap<number, number> {
  const n = terminals.length;
  const share = (i: number) => Math.floor(Math.max(0, balance) / n) + (i < Math.max(0, balance) % n ? 1 : 0);
  let free = Math.max(0, balance - sum(terminals.map(openOf)));
  const next = new Map<number, number>();
  for (const [i, one] of terminals.entries()) {
    const wanted = share(i);
    // Less than it may have is only taken back by a list, and free once its journal shows that list.
    const more = Math.min(free, Math.max(0, wanted - openOf(one)));
    free -= more;
    next.set(one.terminal, one.spent + Math.min(wanted, openOf(one) + more));
  }
  return next;
}

const keyOf = ({ account, programme, purse }: AccountPurse) => `${account}/${programme}/${purse}`;

/** What each terminal may still let each account spend, from the ceilings that were made and what terminals hold. */
export async function outstanding(
  ledger: Ledger,
  held: readonly HeldList[],
): Promise<(of: AccountPurse) => readonly Outstanding[]> {
  const ceilings = await ledger.selectFrom("account_ceiling").selectAll().orderBy("version").execute();
  const spent = await ledger.selectFrom("account_spent").selectAll().execute();
  const spentOf = new Map(spent.map((row) => [`${keyOf(row)}/${row.terminal}`, row.spent]));
  const known = new Map(held.map(({ terminal, version }) => [terminal, version]));
  const most = new Map<string, number>();
  for (const row of ceilings) {
    const key = `${keyOf(row)}/${row.terminal}`;
    // The newest of those that the held list is made from, and all behind it.
    const isHeld = row.version <= (known.get(row.terminal) ?? 0);
    most.set(key, isHeld ? row.ceiling : Math.max(most.get(key) ?? 0, row.ceiling));
  }
  return (of) =>
    held.map(({ terminal }) => {
      const key = `${keyOf(of)}/${terminal}`;
      return { terminal, spent: spentOf.get(key) ?? 0, ceiling: most.get(key) ?? 0 };
    });
}

/** Every purse of every account, with its ceilings from a version on: kept where they are others than those before. */
export async function makeCeilings(
  ledger: LedgerTransaction,
  version: number,
  held: readonly HeldList[],
): Promise<{
  readonly balances: readonly LedgerTables["account_balance"][];
  readonly ceilings: readonly Omit<LedgerTables["account_ceiling"], "version">[];
}> {
  const balances = await ledger.selectFrom("account_balance").selectAll().execute();
  const before = new Map<string, number>();
  for (const row of await ledger.selectFrom("account_ceiling").selectAll().orderBy("version").execute())
    before.set(`${keyOf(row)}/${row.terminal}`, row.ceiling);
  const outstandingOf = await outstanding(ledger, held);
  const rows: LedgerTables["account_ceiling"][] = [];
  const ceilings: Omit<LedgerTables["account_ceiling"], "version">[] = [];
  for (const { balance, ...of } of balances) {
    for (const [terminal, ceiling] of nextCeilings(balance, outstandingOf(of))) {
      const was = before.get(`${keyOf(of)}/${terminal}`) ?? 0;
      if (ceiling !== was) rows.push({ ...of, terminal, version, ceiling });
      if (ceiling > 0) ceilings.push({ ...of, terminal, ceiling });
    }
  }
  await insertAll(ledger, "account_ceiling", rows);
  return { balances, ceilings };
}

/** Puts value into an account without a chip, or takes some out that no ceiling lets go: opens it where there is none. Throws `RangeError` where too little is free. `at` in UTC seconds. */
export async function changeBalance(
  ledger: LedgerTransaction,
  of: AccountPurse,
  change: number,
  held: readonly HeldList[],
  at: number,
): Promise<void> {
  await queueByArrival(ledger);
  const { account, programme, purse } = of;
  const row = await ledger
    .selectFrom("account_balance")
    .select("balance")
    .where("account", "=", account)
    .where("programme", "=", programme)
    .where("purse", "=", purse)
    .executeTakeFirst();
  const balance = (row?.balance ?? 0) + change;
  const promised = sum((await outstanding(ledger, held))(of).map(openOf));
  if (change < 0 && balance < promised)
    throw new RangeError(`terminals may still let ${promised} go of account ${account}; ${balance} would be left`);
  await ledger
    .insertInto("account_balance")
    .values({ account, programme, purse, balance })
    .onConflict((conflict) => conflict.columns(["account", "programme", "purse"]).doUpdateSet({ balance }))
    .execute();
  await appendAudit(ledger, { kind: "account", at, content: [account, programme, purse, change] });
}
