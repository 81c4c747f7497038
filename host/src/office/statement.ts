import type { Database, Row } from "../ports/database.ts";
import { outstanding } from "./ledger.ts";
import { type Owed, owedTo } from "./owed.ts";

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

const count = (row: Row | null, field: string) => Number(row?.[field] ?? 0);

/** What the books say, over all time. */
export function statement(database: Database): Statement {
  const merchants = database.all(
    `select merchant, count(distinct case kind when 'sale' then terminal * 4294967296 + number end) as visits,
       sum(earned_cents) as earned, sum(spent_cents) as spent, sum(topped_up_cents) as topped_up,
       sum(rewards) as rewards, sum(rewards_cents) as reward_cents
     from intent_area where outcome = 'committed' and kind <> 'null' group by merchant order by merchant`,
  );
  const lines = merchants.map(
    (row): MerchantStatement => ({
      merchant: count(row, "merchant"),
      visits: count(row, "visits"),
      earnedCents: count(row, "earned"),
      spentCents: count(row, "spent"),
      toppedUpCents: count(row, "topped_up"),
      rewards: count(row, "rewards"),
      rewardCents: count(row, "reward_cents"),
    }),
  );
  const sum = (field: "visits" | "earnedCents" | "spentCents" | "toppedUpCents") =>
    lines.reduce((all, line) => all + line[field], 0);
  return {
    visits: sum("visits"),
    earnedCents: sum("earnedCents"),
    spentCents: sum("spentCents"),
    toppedUpCents: sum("toppedUpCents"),
    outstandingCents: outstanding(database, "cents"),
    outstandingStamps: outstanding(database, "stamps"),
    inDoubt: count(database.get("select count(*) as n from intent_area where outcome = 'open'"), "n"),
    merchants: lines,
    owed: owedTo(database),
  };
}
