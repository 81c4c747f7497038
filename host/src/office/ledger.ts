import { type Day, dayOf } from "@cachet/card-layout";
import type { Entry, Intent, IntentArea, StoredEffect } from "@cachet/firmware/wire";
import { type Sums, sumsOf } from "@cachet/firmware/wire";
import type { Ledger, LedgerTables } from "./schema.ts";

export type Posting = LedgerTables["posting"];

/**
 * What an account is, and whose: `holder` is a card, a merchant, or who pays (`FUNDERS`); 0 where it is the programme's own, or that of
 * a `party`, by its name.
 */
export interface Account {
  readonly account:
    | "card"
    | "merchant"
    | "issued"
    | "expired"
    | "credits"
    | "corrections"
    | "claim"
    | "owed"
    | "promised"
    | "pays";
  readonly holder: number;
  readonly party?: string;
  readonly programme: number;
}

/** Who pays for a value, by the number that stands in the ledger. */
const FUNDERS: Readonly<Record<StoredEffect["funder"], number>> = {
  merchant: 1,
  association: 2,
  sponsor: 3,
  partner: 4,
};

/** What a cardholder can spend is a credit of the card's account: credits are positive. */
export const cardAccount = (holder: number, programme: number): Account => ({ account: "card", holder, programme });
export const merchantAccount = (holder: number, programme: number): Account => ({
  account: "merchant",
  holder,
  programme,
});
/** Who gave a value: the merchant owes the money, and nobody owes what is only counted. */
export const issuerAccount = (unit: StoredEffect["unit"], merchant: number, programme: number): Account =>
  unit === "cents" ? merchantAccount(merchant, programme) : { account: "issued", holder: 0, programme };
/** Money whose last day was over before anybody spent it. */
export const expiredAccount = (programme: number): Account => ({ account: "expired", holder: 0, programme });
/** What the office put on cards by credits, by who pays for it. Above zero: what is promised and not on cards yet. */
export const creditsAccount = (funder: StoredEffect["funder"], programme: number): Account => ({
  account: "credits",
  holder: FUNDERS[funder],
  programme,
});
/** What wrong rules gave and customers keep: the association bears it. */
export const correctionsAccount = (programme: number): Account => ({ account: "corrections", holder: 0, programme });
/** What wrong rules gave and is claimed from a card's holder. */
export const claimAccount = (holder: number, programme: number): Account => ({ account: "claim", holder, programme });

/** Value that goes from one account to another. */
export interface Move {
  readonly from: Account;
  readonly to: Account;
  readonly unit: StoredEffect["unit"];
  readonly amount: number;
}

/** The two lines of each move; none of one that moves nothing. */
export function postings(moves: readonly Move[], at: Pick<Posting, "day" | "terminal" | "number">): Posting[] {
  const lines: Posting[] = [];
  for (const { from, to, unit, amount } of moves) {
    if (amount === 0) continue;
    lines.push({ ...at, line: lines.length + 1, party: null, ...from, unit, amount: -amount });
    lines.push({ ...at, line: lines.length + 1, party: null, ...to, unit, amount });
  }
  return lines;
}

/** What an association or a partner is owed, by name, and what a card is that another one's visit promised something. */
export const owedAccount = (to: string | number, programme: number): Account =>
  typeof to === "string"
    ? { account: "owed", holder: 0, party: to, programme }
    : { account: "promised", holder: to, programme };
/** What others than the merchant of the visit pay to somebody else than the card. */
export const paysAccount = (funder: StoredEffect["funder"], programme: number): Account => ({
  account: "pays",
  holder: FUNDERS[funder],
  programme,
});

/** Who is owed what an effect says, by name or by the number of a card; null where nobody is. */
export function creditorOf({ type, to, toCard }: StoredEffect): string | number | null {
  return type === "owe" || type === "waive" ? (to ?? toCard ?? null) : null;
}

/** Money that left the card. What points took off a ticket was never money on the card. */
const spentOf = ({ effects }: IntentArea): number =>
  effects.reduce((sum, { type, unit, value }) => (type === "redeem" && unit === "cents" ? sum + value : sum), 0);

/** The local day of an entry by its terminal's clock. */
export const dayOfEntry = ({ utc, offset }: Pick<Entry, "utc" | "offset">): Day => dayOf(utc, offset);

/**
 * What a committed area posts: what the card gained is owed by the merchant, who gave it or took the cash for it; what it spent
 * is owed to him. What a credit of the office added is owed by whom the credit names. An area that moved nothing posts nothing.
 */
export function postingsOf(
  terminal: number,
  commit: Entry,
  { card, merchant }: Intent,
  area: IntentArea,
  sums: Sums = sumsOf(area.effects),
): Posting[] {
  const { programme } = area;
  const onCard = cardAccount(card, programme);
  const ofMerchant = merchantAccount(merchant, programme);
  const creditedPoints = area.effects.reduce(
    (sum, { type, unit, value }) => (type === "credit" && unit === "points" ? sum + value : sum),
    0,
  );
  const moves: Move[] = [
    { from: ofMerchant, to: onCard, unit: "cents", amount: sums.earnedCents },
    { from: ofMerchant, to: onCard, unit: "cents", amount: sums.toppedUpCents },
    { from: ofMerchant, to: onCard, unit: "cents", amount: sums.returnedCents },
    { from: onCard, to: ofMerchant, unit: "cents", amount: spentOf(area) },
    { from: onCard, to: ofMerchant, unit: "cents", amount: sums.takenBackCents },
    { from: onCard, to: expiredAccount(programme), unit: "cents", amount: sums.expiredCents },
    {
      from: issuerAccount("stamps", 0, programme),
      to: onCard,
      unit: "stamps",
      amount: sums.stampsAdded - sums.stampsTaken,
    },
    {
      from: issuerAccount("points", 0, programme),
      to: onCard,
      unit: "points",
      amount: sums.pointsAdded - sums.pointsTaken - creditedPoints,
    },
  ];
  for (const { type, unit, value, funder } of area.effects) {
    if (type === "credit") moves.push({ from: creditsAccount(funder, programme), to: onCard, unit, amount: value });
  }
  for (const effect of area.effects) {
    const { type, unit, value, funder } = effect;
    const creditor = creditorOf(effect);
    if (creditor === null) continue;
    const isMoneyOf = unit === "cents" && funder !== "merchant";
    const from = isMoneyOf ? paysAccount(funder, programme) : issuerAccount(unit, merchant, programme);
    moves.push({ from, to: owedAccount(creditor, programme), unit, amount: type === "owe" ? value : -value });
  }
  return postings(moves, { day: dayOfEntry(commit), terminal, number: commit.number });
}

/** What cardholders can spend, by the books. */
export async function outstanding(ledger: Ledger, unit: StoredEffect["unit"]): Promise<number> {
  const row = await ledger
    .selectFrom("posting")
    .select(({ fn }) => fn.sum<number | null>("amount").as("sum"))
    .where("account", "=", "card")
    .where("unit", "=", unit)
    .executeTakeFirst();
  return row?.sum ?? 0;
}
