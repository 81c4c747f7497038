import { civilOf, concat, type Day, dayOf, dayOfCivil, dayText, sameBytes } from "@cachet/card-layout";
import { decodeEntry, encodeCbor } from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { appendAudit, queueByArrival } from "./audit.ts";
import { CLOSING_START, CLOSING_TAG, type Stretch, summed, type Totals, together } from "./closing-sums.ts";
import type { Ledger, LedgerTables, LedgerTransaction } from "./schema.ts";

/**
 * A closing takes in, of each terminal, the entries behind those of the closing before it, up to the last one of its local day that is
 * imported: each posting is in exactly one, and what arrives later is in the next. Its hash is
 *
 *   SHA-256("cachet/closing/1" and CBOR ["day", day, hash of the closing before it], then each posting as
 *           CBOR [terminal, number, line, day, account, holder, party, programme, unit, amount])
 *
 * by terminal, number and line. The closing of a month or a year hashes the closings in it, CBOR [kind, day, hash before, [hash, ...]].
 */
export type ClosingKind = "day" | "month" | "year";

export interface Closing {
  readonly kind: ClosingKind;
  /** The last day that it closes. */
  readonly day: Day;
  readonly postings: number;
  /** Of what it closes, and of all that was ever closed: those only grow. */
  readonly totals: Totals;
  readonly perpetual: Totals;
  readonly hash: Uint8Array;
}

const closingOf = (row: LedgerTables["closing"]): Closing => ({
  kind: row.kind as ClosingKind,
  day: row.day,
  postings: row.postings,
  totals: JSON.parse(row.totals) as Totals,
  perpetual: JSON.parse(row.perpetual) as Totals,
  hash: row.hash,
});

/** The closings of a kind, by day. */
export async function closings(ledger: Ledger, kind: ClosingKind): Promise<Closing[]> {
  const rows = await ledger.selectFrom("closing").selectAll().where("kind", "=", kind).orderBy("day").execute();
  return rows.map(closingOf);
}

async function lastClosing(ledger: Ledger, kind: ClosingKind): Promise<Closing | null> {
  const row = await ledger
    .selectFrom("closing")
    .selectAll()
    .where("kind", "=", kind)
    .orderBy("day", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : closingOf(row);
}

/** What one terminal, or the office, has behind its last closing. */
interface OpenEntries {
  readonly terminal: number;
  after: number;
  /** The last of its entries of each day. */
  readonly lastOf: readonly { readonly day: Day; readonly number: number }[];
}

async function openEntries(ledger: LedgerTransaction, terminal: number): Promise<OpenEntries> {
  const end = await ledger
    .selectFrom("closing_end")
    .select("number")
    .where("terminal", "=", terminal)
    .orderBy("day", "desc")
    .limit(1)
    .executeTakeFirst();
  const after = end?.number ?? 0;
  const lastOf = await ledger
    .selectFrom(terminal === 0 ? "posting" : "entry")
    .select(({ fn }) => ["day", fn.max("number").as("number")])
    .where("terminal", "=", terminal)
    .where("number", ">", after)
    .groupBy("day")
    .execute();
  return { terminal, after, lastOf };
}

/** What each terminal has that no closing took in yet; the office's own first. */
async function allOpen(ledger: LedgerTransaction): Promise<readonly OpenEntries[]> {
  const terminals = await ledger.selectFrom("terminal").select("number").orderBy("number").execute();
  const all: OpenEntries[] = [];
  for (const terminal of [0, ...terminals.map(({ number }) => number)]) all.push(await openEntries(ledger, terminal));
  return all;
}

/** What each terminal brings into the closing of a day, which is closed by it. */
function stretchesTo(all: readonly OpenEntries[], day: Day): Stretch[] {
  return all.flatMap((open) => {
    const { terminal, after, lastOf } = open;
    const to = lastOf.reduce((last, one) => (one.day <= day && one.number > last ? one.number : last), after);
    open.after = to;
    return to > after ? [{ terminal, after, to }] : [];
  });
}

async function write(ledger: LedgerTransaction, closing: Closing, at: number): Promise<void> {
  const { kind, day, postings, hash } = closing;
  const [totals, perpetual] = [JSON.stringify(closing.totals), JSON.stringify(closing.perpetual)];
  await ledger.insertInto("closing").values({ kind, day, at, postings, totals, perpetual, hash }).execute();
  await appendAudit(ledger, { kind: "closing", at, content: [kind, day, hash] });
}

async function closeDay(
  ledger: LedgerTransaction,
  all: readonly OpenEntries[],
  day: Day,
  at: number,
): Promise<Closing> {
  const before = await lastClosing(ledger, "day");
  const found = stretchesTo(all, day);
  const { postings, totals, hash } = await summed(ledger, day, before?.hash ?? CLOSING_START, found);
  const closing: Closing = {
    kind: "day",
    day,
    postings,
    totals,
    perpetual: together(before?.perpetual ?? {}, totals),
    hash,
  };
  for (const { terminal, to } of found) {
    await ledger.insertInto("closing_end").values({ day, terminal, number: to }).execute();
  }
  await write(ledger, closing, at);
  return closing;
}

/** What the closing of a month or a year is made of. */
export const PARTS_OF_CLOSINGS = { month: "day", year: "month" } as const;

/** What the closing of a month or a year hashes behind the tag: `before` and the closings in it by their hashes. */
export const bytesOver = (
  { kind, day }: Pick<Closing, "kind" | "day">,
  before: Uint8Array | null,
  hashes: readonly Uint8Array[],
): Uint8Array => encodeCbor([kind, day, before ?? CLOSING_START, hashes]);

/** Closes a month or a year, whose last day is closed: over the closings of its days or months. */
async function closeOver(ledger: LedgerTransaction, kind: "month" | "year", day: Day, at: number): Promise<Closing> {
  const before = await lastClosing(ledger, kind);
  const parts = (await closings(ledger, PARTS_OF_CLOSINGS[kind])).filter(
    (part) => part.day > (before?.day ?? Number.NEGATIVE_INFINITY),
  );
  const hashes = parts.map(({ hash }) => hash);
  const closing: Closing = {
    ...{ kind, day },
    postings: parts.reduce((sum, part) => sum + part.postings, 0),
    totals: together(...parts.map(({ totals }) => totals)),
    perpetual: parts.at(-1)!.perpetual,
    hash: sha256(concat(CLOSING_TAG, bytesOver({ kind, day }, before?.hash ?? null, hashes))),
  };
  await write(ledger, closing, at);
  return closing;
}

const lastOfMonth = (day: Day): boolean => civilOf(day + 1).dayOfMonth === 1;
const lastOfYear = (day: Day): boolean => lastOfMonth(day) && civilOf(day + 1).month === 1;

/** The first local day that no closing has; null where nothing is imported. Days of a clock that was never set count with the first real one. */
export async function firstOpenDay(ledger: Ledger): Promise<Day | null> {
  const last = await lastClosing(ledger, "day");
  if (last !== null) return last.day + 1;
  const row = await ledger
    .selectFrom("entry")
    .select(({ fn }) => fn.min<number | null>("day").as("day"))
    .where("day", ">=", FIRST_DAY)
    .executeTakeFirst();
  return row?.day ?? null;
}
const FIRST_DAY = dayOfCivil(2020, 1, 1);

/** The minutes by which local time is ahead of UTC wherever terminals stand, at least: the smallest offset among the last entries of the terminals. 0 where there is none. */
async function leastOffset(ledger: Ledger): Promise<number> {
  const rows = await ledger
    .selectFrom("terminal")
    .innerJoin("entry", (join) =>
      join.onRef("entry.terminal", "=", "terminal.number").onRef("entry.number", "=", "terminal.imported_to"),
    )
    .select("entry.stored")
    .execute();
  return rows.length === 0 ? 0 : Math.min(...rows.map(({ stored }) => decodeEntry(stored).offset));
}

/** The last local day that is over at every terminal. `at` in UTC seconds. */
export const lastDayOver = async (ledger: Ledger, at: number): Promise<Day> => dayOf(at, await leastOffset(ledger)) - 1;

/**
 * Closes every open day up to one, the months and years that end among them too; gives what was closed, in order. All of it or nothing.
 * `at` in UTC seconds.
 */
export function closeTo(ledger: Ledger, day: Day, at: number): Promise<Closing[]> {
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const closed: Closing[] = [];
    const [first, all] = [await firstOpenDay(transaction), await allOpen(transaction)];
    for (let open = first ?? day + 1; open <= day; open += 1) {
      closed.push(await closeDay(transaction, all, open, at));
      if (lastOfMonth(open)) closed.push(await closeOver(transaction, "month", open, at));
      if (lastOfYear(open)) closed.push(await closeOver(transaction, "year", open, at));
    }
    return closed;
  });
}

