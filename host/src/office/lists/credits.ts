import type { Day } from "@cachet/card-layout";
import {
  CREDIT_NUMBER_MAX,
  type Credit,
  type CreditAmount,
  decodeCredit,
  decodeEntry,
  encodeCredit,
  type StoredEffect,
} from "@cachet/firmware/wire";
import { sql } from "kysely";
import { appendAudit, queueByArrival } from "../audit.ts";
import { nextAct } from "../decisions.ts";
import {
  type Account,
  breakageAccount,
  correctionsAccount,
  creditsAccount,
  issuerAccount,
  type Move,
  postings,
} from "../ledger.ts";
import { insertAll, type Ledger, type LedgerTables, type LedgerTransaction } from "../schema.ts";

export type CreditRow = LedgerTables["credit"];
type Unit = StoredEffect["unit"];

/** What credits come from. */
export const WHYS = [
  "correction",
  "promised",
  "transfer",
  "top-up",
  "gift",
  "replacement",
  "adopt",
  "restore",
] as const;
export type Why = (typeof WHYS)[number];

/** Where the value of a credit comes from: an account of the same programme. */
export type Source = Pick<Account, "account" | "holder">;

export interface NewCredit {
  readonly card: number;
  readonly programme: number;
  readonly credit: Credit;
  readonly why: Why;
  /** What it comes from, by name: nothing is credited twice. */
  readonly source: string;
  /** Who owed the value until now; null where `credits` holds it already. */
  readonly from: Source | null;
  /** The value lies in `credits` already, and `from` says whose it was: nothing is posted. */
  readonly isPosted?: boolean;
}

/** The same thing was credited before. */
export class CreditedBefore extends RangeError {
  readonly row: CreditRow;
  constructor(row: CreditRow) {
    super(`${row.source} was credited before: card ${row.card}, programme ${row.programme}, credit ${row.number}`);
    this.name = "CreditedBefore";
    this.row = row;
  }
}

const UNITS: Readonly<Record<CreditAmount["purse"], Unit>> = {
  stamps: "stamps",
  cagnotte: "cents",
  prepaid: "cents",
  points: "points",
  units: "units",
};

/** What a credit puts on a card, by unit. */
export function promisedBy(credit: Credit): ReadonlyMap<Unit, number> {
  const all = new Map<Unit, number>();
  for (const { purse, value } of credit.kind === "add" ? credit.amounts : []) {
    all.set(UNITS[purse], (all.get(UNITS[purse]) ?? 0) + value);
  }
  return all;
}

const funderOf = (credit: Credit) => (credit.kind === "add" ? credit.funder : undefined) ?? "association";

/** The credit of a row. The office wrote it: it reads. */
export function creditOf({ body, card, number }: Pick<CreditRow, "body" | "card" | "number">): Credit {
  const credit = decodeCredit(body);
  if (credit === null) throw new RangeError(`credit ${number} of card ${card} does not read`);
  return credit;
}

/** The account that value of a credit came from: of a programme alone what is only counted. */
export function sourceAccount(from: Source | null, unit: Unit, programme: number): Account {
  if (from === null) return unit === "cents" ? correctionsAccount(programme) : issuerAccount(unit, 0, programme);
  const isMoneyOf = from.account === "merchant" || from.account === "pays";
  return isMoneyOf && unit !== "cents" ? issuerAccount(unit, 0, programme) : { ...from, programme };
}

const sourceOf = ({ from_account, from_holder }: CreditRow): Source | null =>
  from_account === null ? null : { account: from_account as Account["account"], holder: from_holder! };

/** Where the next credit of a card and programme is numbered. */
async function nextNumber(ledger: Ledger, card: number, programme: number): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`
    select max(last) as last from (
      select max(number) as last from credit where card = ${card} and programme = ${programme}
      union all
      select max(last_credit) from intent_area where card = ${card} and programme = ${programme} and outcome = 'committed'
    ) as numbers`.execute(ledger);
  return (rows[0]?.last ?? 0) + 1;
}

/** The credit that came from something; undefined where none did. */
export const creditFrom = (ledger: Ledger, source: string) =>
  ledger.selectFrom("credit").selectAll().where("source", "=", source).limit(1).executeTakeFirst();

