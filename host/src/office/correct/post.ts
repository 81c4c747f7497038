import { sameBytes } from "@cachet/card-layout";
import { type CreditedAmount, creditPurses, type Funder, type Programme } from "@cachet/firmware/rules";
import { ticketName } from "@cachet/firmware/wire";
import { sha256 } from "../../ports/crypto.ts";
import { appendAudit, queueByArrival } from "../audit.ts";
import { postingsHash } from "../closing-sums.ts";
import { nextAct } from "../decisions.ts";
import {
  type Account,
  claimAccount,
  correctionsAccount,
  creditsAccount,
  giverAccount,
  type Posting,
} from "../ledger.ts";
import { insertAll, type Ledger, type LedgerTransaction } from "../schema.ts";
import type { Correction } from "./correction.ts";
import { grouped } from "./difference.ts";
import type { ReplayedVisit } from "./replay.ts";
import { amountFor, keeperOf, type PurseName, partsOf, unitOf } from "./value.ts";

/**
 * What becomes of a card's difference:
 *
 *   credit   too little was given: the next list of credits may carry it to the card
 *   owed     too little was given, and no credit would find room for it: it stays open in the ledger
 *   kept     too much was given, and stays with the customer; the association bears it
 *   claimed  too much was given, and is claimed from the customer; no list takes value from a card
 */
export type Fate = "credit" | "owed" | "kept" | "claimed";

/** One purse of one card that is brought to what is right. `value` is above zero for what is owed to the customer. */
export interface Settled {
  readonly card: number;
  readonly purse: PurseName;
  readonly value: number;
  readonly funder: Funder;
  readonly fate: Fate;
}

/** What a posting wrote. Nothing at all where every visit had been corrected before: `correction` is null then. */
export interface Posted {
  /** Number of the correction: its postings stand under terminal 0. */
  readonly correction: number | null;
  readonly visits: number;
  /** Visits that earlier postings of the same correction brought right. */
  readonly already: number;
  readonly settled: readonly Settled[];
  readonly rows: number;
}

/** Visits were corrected before, to something else. */
export class CorrectedOtherwise extends Error {
  readonly correction: number;
  readonly ticket: string;
  constructor(correction: number, ticket: string, what: string) {
    super(`${ticket} was corrected before ${what} (correction ${correction})`);
    this.name = "CorrectedOtherwise";
    this.correction = correction;
    this.ticket = ticket;
  }
}

/** Rules that are code count by their text. */
const hashOf = (programme: Programme): Uint8Array => {
  const text = JSON.stringify(programme, (_, value) => (typeof value === "function" ? String(value) : value));
  return sha256(new TextEncoder().encode(text));
};

/** Whether a list's credit can bring so much into a purse. */
function isCreditable(right: Programme, name: PurseName, value: number): boolean {
  const amount: CreditedAmount = { ...amountFor(name), value };
  return creditPurses(right, [], [amount], 0) !== null;
}

function fateOf(right: Programme, purse: PurseName, value: number, takesBack: boolean): Fate {
  if (value < 0) return takesBack ? "claimed" : "kept";
  return isCreditable(right, purse, value) ? "credit" : "owed";
}

/** Differences of visits by purse. */
function differences(visits: readonly ReplayedVisit[]): ReadonlyMap<PurseName, number> {
  const all = new Map<PurseName, number>();
  for (const { stored, right } of visits) {
    for (const [name, { given }] of stored.purses) all.set(name, (all.get(name) ?? 0) - given);
    for (const [name, { given }] of right.purses) all.set(name, (all.get(name) ?? 0) + given);
  }
  return all;
}

/** What becomes of the difference of each card in each purse, what several merchants gave taken together. */
export function settledBy(correction: Correction, visits: readonly ReplayedVisit[], takesBack: boolean): Settled[] {
  return grouped(visits, ({ visit }) => visit.intent.card).flatMap(([card, of]) =>
    [...differences(of)].flatMap(([purse, value]): Settled[] => {
      if (value === 0) return [];
      const fate = fateOf(correction.right, purse, value, takesBack);
      return [{ card, purse, value, funder: funderOf(correction, purse), fate }];
    }),
  );
}

type Line = Pick<Posting, "account" | "holder" | "party" | "programme" | "unit" | "amount">;

/** Amounts by account and unit; each account once. */
class Lines {
  private readonly lines = new Map<string, Line>();

  add(of: Account, unit: string, amount: number): void {
    const key = `${of.account} ${of.holder} ${unit}`;
    this.lines.set(key, { party: null, ...of, unit, amount: (this.lines.get(key)?.amount ?? 0) + amount });
  }

