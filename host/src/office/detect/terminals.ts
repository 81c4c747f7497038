import { dayText } from "@cachet/card-layout";
import { terminalName, ticketName } from "@cachet/firmware/wire";
import { sql } from "kysely";
import { missedFiles } from "../files-aside.ts";
import type { Ledger, LedgerTables } from "../schema.ts";
import { silentTerminals } from "../silence.ts";
import { listTerminals } from "../terminals.ts";
import type { Finding, Limits } from "./finding.ts";

const HOUR = 3_600;

/** Hours in which a terminal took more cash for cards than it should. */
async function manyTopUps(ledger: Ledger, { topUpCents }: Limits): Promise<readonly Finding[]> {
  const hour = sql<number>`utc - utc % ${sql.lit(HOUR)}`;
  const rows = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => [
      ...(["terminal", "merchant"] as const),
      hour.as("hour"),
      fn.sum<number>("topped_up_cents").as("cents"),
      fn.countAll<number>().as("visits"),
      fn.min("number").as("number"),
    ])
    .where(sql<boolean>`kind = 'top-up'`)
    .where("outcome", "=", "committed")
    .groupBy(["terminal", "merchant", hour])
    .having(({ fn }) => fn.sum<number>("topped_up_cents"), ">", topUpCents)
    .orderBy("terminal")
    .orderBy("hour")
    .execute();
  return rows.map(({ terminal, merchant, hour: utc, cents, visits, number }) => ({
    ...{ kind: "top-ups", terminal, merchant, number, utc, cents },
    what: `${visits} top-ups from ${ticketName(terminal, number)} on, in one hour: compare them with the drawer`,
  }));
}

/** Visits between two entries of a terminal. */
async function visitsBetween(ledger: Ledger, terminal: number, first: number, last: number): Promise<number> {
  const row = await ledger
    .selectFrom("intent_area")
    .select(({ fn }) => fn.count<number>("number").distinct().as("n"))
    .where("terminal", "=", terminal)
    .where("number", ">=", first)
    .where("number", "<=", last)
    .executeTakeFirst();
  return row?.n ?? 0;
}

/** Stretches of entries under a suspect clock, between the two times that can be trusted; and clocks that jumped. */
async function clockFindings(ledger: Ledger): Promise<readonly Finding[]> {
  const rows = await ledger.selectFrom("clock").selectAll().orderBy("terminal").orderBy("number").execute();
  const ends = new Map((await listTerminals(ledger)).map((row) => [row.number, row]));
  const found: Finding[] = [];
  let open: LedgerTables["clock"] | undefined;
  const suspect = async (from: LedgerTables["clock"], to: LedgerTables["clock"] | undefined) => {
    const { terminal, number } = from;
    const end = ends.get(terminal)!;
    const last = to === undefined ? end.imported_to : to.number - 1;
    const visits = await visitsBetween(ledger, terminal, number, last);
    const until = to === undefined ? "and it was not set since" : "until it was set";
    found.push({
      ...{ kind: "clock", terminal, number, merchant: end.merchant, utc: from.after },
      between: [from.before, to?.after ?? null],
      what: `entries ${number} to ${last} (${visits} visits) are of a clock that had been reset, ${until}`,
    });
  };
  for (const row of rows) {
    const { terminal, number, what, before, after } = row;
    if (open !== undefined && (open.terminal !== terminal || what === "set")) {
      await suspect(open, open.terminal === terminal ? row : undefined);
      open = undefined;
      if (what === "set") continue;
    }
    if (what === "suspect") open = row;
    else if (what === "set" || what === "back") {
      const { merchant } = ends.get(terminal)!;
      const did = what === "set" ? "was set" : "fell back";
      found.push({
        ...{ kind: "clock", terminal, number, merchant, utc: after, between: [before, after] },
        what: `at entry ${number} its clock ${did} by ${Math.abs(after - before)} seconds`,
      });
    }
  }
  if (open !== undefined) await suspect(open, undefined);
  return found;
}

