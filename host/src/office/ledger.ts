import type { Intent, IntentArea, StoredEffect } from "@cachet/firmware/wire";
import { sumsOf } from "@cachet/firmware/wire";
import type { Database } from "../ports/database.ts";

/** Accounts by name. Credits are positive: what a cardholder can spend is a credit of the card's account. */
const cardAccount = (card: number, programme: number) => `card/${card}/${programme}`;
const merchantAccount = (merchant: number, programme: number) => `merchant/${merchant}/${programme}`;
const issuedStamps = (programme: number) => `stamps-issued/${programme}`;
const issuedPoints = (programme: number) => `points-issued/${programme}`;
/** Who gave a value: the merchant owes the money, and nobody owes what is only counted. */
export const issuerAccount = (unit: "cents" | "stamps" | "points" | "units", merchant: number, programme: number) =>
  unit === "cents" ? merchantAccount(merchant, programme) : `${unit}-issued/${programme}`;
/** Money whose last day was over before anybody spent it. */
const expiredAccount = (programme: number) => `expired/${programme}`;
/** What the office put on cards by credits, by who pays for it. Above zero: what is promised and not on cards yet. */
export const creditsAccount = (funder: StoredEffect["funder"], programme: number) => `credits/${funder}/${programme}`;
/** What wrong rules gave and customers keep: the association bears it. */
export const correctionsAccount = (programme: number) => `corrections/${programme}`;
/** What wrong rules gave and is claimed from a card's holder. */
export const claimAccount = (card: number, programme: number) => `claim/${card}/${programme}`;

/** What an association or a partner is owed, by name, and what a card is that another one's visit promised something. */
export const owedAccount = (to: string | number, programme: number) =>
  typeof to === "string" ? `owed/${programme}/${to}` : `promised/${programme}/${to}`;
/** What others than the merchant of the visit pay to somebody else than the card. */
const paysAccount = (funder: StoredEffect["funder"], programme: number) => `pays/${funder}/${programme}`;

/** Who is owed what an effect says, by name or by the number of a card; null where nobody is. */
export function creditorOf({ type, to, toCard }: StoredEffect): string | number | null {
  return type === "owe" || type === "waive" ? (to ?? toCard ?? null) : null;
}

/** Money that left the card. What points took off a ticket was never money on the card. */
const spentOf = ({ effects }: IntentArea): number =>
  effects.reduce((sum, { type, unit, value }) => (type === "redeem" && unit === "cents" ? sum + value : sum), 0);

/**
 * Posts a committed area: what the card gained is owed by the merchant, who gave it or took the cash for it; what it spent
 * is owed to him. What a credit of the office added is owed by whom the credit names. An area that moved nothing posts nothing.
 */
export function postCommit(
  database: Database,
  terminal: number,
  number: number,
  intent: Intent,
  area: IntentArea,
): void {
  const sums = sumsOf(area.effects);
  const { card, merchant } = intent;
  const lines: (readonly [string, string, number])[] = [];
  const move = (from: string, to: string, unit: string, amount: number) => {
    if (amount !== 0) lines.push([from, unit, -amount], [to, unit, amount]);
  };
  const onCard = cardAccount(card, area.programme);
  const ofMerchant = merchantAccount(merchant, area.programme);
  move(ofMerchant, onCard, "cents", sums.earnedCents);
  move(ofMerchant, onCard, "cents", sums.toppedUpCents);
  move(ofMerchant, onCard, "cents", sums.returnedCents);
  move(onCard, ofMerchant, "cents", spentOf(area));
  move(onCard, ofMerchant, "cents", sums.takenBackCents);
  move(onCard, expiredAccount(area.programme), "cents", sums.expiredCents);
  move(issuedStamps(area.programme), onCard, "stamps", sums.stampsAdded - sums.stampsTaken);
  move(issuedPoints(area.programme), onCard, "points", sums.pointsAdded - sums.pointsTaken);
  for (const { type, unit, value, funder } of area.effects) {
    if (type === "credit") move(creditsAccount(funder, area.programme), onCard, unit, value);
  }
  for (const effect of area.effects) {
    const { type, unit, value, funder } = effect;
    const creditor = creditorOf(effect);
    if (creditor === null || unit === "entries" || unit === "minutes") continue;
    const isMoneyOf = unit === "cents" && funder !== "merchant";
    const payer = isMoneyOf ? paysAccount(funder, area.programme) : issuerAccount(unit, merchant, area.programme);
    move(payer, owedAccount(creditor, area.programme), unit, type === "owe" ? value : -value);
  }
  for (const [line, [account, unit, amount]] of lines.entries()) {
    database.run("insert into posting values (?, ?, ?, ?, ?, ?)", terminal, number, line + 1, account, unit, amount);
  }
}

/** What cardholders can spend, by the books. */
export function outstanding(database: Database, unit: "cents" | "stamps" | "points"): number {
  const row = database.get("select total(amount) as sum from posting where unit = ? and account glob 'card/*'", unit);
  return Number(row?.sum ?? 0);
}
