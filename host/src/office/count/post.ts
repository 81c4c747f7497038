import type { Day } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import type { Cbor, StoredEffect } from "@cachet/firmware/wire";
import { sql } from "kysely";
import { appendAudit, queueByArrival } from "../audit.ts";
import { nextAct } from "../decisions.ts";
import { type Account, type Move, owedAccount, postings } from "../ledger.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "../schema.ts";
import { type ApartAccount, type CountedAccount, countAccount } from "./replay.ts";
import { accountSales } from "./sales.ts";

type Row = LedgerTables["account_counted"];

const keyOf = ({ giver, holder, unit }: Pick<Row, "giver" | "holder" | "unit">): string => `${giver} ${holder} ${unit}`;
const sumOf = (rows: readonly Pick<Row, "unit" | "value">[], unit: string): number =>
  rows.reduce((sum, row) => (row.unit === unit ? sum + row.value : sum), 0);

/** Whole numbers by unit: cents, points, stamps. */
export type Sums = Readonly<Record<string, number>>;

const sumsOf = (rows: readonly Row[]): Sums =>
  Object.fromEntries([...new Set(rows.map(({ unit }) => unit))].sort().map((unit) => [unit, sumOf(rows, unit)]));

/** What counting gave an account before, by who gave. */
const countedBefore = (ledger: Ledger, account: number, programme: number): Promise<Row[]> =>
  ledger
    .selectFrom("account_counted")
    .selectAll()
    .where((eb) => eb.and({ account, programme }))
    .orderBy("unit")
    .orderBy("giver")
    .orderBy("holder")
    .execute();

/**
 * What an account is still to be given, from what its visits come to and what it was given before. Nothing in a unit of which it had as much
 * or more: what it was given stays its own. What several give is taken together, so that one may give less where another gives more.
 */
function toGive({ account, more }: CountedAccount, programme: number, before: readonly Row[]): readonly Row[] {
  const should = more.map(({ from, unit, amount: value }): Row => {
    return { account, programme, giver: from.account, holder: from.holder, unit, value };
  });
  const rows = new Map<string, Row>();
  for (const row of before) rows.set(keyOf(row), { ...row, value: -row.value });
  for (const row of should) rows.set(keyOf(row), { ...row, value: row.value + (rows.get(keyOf(row))?.value ?? 0) });
  return [...rows.values()].filter(({ unit, value }) => value !== 0 && sumOf(should, unit) > sumOf(before, unit));
}

/** Gives accounts what counting for them comes to: promised to them, it comes with the next list as what they earned does. */
export async function putCounted(
  ledger: LedgerTransaction,
  programme: number,
  rows: readonly Row[],
  day: Day,
  at: number,
): Promise<void> {
  await queueByArrival(ledger);
  const number = await nextAct(ledger);
  const moves = rows.map(({ account, giver, holder, unit, value }): Move => {
    const from = { account: giver as Account["account"], holder, programme };
    return { from, to: owedAccount(account, programme), unit: unit as StoredEffect["unit"], amount: value };
  });
  await insertAll(ledger, "posting", postings(moves, { day, terminal: 0, number }));
  for (const row of rows)
    await ledger
      .insertInto("account_counted")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(["account", "programme", "giver", "holder", "unit"])
          .doUpdateSet(({ ref }) => ({ value: sql<number>`${ref("account_counted.value")} + ${row.value}` })),
      )
      .execute();
  const content = rows.map(({ account, giver, holder, unit, value }): Cbor => [account, giver, holder, unit, value]);
  await appendAudit(ledger, { kind: "count", at, content: [programme, day, content] });
}

/** What counting gives, and to whom. */
export interface Counting {
  readonly accounts: readonly (CountedAccount & {
    /** What it was given by earlier countings, and what it is to be given now, by unit. */
    readonly given: Sums;
    readonly toGive: Sums;
  })[];
  readonly apart: readonly ApartAccount[];
}

/**
 * Counts for every account of a programme, and gives what comes out where it `posts`; again, with nothing new, it gives nothing.
 * `versions`: the programme, each version that its terminals ran. `at` in UTC seconds.
 */
export function countAccounts(
  ledger: Ledger,
  versions: readonly [Programme, ...Programme[]],
  posts: boolean,
  day: Day,
  at: number,
): Promise<Counting> {
  const [{ number: programme }] = versions;
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const accounts: Counting["accounts"][number][] = [];
    const apart: ApartAccount[] = [];
    const rows: Row[] = [];
    for (const [account, sales] of await accountSales(transaction, programme)) {
      const counted = countAccount(account, sales, versions);
      if ("problem" in counted) {
        apart.push(counted);
        continue;
      }
      const before = await countedBefore(transaction, account, programme);
      const more = toGive(counted, programme, before);
      rows.push(...more);
      accounts.push({ ...counted, given: sumsOf(before), toGive: sumsOf(more) });
    }
    if (posts && rows.length > 0) await putCounted(transaction, programme, rows, day, at);
    return { accounts, apart };
  });
}
