import { sameBytes } from "@cachet/card-layout";
import { type CreditedAmount, creditPurses, type Funder, type Programme } from "@cachet/firmware/rules";
import { ticketName } from "@cachet/firmware/wire";
import { sha256 } from "../../ports/crypto.ts";
import type { Database } from "../../ports/database.ts";
import { claimAccount, correctionsAccount, creditsAccount, issuerAccount } from "../ledger.ts";
import type { Correction } from "./correction.ts";
import { grouped } from "./difference.ts";
import type { ReplayedVisit } from "./replay.ts";
import { keeperOf, type PurseName, partsOf, unitOf } from "./value.ts";

/**
 * What becomes of a card's difference:
 *
 *   credit   too little was given: the next list of credits may carry it to the card
 *   owed     too little was given, of a kind that no credit carries: it stays open in the ledger
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
  const { keeps, index } = partsOf(name);
  if (keeps === "points" || keeps === "units") return false;
  const amount: CreditedAmount = { purse: keeps, index, value };
  return creditPurses(right, [], [amount]) !== null;
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
export function settledBy(
  { wrong, right }: Correction,
  visits: readonly ReplayedVisit[],
  takesBack: boolean,
): Settled[] {
  return grouped(visits, ({ visit }) => visit.intent.card).flatMap(([card, of]) =>
    [...differences(of)].flatMap(([purse, value]): Settled[] => {
      if (value === 0) return [];
      const { funder = "merchant" } = keeperOf(right, purse) ?? keeperOf(wrong, purse) ?? {};
      return [{ card, purse, value, funder, fate: fateOf(right, purse, value, takesBack) }];
    }),
  );
}

/** Amounts by account and unit; each account once. */
class Rows {
  private readonly amounts = new Map<string, number>();

  add(account: string, unit: string, amount: number): void {
    const key = `${account} ${unit}`;
    this.amounts.set(key, (this.amounts.get(key) ?? 0) + amount);
  }

  /** Account, unit and amount, by account; those that come to nothing are left out. */
  list(): readonly (readonly [string, string, number])[] {
    const rows = [...this.amounts].sort(([a], [b]) => (a < b ? -1 : 1));
    return rows.flatMap(([key, amount]) => {
      const [account, unit] = key.split(" ") as [string, string];
      return amount === 0 ? [] : [[account, unit, amount] as const];
    });
  }
}

function counterAccount({ card, fate, funder }: Settled, programme: number): string {
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

/** The lines of a correction: merchants are brought to what is right, and what that leaves lies with whom it belongs to. */
function rowsOf(programme: number, visits: readonly ReplayedVisit[], settled: readonly Settled[]): Rows {
  const rows = new Rows();
  for (const [merchant, of] of grouped(visits, ({ visit }) => visit.intent.merchant)) {
    for (const [purse, value] of differences(of)) {
      const unit = unitOf(purse);
      rows.add(issuerAccount(unit, merchant, programme), unit, -value);
    }
  }
  for (const one of settled) rows.add(counterAccount(one, programme), unitOf(one.purse), one.value);
  return rows;
}

/** The visits that no posting has brought right yet. Throws `CorrectedOtherwise` where one was brought to something else. */
function openVisits(database: Database, { wrong, right, visits }: Correction): readonly ReplayedVisit[] {
  const hash = hashOf(right);
  return visits.filter(({ visit: { terminal, number } }) => {
    const before = database.get(
      `select correction.number, right_version, right_hash from corrected_visit
       join correction on correction.number = corrected_visit.correction
       where terminal = ? and corrected_visit.number = ? and corrected_visit.programme = ?`,
      terminal,
      number,
      wrong.number,
    );
    if (before === null) return true;
    const [ticket, correction] = [ticketName(terminal, number), Number(before.number)];
    const version = Number(before.right_version);
    if (version !== right.version) throw new CorrectedOtherwise(correction, ticket, `to version ${version}`);
    if (!sameBytes(before.right_hash as Uint8Array, hash))
      throw new CorrectedOtherwise(correction, ticket, `to version ${version} with other rules`);
    return false;
  });
}

/**
 * Writes a correction into the ledger, each visit once for ever: what was corrected before is left out, and visits that came later are
 * added by posting the same correction again. Journal entries and their postings stay as they are. Throws `CorrectedOtherwise`, with
 * nothing written.
 */
export function postCorrection(database: Database, correction: Correction, takesBack: boolean): Posted {
  return database.transaction(() => {
    const { wrong, right, period } = correction;
    const visits = openVisits(database, correction);
    const already = correction.visits.length - visits.length;
    if (visits.length === 0) return { correction: null, visits: 0, already, settled: [], rows: 0 };
    const settled = settledBy(correction, visits, takesBack);
    const number =
      Number(database.get("select total(number) as n from (select max(number) as number from correction)")?.n) + 1;
    database.run(
      "insert into correction values (?, ?, ?, ?, ?, ?, ?, ?)",
      ...[number, wrong.number, wrong.version, right.version, hashOf(right), period.from, period.to, takesBack ? 1 : 0],
    );
    for (const { visit } of visits) {
      database.run(
        "insert into corrected_visit values (?, ?, ?, ?)",
        visit.terminal,
        visit.number,
        wrong.number,
        number,
      );
    }
    for (const { card, purse, value, funder, fate } of settled) {
      const { keeps, index } = partsOf(purse);
      database.run(
        "insert into correction_amount values (?, ?, ?, ?, ?, ?, ?)",
        number,
        card,
        keeps,
        index,
        value,
        funder,
        fate,
      );
    }
    const rows = rowsOf(wrong.number, visits, settled).list();
    for (const [i, [account, unit, amount]] of rows.entries()) {
      database.run("insert into posting values (0, ?, ?, ?, ?, ?)", number, i + 1, account, unit, amount);
    }
    return { correction: number, visits: visits.length, already, settled, rows: rows.length };
  });
}
