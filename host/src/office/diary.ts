import { type Day, dayOf } from "@cachet/card-layout";
import { sql } from "kysely";
import { findings } from "./detect/findings.ts";
import { entriesOf } from "./entries.ts";
import type { Ledger } from "./schema.ts";

/** What the books say of one local day. Money in cents. */
export interface LedgerDay {
  readonly day: Day;
  readonly visits: number;
  /** Put on cards and accounts: earned, topped up, credited. */
  readonly earnedCents: number;
  readonly spentCents: number;
  /** What cardholders could spend in the evening. */
  readonly liabilityCents: number;
  /** Areas of intents begun by this evening of which nobody had told by then what became of them. */
  readonly inDoubt: number;
  /** What `office alerts` shows by now that happened on this day. */
  readonly alerts: number;
}

type Numbers = ReadonlyMap<Day, number>;

async function byDay(ledger: Ledger, query: ReturnType<typeof sql<{ day: number; value: number }>>): Promise<Numbers> {
  const { rows } = await query.execute(ledger);
  return new Map(rows.map(({ day, value }) => [Number(day), Number(value)]));
}

const visitsByDay = (ledger: Ledger): Promise<Numbers> =>
  byDay(
    ledger,
    sql`select day, count(*) as value
          from (select distinct day, terminal, number from intent_area where kind <> 'null') as visit group by day`,
  );

/** Cents that came to what cardholders can spend, or left it. */
const movedByDay = (ledger: Ledger, comes: boolean): Promise<Numbers> =>
  byDay(
    ledger,
    sql`select day, sum(amount) as value from posting
         where account in ('card', 'account') and unit = 'cents'
           and ${comes ? sql`amount > 0` : sql`amount < 0`} group by day`,
  );

/** On which day each area of an intent was told of, by its terminal or by the office: `terminal/intent/programme`. */
async function toldOn(ledger: Ledger): Promise<ReadonlyMap<string, Day>> {
  const told = new Map<string, Day>();
  for await (const { terminal, entry } of entriesOf(ledger, "commit", "abort")) {
    const { intent, programme } = entry.body;
    told.set(`${terminal}/${intent}/${programme}`, dayOf(entry.utc, entry.offset));
  }
  for (const row of await ledger.selectFrom("decision").selectAll().where("outcome", "<>", "withdrawn").execute()) {
    const name = `${row.terminal}/${row.intent}/${row.programme}`;
    if (!told.has(name)) told.set(name, dayOf(row.at, 0));
  }
  return told;
}

/** By how much what is in doubt grows or shrinks on each day. */
async function doubtByDay(ledger: Ledger): Promise<Numbers> {
  const told = await toldOn(ledger);
  const change = new Map<Day, number>();
  const add = (day: Day, by: number) => change.set(day, (change.get(day) ?? 0) + by);
  const rows = await ledger.selectFrom("intent_area").select(["terminal", "number", "programme", "day"]).execute();
  for (const { terminal, number, programme, day } of rows) {
    const until = told.get(`${terminal}/${number}/${programme}`);
    if (until !== undefined && until <= day) continue;
    add(day, 1);
    if (until !== undefined) add(until, -1);
  }
  return change;
}

async function alertsByDay(ledger: Ledger, at: number): Promise<Numbers> {
  const all = new Map<Day, number>();
  for (const { utc } of await findings(ledger, at)) {
    if (utc === undefined) continue;
    const day = dayOf(utc, 0);
    all.set(day, (all.get(day) ?? 0) + 1);
  }
  return all;
}

/**
 * The days of a ledger, from one to another, both included. What a wrong clock put before them counts into the first, what it put behind
 * them into the last. `at`: now, in UTC seconds.
 */
export async function diaryOf(ledger: Ledger, first: Day, last: Day, at: number): Promise<readonly LedgerDay[]> {
  const within = (numbers: Numbers): Numbers => {
    const all = new Map<Day, number>();
    for (const [day, value] of numbers) {
      const on = Math.min(last, Math.max(first, day));
      all.set(on, (all.get(on) ?? 0) + value);
    }
    return all;
  };
  const visits = within(await visitsByDay(ledger));
  const [comes, leaves] = [within(await movedByDay(ledger, true)), within(await movedByDay(ledger, false))];
  const [doubt, alerts] = [within(await doubtByDay(ledger)), within(await alertsByDay(ledger, at))];
  const days: LedgerDay[] = [];
  let [liabilityCents, inDoubt] = [0, 0];
  for (let day = first; day <= last; day += 1) {
    const [earnedCents, spentCents] = [comes.get(day) ?? 0, -(leaves.get(day) ?? 0) || 0];
    liabilityCents += earnedCents - spentCents;
    inDoubt += doubt.get(day) ?? 0;
    const [all, found] = [visits.get(day) ?? 0, alerts.get(day) ?? 0];
    days.push({ day, visits: all, earnedCents, spentCents, liabilityCents, inDoubt, alerts: found });
  }
  return days;
}