/** Entries of days that were closed without them. They are in the next closing. */
async function lateEntries(ledger: Ledger): Promise<readonly Finding[]> {
  const closed = await ledger
    .selectFrom("closing")
    .select(({ fn }) => fn.max<number | null>("day").as("day"))
    .where("kind", "=", "day")
    .executeTakeFirst();
  const day = closed?.day ?? null;
  if (day === null) return [];
  const taken = await ledger
    .selectFrom("closing_end")
    .select(({ fn }) => ["terminal", fn.max("number").as("number")])
    .groupBy("terminal")
    .execute();
  const ends = new Map(taken.map(({ terminal, number }) => [terminal, number]));
  const found: Finding[] = [];
  for (const { number: terminal, merchant } of await listTerminals(ledger)) {
    const after = ends.get(terminal) ?? 0;
    const late = await ledger
      .selectFrom("entry")
      .select(({ fn }) => [
        fn.countAll<number>().as("n"),
        fn.min<number | null>("number").as("first"),
        fn.min<number | null>("utc").as("from"),
        fn.max<number | null>("utc").as("to"),
      ])
      .where("terminal", "=", terminal)
      .where("number", ">", after)
      .where("day", "<=", day)
      .executeTakeFirst();
    if (late?.first == null) continue;
    found.push({
      ...{ kind: "late", terminal, number: late.first, merchant, utc: late.from!, between: [late.from, late.to] },
      what: `${late.n} entries of days up to ${dayText(day)} came after the books of these days were closed`,
    });
  }
  return found;
}

/** Terminals of which nothing came for too long. */
async function silent(ledger: Ledger, at: number, { silentDays }: Limits): Promise<readonly Finding[]> {
  return (await silentTerminals(ledger, at, silentDays)).map(({ terminal, merchant, since, isNew, days }) => ({
    ...{ kind: "silent", terminal, merchant, utc: since },
    what: isNew ? `never sent anything, ${days} days after it was made known` : `nothing came since, for ${days} days`,
  }));
}

/** Visits that are in the books behind the last entry that counts of a terminal. */
async function afterTheEnd(ledger: Ledger): Promise<readonly Finding[]> {
  const rows = await ledger
    .selectFrom("terminal")
    .innerJoin("intent_area", "intent_area.terminal", "terminal.number")
    .select([
      "intent_area.terminal",
      "intent_area.number",
      "card",
      "programme",
      "intent_area.merchant",
      "utc",
      "moved_cents",
    ])
    .select("terminal.state")
    .where("terminal.ends", "is not", null)
    .whereRef("intent_area.number", ">", "terminal.ends")
    .where("outcome", "=", "committed")
    .orderBy("intent_area.terminal")
    .orderBy("intent_area.number")
    .orderBy("programme")
    .execute();
  return rows.map(({ state, moved_cents, ...visit }) => ({
    ...{ ...visit, kind: "ended", cents: Math.abs(moved_cents), bars: state === "revoked" },
    what: `${ticketName(visit.terminal, visit.number)} is in the books, and behind the last entry of ${terminalName(visit.terminal)} that counts`,
  }));
}

/** Files that were set aside and are still missed, or wait for what is missing before them. */
async function files(ledger: Ledger): Promise<readonly Finding[]> {
  const waiting = await ledger
    .selectFrom("batch")
    .select(["terminal", "name", "detail", "first"])
    .where("status", "=", "waiting")
    .orderBy("arrival")
    .execute();
  const finding =
    (kind: "quarantined" | "waiting") =>
    ({ terminal, name, detail, first }: (typeof waiting)[number]): Finding => ({
      kind,
      ...(terminal === 0 ? {} : { terminal }),
      ...(first === null ? {} : { number: first }),
      what: `${name}: ${detail}`,
    });
  return [...(await missedFiles(ledger)).map(finding("quarantined")), ...waiting.map(finding("waiting"))];
}

/** What is to be seen of terminals and of their files. */
export async function terminalFindings(ledger: Ledger, at: number, limits: Limits): Promise<readonly Finding[]> {
  return [
    ...(await afterTheEnd(ledger)),
    ...(await manyTopUps(ledger, limits)),
    ...(await clockFindings(ledger)),
    ...(await lateEntries(ledger)),
    ...(await silent(ledger, at, limits)),
    ...(await files(ledger)),
  ];
}
