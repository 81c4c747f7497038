import { type Day, dayOf } from "@cachet/card-layout";
import { offsetAt, type Programme } from "@cachet/firmware/rules";
import { ticketName } from "@cachet/firmware/wire";
import { missedFiles } from "../files-aside.ts";
import type { Ledger } from "../schema.ts";
import { areasIn, type Period, programmesIn } from "./story.ts";

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

async function silentTerminals(
  ledger: Ledger,
  { zone, merchants }: Programme,
  { to }: Period,
): Promise<Cautions["silent"]> {
  const terminals = await ledger
    .selectFrom("terminal")
    .select(({ selectFrom }) => [
      "number",
      "merchant",
      selectFrom("entry")
        .select(({ fn }) => fn.max("utc").as("utc"))
        .whereRef("entry.terminal", "=", "terminal.number")
        .as("last"),
    ])
    .orderBy("number")
    .execute();
  return terminals.flatMap(({ number: terminal, merchant, last }) => {
    if (merchants[merchant] === undefined) return [];
    const lastDay = last === null ? null : dayOf(last, offsetAt(zone, last));
    return lastDay !== null && lastDay >= to ? [] : [{ terminal, lastDay }];
  });
}

async function unmovedSales(
  ledger: Ledger,
  { number, merchants }: Programme,
  period: Period,
): Promise<readonly string[]> {
  const others = (await programmesIn(ledger)).filter((programme) => programme !== number);
  const own = await ledger
    .selectFrom("intent_area")
    .select(["card", "terminal", "number"])
    .where("programme", "=", number)
    .execute();
  const [cards, tickets] = [new Set(own.map(({ card }) => card)), new Set(own.map(nameOf))];
  const unmoved = new Set<string>();
  for (const programme of others) {
    for (const row of await areasIn(ledger, programme, period, "committed")) {
      const isOurs = merchants[row.merchant] !== undefined && cards.has(row.card);
      if (row.kind === "sale" && isOurs && !tickets.has(nameOf(row))) unmoved.add(nameOf(row));
    }
  }
  return [...unmoved];
}

const nameOf = ({ terminal, number }: { readonly terminal: number; readonly number: number }) =>
  ticketName(terminal, number);

export async function cautionsFor(ledger: Ledger, programme: Programme, period: Period): Promise<Cautions> {
  const waiting = await ledger
    .selectFrom("batch")
    .innerJoin("terminal", "terminal.number", "batch.terminal")
    .select(["batch.name", "batch.terminal", "batch.first", "terminal.imported_to"])
    .where("batch.status", "=", "waiting")
    .orderBy("batch.terminal")
    .orderBy("batch.first")
    .execute();
  return {
    inDoubt: (await areasIn(ledger, programme.number, period, "open")).map(nameOf),
    waiting: waiting.map(({ name, terminal, first, imported_to }) => ({
      ...{ name, terminal },
      gap: [imported_to + 1, first! - 1],
    })),
    quarantined: (await missedFiles(ledger)).map(({ name, detail }) => ({ name, detail })),
    silent: await silentTerminals(ledger, programme, period),
    unmoved: await unmovedSales(ledger, programme, period),
  };
}
