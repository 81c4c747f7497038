import { dayText } from "@cachet/card-layout";
import type { Ledger } from "./schema.ts";

/** What somebody is owed for the visits of one month, who is not the card of these visits. */
export interface Owed {
  readonly programme: number;
  /** An association or a partner by name, a card by its number. */
  readonly to: string | number;
  /** The local month of the commits: `2027-01`. */
  readonly month: string;
  readonly unit: string;
  /** Below zero where refunds of the month took more back than its sales promised. */
  readonly amount: number;
}

/** Everything that is owed to associations, partners and cards by visits of other cards, over all time: the rows of the ledger, by month. */
export async function owedTo(ledger: Ledger): Promise<readonly Owed[]> {
  const rows = await ledger
    .selectFrom("posting")
    .select(({ fn }) => ["day", "holder", "party", "programme", "unit", fn.sum<number>("amount").as("amount")])
    .where("account", "in", ["owed", "promised"])
    .groupBy(["account", "programme", "holder", "party", "unit", "day"])
    .orderBy("account")
    .orderBy("programme")
    .orderBy("party")
    .orderBy("holder")
    .orderBy("unit")
    .orderBy("day")
    .execute();
  const all = new Map<string, Owed>();
  for (const { day, holder, party, programme, unit, amount } of rows) {
    const [to, month] = [party ?? holder, dayText(day).slice(0, 7)];
    const key = `${programme} ${to} ${unit} ${month}`;
    const before = all.get(key)?.amount ?? 0;
    all.set(key, { programme, to, month, unit, amount: before + amount });
  }
  return [...all.values()].filter(({ amount }) => amount !== 0);
}
