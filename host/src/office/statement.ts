import { sql } from "kysely";
import { outstanding } from "./ledger.ts";
import { type Owed, owedTo } from "./owed.ts";
import type { Ledger } from "./schema.ts";

/** One merchant's part of a statement. Amounts in cents. */
export interface MerchantStatement {
  readonly merchant: number;
  /** Sales; a top-up is none, and neither is a record that was only written again. */
  readonly visits: number;
  readonly earnedCents: number;
  readonly spentCents: number;
  /** Cash that the merchant took for what is on cards. */
  readonly toppedUpCents: number;
  readonly rewards: number;
  readonly rewardCents: number;
}

export interface Statement {
  readonly visits: number;
  readonly earnedCents: number;
  readonly spentCents: number;
  readonly toppedUpCents: number;
  /** What cardholders can still spend. */
  readonly outstandingCents: number;
  readonly outstandingStamps: number;
  /** Areas whose outcome is not known yet. */
  readonly inDoubt: number;
  readonly merchants: readonly MerchantStatement[];
  /** What associations, partners and cards are owed by visits of other cards, month by month. */
  readonly owed: readonly Owed[];
}

/** What the books say, over all time. */
export async function statement(ledger: Ledger): Promise<Statement> {
  const lines: readonly MerchantStatement[] = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => [
      "merchant",
      // A visit has one row for each area that it wrote.
      sql<number>`count(distinct case kind when 'sale' then terminal * 4294967296 + number end)`.as("visits"),
      fn.sum<number>("earned_cents").as("earnedCents"),
      fn.sum<number>("spent_cents").as("spentCents"),
      fn.sum<number>("topped_up_cents").as("toppedUpCents"),
      fn.sum<number>("rewards").as("rewards"),
      fn.sum<number>("rewards_cents").as("rewardCents"),
    ])
    .where("outcome", "=", "committed")
    .where("kind", "<>", "null")
    .groupBy("merchant")
    .orderBy("merchant")
    .execute();
  const open = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .where("outcome", "=", "open")
    .executeTakeFirst();
  const sum = (field: "visits" | "earnedCents" | "spentCents" | "toppedUpCents") =>
    lines.reduce((all, line) => all + line[field], 0);
  return {
    visits: sum("visits"),
    earnedCents: sum("earnedCents"),
    spentCents: sum("spentCents"),
    toppedUpCents: sum("toppedUpCents"),
    outstandingCents: await outstanding(ledger, "cents"),
    outstandingStamps: await outstanding(ledger, "stamps"),
    inDoubt: open?.n ?? 0,
    merchants: lines,
    owed: await owedTo(ledger),
  };
}