/**
 * Makes a credit: from the next list on terminals put it on the card. Posts its value from whoever owed it to `credits`, whose
 * terminals' commits take it to the card. Throws `CreditedBefore`, and `RangeError` on what no list can carry. `at` in UTC seconds.
 */
export async function addCredit(
  ledger: LedgerTransaction,
  { card, programme, credit, why, source, from, isPosted = false }: NewCredit,
  day: Day,
  at: number,
): Promise<CreditRow> {
  await queueByArrival(ledger);
  const before = await creditFrom(ledger, source);
  if (before !== undefined) throw new CreditedBefore(before);
  const number = await nextNumber(ledger, card, programme);
  if (number > CREDIT_NUMBER_MAX)
    throw new RangeError(`card ${card} has had ${CREDIT_NUMBER_MAX} credits, the most there are`);
  const act = await nextAct(ledger);
  const body = encodeCredit(credit);
  const row: CreditRow = {
    ...{ card, programme, number, act, at, why, source, body, state: "open", passed: 0, listed: 0 },
    from_account: from?.account ?? null,
    from_holder: from?.holder ?? null,
  };
  await insertAll(ledger, "credit", [row]);
  const to = creditsAccount(funderOf(credit), programme);
  const moves = [...promisedBy(credit)].map(
    ([unit, amount]): Move => ({ from: sourceAccount(from, unit, programme), to, unit, amount }),
  );
  if (from !== null && !isPosted)
    await insertAll(ledger, "posting", postings(moves, { day, terminal: 0, number: act }));
  const whose = from === null ? null : [from.account, from.holder];
  await appendAudit(ledger, {
    ...{ kind: "credit", at },
    content: [card, programme, number, why, source, body, whose, isPosted, day],
  });
  return row;
}

/** Credits of a card that its record does not show yet, in their order: open ones and void ones. */
export const creditsToCome = (ledger: Ledger, card: number): Promise<CreditRow[]> =>
  ledger
    .selectFrom("credit")
    .selectAll()
    .where("card", "=", card)
    .where("passed", "=", 0)
    .orderBy("programme")
    .orderBy("number")
    .execute();

/**
 * Voids an open credit: from the next list on only its number counts. Its value goes back to whoever owed it, or stays in `credits`
 * where it `moves` to another card. A terminal that holds an older list can still apply it: that shows when its journal comes
 * (`settleCredits`).
 */
export async function voidCredit(
  ledger: LedgerTransaction,
  row: CreditRow,
  moves: boolean,
  day: Day,
  at: number,
): Promise<void> {
  await queueByArrival(ledger);
  const { card, programme, number } = row;
  await ledger
    .updateTable("credit")
    .set({ state: moves ? "moving" : "void" })
    .where("card", "=", card)
    .where("programme", "=", programme)
    .where("number", "=", number)
    .execute();
  const credit = creditOf(row);
  const from = creditsAccount(funderOf(credit), programme);
  const back = [...promisedBy(credit)].map(
    ([unit, amount]): Move => ({ from, to: sourceAccount(sourceOf(row), unit, programme), unit, amount }),
  );
  if (!moves && back.length > 0) {
    const act = await nextAct(ledger);
    await insertAll(ledger, "posting", postings(back, { day, terminal: 0, number: act }));
  }
  await appendAudit(ledger, { kind: "void", at, content: [card, programme, number, moves, day] });
}

/** A committed intent that applied a credit, and what it put on the card. */
interface Applied {
  readonly terminal: number;
  readonly number: number;
  readonly utc: number;
  readonly value: ReadonlyMap<Unit, number>;
}