/** A closing of a day that is stored, the one before it, and what it took in of each terminal. */
export interface ClosedDay {
  readonly closing: Closing;
  readonly before: Closing | null;
  readonly stretches: readonly Stretch[];
}

/** The closings of days, in order. */
export async function closedDays(ledger: Ledger): Promise<ClosedDay[]> {
  const ends = await ledger.selectFrom("closing_end").selectAll().orderBy("terminal").execute();
  const endsOf = new Map<Day, typeof ends>();
  for (const end of ends) endsOf.set(end.day, [...(endsOf.get(end.day) ?? []), end]);
  const after = new Map<number, number>();
  let before: Closing | null = null;
  const days: ClosedDay[] = [];
  for (const closing of await closings(ledger, "day")) {
    const stretches = (endsOf.get(closing.day) ?? []).map(
      ({ terminal, number }): Stretch => ({ terminal, after: after.get(terminal) ?? 0, to: number }),
    );
    for (const { terminal, to } of stretches) after.set(terminal, to);
    days.push({ closing, before, stretches });
    before = closing;
  }
  return days;
}

/** Whether a closing is what its postings come to. `keep` is given what is hashed behind the tag, piece after piece. */
export async function isClosed(
  ledger: Ledger,
  { closing, before, stretches }: ClosedDay,
  keep?: (bytes: Uint8Array) => void,
): Promise<boolean> {
  const is = await summed(ledger, closing.day, before?.hash ?? CLOSING_START, stretches, keep);
  const perpetual = together(before?.perpetual ?? {}, is.totals);
  const says = JSON.stringify([closing.postings, closing.totals, closing.perpetual]);
  return says === JSON.stringify([is.postings, is.totals, perpetual]) && sameBytes(closing.hash, is.hash);
}

/** The first closing that is not what its postings come to, in words; null where all are. */
export async function closingFault(ledger: Ledger): Promise<string | null> {
  for (const day of await closedDays(ledger)) {
    if (!(await isClosed(ledger, day)))
      return `the closing of ${dayText(day.closing.day)} is not what its postings come to`;
  }
  return null;
}