  /** By account, holder and unit; those that come to nothing are left out. */
  list(): readonly Line[] {
    const order = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);
    return [...this.lines.values()]
      .filter(({ amount }) => amount !== 0)
      .sort((a, b) => order(a.account, b.account) || a.holder - b.holder || order(a.unit, b.unit));
  }
}

function counterAccount({ card, fate, funder }: Settled, programme: number): Account {
  switch (fate) {
    case "credit":
    case "owed":
      return creditsAccount(funder, programme);
    case "kept":
      return correctionsAccount(programme);
    case "claimed":
      return claimAccount(card, programme);
  }
}

/** Who pays for what a purse keeps. */
const funderOf = ({ wrong, right }: Correction, purse: PurseName): Funder =>
  (keeperOf(right, purse) ?? keeperOf(wrong, purse))?.funder ?? "merchant";

/** The lines of a correction: who gave is brought to what is right, and what that leaves lies with whom it belongs to. */
function linesOf(correction: Correction, visits: readonly ReplayedVisit[], settled: readonly Settled[]): Lines {
  const { number: programme } = correction.wrong;
  const lines = new Lines();
  for (const [merchant, of] of grouped(visits, ({ visit }) => visit.intent.merchant)) {
    for (const [purse, value] of differences(of)) {
      const unit = unitOf(purse);
      lines.add(giverAccount(funderOf(correction, purse), unit, merchant, programme), unit, -value);
    }
  }
  for (const one of settled) lines.add(counterAccount(one, programme), unitOf(one.purse), one.value);
  return lines;
}

/** The visits that no posting has brought right yet. Throws `CorrectedOtherwise` where one was brought to something else. */
async function openVisits(
  ledger: LedgerTransaction,
  { wrong, right, visits }: Correction,
): Promise<readonly ReplayedVisit[]> {
  const hash = hashOf(right);
  const rows = await ledger
    .selectFrom("corrected_visit")
    .innerJoin("correction", "correction.number", "corrected_visit.correction")
    .select(["corrected_visit.terminal", "corrected_visit.number"])
    .select(["correction.number as correction", "correction.right_version", "correction.right_hash"])
    .where("corrected_visit.programme", "=", wrong.number)
    .execute();
  const done = new Map(rows.map((row) => [ticketName(row.terminal, row.number), row]));
  return visits.filter(({ visit: { terminal, number } }) => {
    const ticket = ticketName(terminal, number);
    const before = done.get(ticket);
    if (before === undefined) return true;
    const version = before.right_version;
    if (version !== right.version) throw new CorrectedOtherwise(before.correction, ticket, `to version ${version}`);
    if (!sameBytes(before.right_hash, hash))
      throw new CorrectedOtherwise(before.correction, ticket, `to version ${version} with other rules`);
    return false;
  });
}

/**
 * Writes a correction into the ledger, each visit once for ever: what was corrected before is left out, and visits that came later are
 * added by posting the same correction again. Journal entries and their postings stay as they are. Throws `CorrectedOtherwise`, with
 * nothing written. `at` in UTC seconds.
 */
export function postCorrection(
  ledger: Ledger,
  correction: Correction,
  takesBack: boolean,
  at: number,
): Promise<Posted> {
  return ledger.transaction().execute(async (transaction) => {
    const { wrong, right, period } = correction;
    const { number: programme } = wrong;
    const visits = await openVisits(transaction, correction);
    const already = correction.visits.length - visits.length;
    if (visits.length === 0) return { correction: null, visits: 0, already, settled: [], rows: 0 };
    const settled = settledBy(correction, visits, takesBack);
    await queueByArrival(transaction);
    const number = await nextAct(transaction);
    await transaction
      .insertInto("correction")
      .values({
        ...{ number, programme, wrong_version: wrong.version, right_version: right.version },
        right_hash: hashOf(right),
        first_day: period.from,
        last_day: period.to,
        takes_back: takesBack ? 1 : 0,
      })
      .execute();
    await insertAll(
      transaction,
      "corrected_visit",
      visits.map(({ visit }) => ({
        ...{ terminal: visit.terminal, number: visit.number },
        ...{ programme, correction: number },
      })),
    );
    await insertAll(
      transaction,
      "correction_amount",
      settled.map(({ card, purse, value, funder, fate }) => {
        const { keeps, index } = partsOf(purse);
        return { correction: number, card, keeps, purse: index, value, funder, fate };
      }),
    );
    const lines = linesOf(correction, visits, settled).list();
    const place = { day: period.to, terminal: 0, number };
    const rows = lines.map((line, i) => ({ ...place, line: i + 1, ...line }));
    await insertAll(transaction, "posting", rows);
    await appendAudit(transaction, { kind: "correction", at, content: [number, postingsHash(rows)] });
    return { correction: number, visits: visits.length, already, settled, rows: lines.length };
  });
}
