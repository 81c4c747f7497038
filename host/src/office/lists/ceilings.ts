import { type Day, isTicketNumber, purseOfHead } from "@cachet/card-layout";
import { CENTS_MAX, type StoredEffect } from "@cachet/firmware/wire";
import { type AccountPurse, unitOfPurse } from "../account-visit.ts";
import { appendAudit, queueByArrival } from "../audit.ts";
import { nextAct } from "../decisions.ts";
import { entryAt } from "../entries.ts";
import { chiplessAccount, postings } from "../ledger.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "../schema.ts";
import { type Source, sourceAccount } from "./credits.ts";
import { type HeldList, heldLists } from "./held.ts";

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
 * terminals, whichever lists they hold, is never above the balance. `balance` counts what is imported of spending. Where there is a
 * `home` among them it gets all: what is only worth something together, the stamps of a grid, is not shared out.
 */
export function nextCeilings(
  balance: number,
  terminals: readonly Outstanding[],
  home: number | null = null,
): ReadonlyMap<number, number> {
  const n = terminals.length;
  const isOnlyHome = terminals.some(({ terminal }) => terminal === home);
  const share = (i: number) => {
    if (isOnlyHome) return terminals[i]!.terminal === home ? Math.max(0, balance) : 0;
    return Math.floor(Math.max(0, balance) / n) + (i < Math.max(0, balance) % n ? 1 : 0);
  };
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

/** Where visits promised an account something last, as far as it is imported; undefined where none did. */
function lastPromise(
  ledger: Ledger,
  { account, programme }: Pick<AccountPurse, "account" | "programme">,
  unit?: StoredEffect["unit"],
): Promise<{ readonly terminal: number; readonly number: number } | undefined> {
  const all = ledger
    .selectFrom("posting")
    .select(["terminal", "number"])
    .where("account", "=", "promised")
    .where("holder", "=", account)
    .where("programme", "=", programme)
    .where("terminal", ">", 0)
    .orderBy("day", "desc")
    .orderBy("terminal")
    .orderBy("number", "desc")
    .limit(1);
  return (unit === undefined ? all : all.where("unit", "=", unit)).executeTakeFirst();
}

/** The terminal where an account earned last, as far as it is imported; null where it never did. */
async function homeOf(ledger: Ledger, of: AccountPurse): Promise<number | null> {
  return (await lastPromise(ledger, of))?.terminal ?? null;
}

/** Every purse of every account, with its ceilings from a version on: kept where they are others than those before. What it owes is in none. */
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
  const owed = await owedBy(ledger);
  const rows: LedgerTables["account_ceiling"][] = [];
  const ceilings: Omit<LedgerTables["account_ceiling"], "version">[] = [];
  for (const { balance, ...of } of balances) {
    const home = unitOfPurse(of.purse) === "stamps" ? await homeOf(ledger, of) : null;
    for (const [terminal, ceiling] of nextCeilings(balance - (owed.get(keyOf(of)) ?? 0), outstandingOf(of), home)) {
      const was = before.get(`${keyOf(of)}/${terminal}`) ?? 0;
      if (ceiling !== was) rows.push({ ...of, terminal, version, ceiling });
      if (ceiling > 0) ceilings.push({ ...of, terminal, ceiling });
    }
  }
  await insertAll(ledger, "account_ceiling", rows);
  return { balances, ceilings };
}

/** Value that is put into an account without a chip, or taken out where it is below zero, and whose it was or becomes. */
export interface Change {
  readonly value: number;
  readonly from: Source;
  /** The local day. */
  readonly day: Day;
}

/** More was to leave an account than it holds, less what terminals may still let go of it. */
export class NotFree extends RangeError {
  readonly held: number;
  readonly promised: number;
  constructor(account: number, held: number, promised: number) {
    super(`account ${account} holds ${held}, and terminals may still let ${promised} of it go`);
    this.held = held;
    this.promised = promised;
  }
}

/**
 * Puts value into an account without a chip, or takes some out that no ceiling lets go: opens it where there is none, with nothing too.
 * Throws `NotFree` where too little is free, `RangeError` where no account has such a purse. `at` in UTC seconds.
 */
