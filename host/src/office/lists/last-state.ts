import { type CardState, type Purse, packPurses, pursesSize, unpackState } from "@cachet/card-layout";
import {
  CREDIT_BYTES_MAX,
  type Credit,
  type CreditAmount,
  decodeEntry,
  encodeCredit,
  type IntentArea,
} from "@cachet/firmware/wire";
import { sql } from "kysely";
import type { Ledger } from "../schema.ts";

/** What a card holds under one programme by the books: the last record that a committed visit wrote. */
export interface LastState {
  readonly card: number;
  readonly programme: number;
  /** The ticket of that visit. */
  readonly terminal: number;
  readonly number: number;
  readonly area: IntentArea;
  readonly state: CardState;
}

type Row = { card: number; programme: number; terminal: number; number: number; stored: Uint8Array };

function lastStateOf({ card, programme, terminal, number, stored }: Row): LastState[] {
  const entry = decodeEntry(stored);
  const area = entry.kind === "intent" ? entry.body.areas.find((one) => one.programme === programme) : undefined;
  const state = area === undefined ? null : unpackState(area.record);
  return area !== undefined && state?.ok ? [{ card, programme, terminal, number, area, state: state.value }] : [];
}

/** The last states of cards in the books, by card and programme. Of a card with two histories the one with the highest sequence. */
async function lastStatesWhere(ledger: Ledger, condition: ReturnType<typeof sql>): Promise<readonly LastState[]> {
  const { rows } = await sql<Row>`
    select a.card, a.programme, a.terminal, a.number, entry.stored from intent_area as a
      join entry on entry.terminal = a.terminal and entry.number = a.number and entry.day = a.day
     where a.outcome = 'committed' and ${condition} and not exists (
       select 1 from intent_area as b where b.card = a.card and b.programme = a.programme
          and b.old_hash = a.new_hash and b.outcome = 'committed')
     order by a.card, a.programme, a.terminal, a.number`.execute(ledger);
  const last = new Map<string, LastState>();
  for (const one of rows.flatMap(lastStateOf)) {
    const key = `${one.card}/${one.programme}`;
    if (one.state.sequence > (last.get(key)?.state.sequence ?? -1)) last.set(key, one);
  }
  return [...last.values()];
}

export const lastStates = (ledger: Ledger, card: number): Promise<readonly LastState[]> =>
  lastStatesWhere(ledger, sql`a.card = ${card}`);
export const lastStatesUnder = (ledger: Ledger, programme: number): Promise<readonly LastState[]> =>
  lastStatesWhere(ledger, sql`a.programme = ${programme}`);

/** Purses packed as a restore credit has them. */
export const packed = (purses: readonly Purse[]): Uint8Array =>
  packPurses(purses, pursesSize(purses.map(({ kind }) => kind)));

/** What a purse comes to in a credit; a word for what no credit carries; null where there is nothing in it. */
function amountOf(purse: Purse): CreditAmount | string | null {
  const { index } = purse;
  switch (purse.kind) {
    case "stamps":
    case "timed-stamps":
      return purse.count === 0 ? null : { purse: "stamps", index, value: purse.count };
    case "dated-stamps":
      return purse.days.some((day) => day > 0) ? "stamps with days of their own" : null;
    case "cagnotte":
    case "carrying-cagnotte":
      return purse.cents === 0 ? null : { purse: "cagnotte", index, value: purse.cents };
    case "prepaid":
      return purse.cents === 0 ? null : { purse: "prepaid", index, value: purse.cents };
    case "points":
    case "carrying-points":
      return purse.count === 0 ? null : { purse: "points", index, value: purse.count };
    case "units": {
      const value = purse.paid + purse.bonus;
      return value === 0 ? null : { purse: "units", index, value, ...(purse.bonus > 0 ? { given: purse.bonus } : {}) };
    }
    case "cagnotte-lots-2":
    case "cagnotte-lots-4":
    case "cagnotte-lots-8":
    case "points-lots-2":
    case "points-lots-4":
    case "points-lots-8": {
      const value = purse.lots.reduce((sum, lot) => sum + lot.value, 0);
      const kept = purse.kind.startsWith("points") ? "points" : "cagnotte";
      return value === 0 ? null : { purse: kept, index, value, lots: [...purse.lots] };
    }
    case "owed-cents":
    case "owed-points":
      return "what the card owes";
    case "year-tier":
    case "rolling-tier":
      return "the level";
    case "club":
      return "the membership";
    default:
      return null;
  }
}

/** What credits can carry of purses, and words for what they cannot. */
export function amountsOf(purses: readonly Purse[]): {
  readonly amounts: readonly CreditAmount[];
  readonly left: readonly string[];
} {
  const found = purses.map(amountOf);
  return {
    amounts: found.filter((one) => one !== null && typeof one !== "string"),
    left: found.filter((one) => typeof one === "string"),
  };
}

const isShort = (credit: Credit): boolean => {
  try {
    return encodeCredit(credit).length <= CREDIT_BYTES_MAX;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** As few credits as there is room for amounts in. */
export function creditsFor(amounts: readonly CreditAmount[], label: string): readonly Credit[] {
  const credits: (Credit & { kind: "add" })[] = [];
  for (const amount of amounts) {
    const last = credits.at(-1);
    const together = last && { ...last, amounts: [...last.amounts, amount] };
    if (together !== undefined && isShort(together)) credits[credits.length - 1] = together;
    else credits.push({ kind: "add", label, amounts: [amount] });
  }
  return credits;
}
