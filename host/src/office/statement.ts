import type { Database, Row } from "../ports/database.ts";
import { outstanding } from "./ledger.ts";

/** One merchant's part of a statement. Amounts in cents. */
export interface MerchantStatement {
  readonly merchant: number;
  readonly visits: number;
  readonly earnedCents: number;
  readonly spentCents: number;
  readonly rewards: number;
  readonly rewardCents: number;
}

export interface Statement {
  readonly visits: number;
  readonly earnedCents: number;
  readonly spentCents: number;
  /** What cardholders can still spend. */
  readonly outstandingCents: number;
  readonly outstandingStamps: number;
  /** Areas whose outcome is not known yet. */
  readonly inDoubt: number;
  readonly merchants: readonly MerchantStatement[];
}

const count = (row: Row | null, field: string) => Number(row?.[field] ?? 0);

/** What the books say, over all time. */
export function statement(database: Database): Statement {
  const merchants = database.all(
    `select merchant, count(distinct terminal * 4294967296 + number) as visits,
       sum(earned_cents) as earned, sum(spent_cents) as spent,
       sum(rewards) as rewards, sum(rewards_cents) as reward_cents
     from intent_area where outcome = 'committed' group by merchant order by merchant`,
  );
  const lines = merchants.map(
    (row): MerchantStatement => ({
      merchant: count(row, "merchant"),
      visits: count(row, "visits"),
      earnedCents: count(row, "earned"),
      spentCents: count(row, "spent"),
      rewards: count(row, "rewards"),
      rewardCents: count(row, "reward_cents"),
    }),
  );
  const sum = (field: "visits" | "earnedCents" | "spentCents") => lines.reduce((all, line) => all + line[field], 0);
  return {
    visits: sum("visits"),
    earnedCents: sum("earnedCents"),
    spentCents: sum("spentCents"),
    outstandingCents: outstanding(database, "cents"),
    outstandingStamps: outstanding(database, "stamps"),
    inDoubt: count(database.get("select count(*) as n from intent_area where outcome = 'open'"), "n"),
    merchants: lines,
  };
}
