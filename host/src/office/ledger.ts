import { type Day, dayOf } from "@cachet/card-layout";
import type { AccountArea, AccountVisit, Entry, Intent, IntentArea, StoredEffect } from "@cachet/firmware/wire";
import type { Ledger, LedgerTables } from "./schema.ts";

export type Posting = LedgerTables["posting"];

/**
 * What an account is, and whose: `holder` is a card, a merchant, or who pays (`FUNDERS`); 0 where it is the programme's own, or that of
 * a `party`, by its name.
 */
export interface Account {
  readonly account:
    | "card"
    | "account"
    | "merchant"
    | "issued"
    | "breakage"
    | "credits"
    | "corrections"
    | "claim"
    | "owed"
    | "promised"
    | "pays"
    | "pivot"
    | "fees";
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
/** The same of an account without a chip. */
export const chiplessAccount = (holder: number, programme: number): Account => ({
  account: "account",
  holder,
  programme,
});
export const merchantAccount = (holder: number, programme: number): Account => ({
  account: "merchant",
  holder,
  programme,
});
/** Who gave a value: the merchant owes the money, and nobody owes what is only counted. */
export const issuerAccount = (unit: StoredEffect["unit"], merchant: number, programme: number): Account =>
  unit === "cents" ? merchantAccount(merchant, programme) : { account: "issued", holder: 0, programme };
/** What was over before anybody spent it, or was lost with an account that was closed: it stays with the programme. */
export const breakageAccount = (programme: number): Account => ({ account: "breakage", holder: 0, programme });
/** Who bears what a rule gives: the merchant of the visit, unless the programme names somebody else for money. */
export const giverAccount = (
  funder: StoredEffect["funder"],
  unit: StoredEffect["unit"],
  merchant: number,
  programme: number,
): Account =>
  unit === "cents" && funder !== "merchant" ? paysAccount(funder, programme) : issuerAccount(unit, merchant, programme);
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
/** What others than the merchant of the visit pay for. */
export const paysAccount = (funder: StoredEffect["funder"], programme: number): Account => ({
  account: "pays",
  holder: FUNDERS[funder],
  programme,
});

/** Who is owed what an effect says, by name or by the number of a card; null where nobody is. */
export function creditorOf({ type, to, toCard }: StoredEffect): string | number | null {
  return type === "owe" || type === "waive" ? (to ?? toCard ?? null) : null;
}

/** The local day of an entry by its terminal's clock. */
export const dayOfEntry = ({ utc, offset }: Pick<Entry, "utc" | "offset">): Day => dayOf(utc, offset);

/** Where the value of an effect comes from, or where it goes to. */
function moveOf(effect: StoredEffect, onCard: Account, merchant: number): Move | null {
  const { type, unit, value, funder, taken = 0 } = effect;
  const { programme } = onCard;
  const [giver, ofMerchant] = [
    giverAccount(funder, unit, merchant, programme),
    issuerAccount(unit, merchant, programme),
  ];
  const comes = (from: Account): Move => ({ from, to: onCard, unit, amount: value });
  const goes = (to: Account): Move => ({ from: onCard, to, unit, amount: value });
  switch (type) {
    case "earn":
    case "stamp":
    case "topup":
      return comes(giver);
    case "clawback":
      return goes(giver);
    case "return":
    case "receive":
      return comes(ofMerchant);
    case "redeem":
    case "give":
    case "payout":
      return goes(ofMerchant);
    case "credit":
      return comes(creditsAccount(funder, programme));
    case "expire":
    case "forfeit":
      return goes(breakageAccount(programme));
    case "reward":
      // It is worth cents, and takes stamps.
      return { from: onCard, to: issuerAccount("stamps", merchant, programme), unit: "stamps", amount: taken };
    default: {
      const creditor = creditorOf(effect);
      if (creditor === null) return null;
      return { from: giver, to: owedAccount(creditor, programme), unit, amount: type === "owe" ? value : -value };
    }
  }
}

/** Moves of one kind between the same accounts, as one. */
export function together(moves: readonly Move[]): Move[] {
  const all = new Map<string, Move>();
  for (const move of moves) {
    const { from, to, unit, amount } = move;
    const key = `${from.account} ${from.holder} ${to.account} ${to.party ?? to.holder} ${unit}`;
    all.set(key, { ...move, amount: (all.get(key)?.amount ?? 0) + amount });
  }
  return [...all.values()];
}

/** What can be kept on a card; chances in a draw and minutes of parking are not. */
const KEPT: readonly StoredEffect["unit"][] = ["cents", "stamps", "points", "units"];

/**
 * What a committed area posts: what the card gained is owed by whoever gave it or took the cash for it; what it spent is owed to the
 * merchant. What a credit of the office added is owed by whom the credit names. An area that moved nothing posts nothing.
 */
export function postingsOf(terminal: number, commit: Entry, { card, merchant }: Intent, area: IntentArea): Posting[] {
  const onCard = cardAccount(card, area.programme);
  const moves = area.effects.flatMap((effect) => {
    const move = KEPT.includes(effect.unit) ? moveOf(effect, onCard, merchant) : null;
    return move === null ? [] : [move];
  });
  return postings(together(moves), { day: dayOfEntry(commit), terminal, number: commit.number });
}

/**
 * What a visit of an account without a chip posts: what it spent leaves its account, and what it earned is promised to it, whatever the number is
 * of: the next list puts it on the account, or on the card. A refund gives back to the account what it had spent there, and takes what it
 * earned from what is promised.
 */
export function accountMoves({ account, merchant }: AccountVisit, { programme, effects }: AccountArea): Move[] {
  const [held, promised] = [chiplessAccount(account, programme), owedAccount(account, programme)];
  const moves = effects.flatMap((effect) => {
    const move = KEPT.includes(effect.unit) ? moveOf(effect, held, merchant) : null;
    if (move === null) return [];
    const { type } = effect;
    if (type === "clawback") return [{ ...move, from: promised }];
    return [move.to === held && type !== "return" ? { ...move, to: promised } : move];
  });
  return together(moves);
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