export async function changeBalance(
  ledger: LedgerTransaction,
  of: AccountPurse,
  { value, from, day }: Change,
  held: readonly HeldList[],
  at: number,
): Promise<void> {
  await queueByArrival(ledger);
  const { account, programme, purse } = of;
  const unit = unitOfPurse(purse);
  if (unit === null) throw new RangeError(`no account has a purse ${purse}`);
  const row = await ledger
    .selectFrom("account_balance")
    .select("balance")
    .where((eb) => eb.and({ account, programme, purse }))
    .executeTakeFirst();
  const balance = (row?.balance ?? 0) + value;
  const promised = value < 0 ? sum((await outstanding(ledger, held))(of).map(openOf)) : 0;
  if (value < 0 && balance < promised) throw new NotFree(account, row?.balance ?? 0, promised);
  if (balance > CENTS_MAX) throw new RangeError(`account ${account} would hold ${balance}, at most ${CENTS_MAX}`);
  await ledger
    .insertInto("account_balance")
    .values({ account, programme, purse, balance })
    .onConflict((conflict) => conflict.columns(["account", "programme", "purse"]).doUpdateSet({ balance }))
    .execute();
  const theirs = sourceAccount(from, unit, programme);
  const moves = [{ from: theirs, to: chiplessAccount(account, programme), unit, amount: value }];
  const lines = postings(moves, { day, terminal: 0, number: await nextAct(ledger) });
  await insertAll(ledger, "posting", lines);
  const { account: whose, holder } = from;
  await appendAudit(ledger, { kind: "account", at, content: [account, programme, purse, value, whose, holder, day] });
}

/** The purse of an account that what its visits earn in a unit goes to; null where it is no account, or has none. */
async function purseOfUnit(
  ledger: Ledger,
  { account, programme }: Pick<AccountPurse, "account" | "programme">,
  unit: StoredEffect["unit"],
): Promise<LedgerTables["account_balance"] | null> {
  const purses = await ledger
    .selectFrom("account_balance")
    .selectAll()
    .where((eb) => eb.and({ account, programme }))
    .orderBy("purse")
    .execute();
  // What was paid in is nothing that a visit earns.
  const earned = purses.filter(({ purse }) => purseOfHead(purse)?.kind !== "prepaid");
  return earned.find(({ purse }) => unitOfPurse(purse) === unit) ?? null;
}

/** The purse of a receipt that carries points and is no account yet: the one where its last visit put what it earned. Null for any other number. */
async function purseOfTicket(
  ledger: Ledger,
  { account, programme }: Pick<AccountPurse, "account" | "programme">,
  unit: StoredEffect["unit"],
): Promise<LedgerTables["account_balance"] | null> {
  if (!isTicketNumber(account)) return null;
  const last = await lastPromise(ledger, { account, programme }, unit);
  const entry = last === undefined ? null : await entryAt(ledger, last.terminal, last.number);
  const area = entry?.kind === "account" ? entry.body.areas.find((one) => one.programme === programme) : undefined;
  const move = area?.purses.find(({ purse, added }) => added !== 0 && unitOfPurse(purse) === unit);
  return move === undefined ? null : { account, programme, purse: move.purse, balance: 0 };
}

/** What accounts owe after refunds of visits whose earnings they have had: less than nothing is promised to them. By purse. */
async function owedBy(ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["holder", "programme", "unit", fn.sum<number>("amount").as("value")])
    .where("account", "=", "promised")
    .groupBy(["holder", "programme", "unit"])
    .having(({ fn }) => fn.sum<number>("amount"), "<", 0)
    .execute();
  const owed = new Map<string, number>();
  for (const { holder: account, programme, unit, value } of rows) {
    const held = await purseOfUnit(ledger, { account, programme }, unit as StoredEffect["unit"]);
    if (held !== null) owed.set(keyOf(held), -value);
  }
  return owed;
}

/**
 * What visits promised a number that is an account by now, put into its purse of that unit; false where it is none, or has no such purse.
 * Of less than nothing so much is taken out as no terminal may let go any more; the rest stays owed.
 */
export async function putPromised(
  ledger: LedgerTransaction,
  of: Pick<AccountPurse, "account" | "programme">,
  unit: StoredEffect["unit"],
  value: number,
  day: Day,
  at: number,
): Promise<boolean> {
  const purse = (await purseOfUnit(ledger, of, unit)) ?? (await purseOfTicket(ledger, of, unit));
  if (purse === null) return false;
  const held = await heldLists(ledger);
  const free = Math.max(0, purse.balance - sum((await outstanding(ledger, held))(purse).map(openOf)));
  const change = { value: Math.max(value, -free), from: { account: "promised", holder: of.account }, day } as const;
  if (change.value !== 0) await changeBalance(ledger, purse, change, held, at);
  return true;
}
