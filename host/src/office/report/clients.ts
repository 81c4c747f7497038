import type { Day } from "@cachet/card-layout";
import { sql } from "kysely";
import type { Ledger } from "../schema.ts";
import type { Days, FirstUse } from "./visits.ts";

/** A card that belongs to a merchant: it was used there before anywhere else. */
export interface Client {
  readonly card: number;
  /** Local days of its first use, and of its last purchase here; null where it bought nothing. */
  readonly since: Day;
  readonly last: Day | null;
  /** What it bought here in the days that are asked about, and ever. Cents. */
  readonly visits: number;
  readonly soldCents: number;
  readonly allVisits: number;
  readonly allSoldCents: number;
}

/** The cards of a merchant, those that bought for most first. */
export async function clients(
  ledger: Ledger,
  merchant: number,
  { from, to }: Days,
  first: ReadonlyMap<number, FirstUse>,
): Promise<Client[]> {
  const { rows } = await sql<Omit<Client, "since" | "last"> & { last: Day }>`
    select card, max(day) as last, count(*) as "allVisits", sum(sold) as "allSoldCents",
      sum(case when day >= ${from} then 1 else 0 end) as visits,
      sum(case when day >= ${from} then sold else 0 end) as "soldCents"
    from (select max(card) as card, max(day) as day, max(sale_cents) as sold
      from intent_area where outcome = 'committed' and kind = 'sale' and merchant = ${merchant} and day <= ${to}
      group by terminal, number) as visit
    group by card`.execute(ledger);
  const bought = new Map(rows.map((row) => [row.card, row]));
  const none = { last: null, visits: 0, soldCents: 0, allVisits: 0, allSoldCents: 0 };
  return [...first.values()]
    .filter((use) => use.merchant === merchant)
    .map(({ card, day }): Client => ({ ...none, ...bought.get(card), card, since: day }))
    .sort((a, b) => b.allSoldCents - a.allSoldCents || a.card - b.card);
}

/** Cards that came back once and have not bought for so many days before `at`: whom to call back. */
export const toCallBack = (all: readonly Client[], at: Day, days: number): readonly Client[] =>
  all.filter(({ allVisits, last }) => allVisits > 1 && last !== null && at - last >= days);