/** The committed intents that applied a credit. More than one where the card has two histories. */
async function appliedBy(ledger: Ledger, { card, programme, number }: CreditRow): Promise<Applied[]> {
  const { rows } = await sql<{ terminal: number; number: number; utc: number; stored: Uint8Array }>`
    select entry.terminal, entry.number, entry.utc, entry.stored from intent_area
      join entry on entry.terminal = intent_area.terminal and entry.number = intent_area.number and entry.day = intent_area.day
     where intent_area.card = ${card} and intent_area.programme = ${programme} and intent_area.outcome = 'committed'
       and intent_area.credits > 0 and intent_area.last_credit >= ${number}
       and intent_area.last_credit - intent_area.credits < ${number}
     order by entry.terminal, entry.number`.execute(ledger);
  return rows.map((row) => {
    const entry = decodeEntry(row.stored);
    const effects =
      entry.kind === "intent" ? entry.body.areas.find((area) => area.programme === programme)!.effects : [];
    const value = new Map<Unit, number>();
    for (const effect of effects) {
      if (effect.credit === number) value.set(effect.unit, (value.get(effect.unit) ?? 0) + effect.value);
    }
    return { ...{ terminal: row.terminal, number: row.number, utc: row.utc }, value };
  });
}

/** Brings `credits` right for a credit that a card's record shows: what of it came onto no card lapses, what came on two is borne. */
async function ending(ledger: LedgerTransaction, row: CreditRow): Promise<Move[]> {
  const { programme } = row;
  const credit = creditOf(row);
  // What was to move and came onto the old card after all moves as a part of that.
  const isWhole = row.state === "open" || row.state === "moving";
  const promised = isWhole ? promisedBy(credit) : new Map<Unit, number>();
  const applied = await appliedBy(ledger, row);
  const of = creditsAccount(funderOf(credit), programme);
  const moves: Move[] = [];
  for (const unit of new Set([...promisedBy(credit).keys()])) {
    const came = applied.reduce((sum, { value }) => sum + (value.get(unit) ?? 0), 0);
    const left = (promised.get(unit) ?? 0) - came;
    const nobodys = unit === "cents" ? breakageAccount(programme) : issuerAccount(unit, 0, programme);
    const borne = unit === "cents" ? correctionsAccount(programme) : issuerAccount(unit, 0, programme);
    if (left > 0) moves.push({ from: of, to: nobodys, unit, amount: left });
    if (left < 0) moves.push({ from: borne, to: of, unit, amount: -left });
  }
  return moves;
}

/** A credit that was withdrawn, or applied before, and came onto a card all the same. */
async function alertOf(ledger: LedgerTransaction, row: CreditRow): Promise<void> {
  const { card, programme, number, state } = row;
  const applied = (await appliedBy(ledger, row)).filter(({ value }) => [...value.values()].some((one) => one > 0));
  const isGone = state === "void" || state === "moved";
  const late = isGone ? applied : applied.slice(1);
  for (const { terminal, number: intent, utc } of late) {
    const what = isGone ? "after it was withdrawn" : "a second time";
    const detail = `credit ${number} was applied ${what}`;
    await ledger
      .insertInto("alert")
      .values({ kind: "credit-twice", terminal, number: intent, card, programme, utc, detail })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

const shows = sql<boolean>`exists (
  select 1 from intent_area where intent_area.card = credit.card and intent_area.programme = credit.programme
     and intent_area.outcome = 'committed' and intent_area.last_credit >= credit.number)`;

/** The credits that an imported commit shows, and that leave the lists now. */
const passing = (ledger: Ledger): Promise<CreditRow[]> =>
  ledger
    .selectFrom("credit")
    .selectAll()
    .where("passed", "=", 0)
    .where(shows)
    .orderBy("card")
    .orderBy("programme")
    .orderBy("number")
    .execute();

/**
 * Takes the credits off the lists that cards show by now, at night's end: an imported commit has their number, or a later one. Brings
 * `credits` to zero for them. Gives them. `at` in UTC seconds.
 */
export function settleCredits(ledger: Ledger, day: Day, at: number): Promise<readonly CreditRow[]> {
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const done = await passing(transaction);
    if (done.length === 0) return done;
    const moves: Move[] = [];
    for (const row of done) {
      moves.push(...(await ending(transaction, row)));
      await alertOf(transaction, row);
      await transaction
        .updateTable("credit")
        .set({ passed: 1 })
        .where("card", "=", row.card)
        .where("programme", "=", row.programme)
        .where("number", "=", row.number)
        .execute();
    }
    if (moves.length > 0) {
      const act = await nextAct(transaction);
      await insertAll(transaction, "posting", postings(moves, { day, terminal: 0, number: act }));
    }
    await appendAudit(transaction, { kind: "credits", at, content: [day, done.length] });
    return done;
  });
}
