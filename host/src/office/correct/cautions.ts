import { type Day, dayOf } from "@cachet/card-layout";
import { offsetAt, type Programme } from "@cachet/firmware/rules";
import { ticketName } from "@cachet/firmware/wire";
import type { Database } from "../../ports/database.ts";
import { areasIn, type Period } from "./story.ts";

/** What is not in the books, or not yet: a correction may come out differently once it is. */
export interface Cautions {
  /** Tickets of the period whose outcome is not known. */
  readonly inDoubt: readonly string[];
  /** Batches that wait for a gap to be filled. */
  readonly waiting: readonly {
    readonly name: string;
    readonly terminal: number;
    readonly gap: readonly [number, number];
  }[];
  /** Batches that were set aside, whatever they hold. */
  readonly quarantined: readonly { readonly name: string; readonly detail: string }[];
  /** Terminals of the programme's merchants whose imported entries end before the period does; null where there are none. */
  readonly silent: readonly { readonly terminal: number; readonly lastDay: Day | null }[];
  /** Sales of the programme's members that moved something in another programme and nothing in this one. They are not replayed. */
  readonly unmoved: readonly string[];
}

function silentTerminals(database: Database, { zone, merchants }: Programme, { to }: Period): Cautions["silent"] {
  const terminals = database.all(
    "select number, merchant, (select max(utc) from entry where terminal = terminal.number) as last from terminal order by number",
  );
  return terminals.flatMap(({ number, merchant, last }) => {
    if (merchants[Number(merchant)] === undefined) return [];
    const lastDay = last === null ? null : dayOf(Number(last), offsetAt(zone, Number(last)));
    return lastDay !== null && lastDay >= to ? [] : [{ terminal: Number(number), lastDay }];
  });
}

function unmovedSales(database: Database, { number, merchants }: Programme, period: Period): readonly string[] {
  const rows = database.all("select distinct programme from intent_area where programme <> ?", number);
  const tickets = rows.flatMap(({ programme }) =>
    areasIn(
      database,
      Number(programme),
      period,
      `kind = 'sale' and outcome = 'committed'
       and exists (select 1 from intent_area as own where own.programme = ${number} and own.card = intent_area.card)
       and not exists (select 1 from intent_area as own where own.programme = ${number}
         and own.terminal = intent_area.terminal and own.number = intent_area.number)`,
    ),
  );
  const own = tickets.filter(({ merchant }) => merchants[Number(merchant)] !== undefined);
  return [...new Set(own.map((row) => ticketName(Number(row.terminal), Number(row.number))))];
}

export function cautionsFor(database: Database, programme: Programme, period: Period): Cautions {
  const waiting = database.all(
    `select name, terminal, first, imported_to from batch join terminal on terminal.number = batch.terminal
     where status = 'waiting' order by terminal, first`,
  );
  const quarantined = database.all("select name, detail from batch where status = 'quarantined' order by arrival");
  return {
    inDoubt: areasIn(database, programme.number, period, "outcome = 'open'").map((row) =>
      ticketName(Number(row.terminal), Number(row.number)),
    ),
    waiting: waiting.map((row) => ({
      name: String(row.name),
      terminal: Number(row.terminal),
      gap: [Number(row.imported_to) + 1, Number(row.first) - 1],
    })),
    quarantined: quarantined.map(({ name, detail }) => ({ name: String(name), detail: String(detail) })),
    silent: silentTerminals(database, programme, period),
    unmoved: unmovedSales(database, programme, period),
  };
}
