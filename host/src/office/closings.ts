import { ascii, civilOf, concat, type Day, dayOfCivil, dayText, sameBytes } from "@cachet/card-layout";
import { encodeCbor } from "@cachet/firmware/wire";
import { sha256, sha256InPieces } from "../ports/crypto.ts";
import { appendAudit, queueByArrival } from "./audit.ts";
import type { Posting } from "./ledger.ts";
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
const TAG = ascii("cachet/closing/1");
const START = new Uint8Array(32);
const PAGE = 2_000;

export type ClosingKind = "day" | "month" | "year";

/** What went into and out of accounts of a kind, by unit: `"card cents": { in: 500, out: 200 }`. */
export type Totals = Readonly<Record<string, { readonly in: number; readonly out: number }>>;

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

/** Adds up what goes in and out, by account and unit. */
class Sums {
  private readonly sums = new Map<string, { in: number; out: number }>();

  add(name: string, amounts: { readonly in: number; readonly out: number }): void {
    const sum = this.sums.get(name) ?? { in: 0, out: 0 };
    this.sums.set(name, { in: sum.in + amounts.in, out: sum.out + amounts.out });
  }

  addAll(totals: Totals): void {
    for (const [name, amounts] of Object.entries(totals)) this.add(name, amounts);
  }

  /** By name, so that equal sums are equal texts. */
  totals(): Totals {
    return Object.fromEntries([...this.sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
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

/** A stretch of one terminal's entries: behind `after`, up to `to`. Terminal 0 is the office. */
interface Stretch {
  readonly terminal: number;
  readonly after: number;
  readonly to: number;
}

/** What each terminal brings into the closing of a day. */
async function stretches(ledger: LedgerTransaction, day: Day): Promise<Stretch[]> {
  const ends = await ledger
    .selectFrom("closing_end")
    .select(({ fn }) => ["terminal", fn.max("number").as("number")])
    .groupBy("terminal")
    .execute();
  const after = new Map(ends.map(({ terminal, number }) => [terminal, number]));
  const terminals = await ledger.selectFrom("terminal").select("number").orderBy("number").execute();
  const found: Stretch[] = [];
  for (const terminal of [0, ...terminals.map(({ number }) => number)]) {
    const from = after.get(terminal) ?? 0;
    const table = terminal === 0 ? "posting" : "entry";
    const end = await ledger
      .selectFrom(table)
      .select(({ fn }) => fn.max<number | null>("number").as("number"))
      .where("terminal", "=", terminal)
      .where("number", ">", from)
      .where("day", "<=", day)
      .executeTakeFirst();
    if (end?.number != null) found.push({ terminal, after: from, to: end.number });
  }
  return found;
}

/** The postings of a stretch, by number and line. */
async function* postingsOf(ledger: Ledger, { terminal, after, to }: Stretch): AsyncGenerator<readonly Posting[]> {
  for (let from = after; from < to; from += PAGE) {
    const until = Math.min(from + PAGE, to);
    yield terminal === 0
      ? await ledger
          .selectFrom("posting")
          .selectAll()
          .where("terminal", "=", 0)
          .where("number", ">", from)
          .where("number", "<=", until)
          .orderBy("number")
          .orderBy("line")
          .execute()
      : await ledger
          .selectFrom("entry")
          .innerJoin("posting", (join) =>
            join
              .onRef("posting.day", "=", "entry.day")
              .onRef("posting.terminal", "=", "entry.terminal")
              .onRef("posting.number", "=", "entry.number"),
          )
          .selectAll("posting")
          .where("entry.terminal", "=", terminal)
          .where("entry.number", ">", from)
          .where("entry.number", "<=", until)
          .orderBy("posting.number")
          .orderBy("posting.line")
          .execute();
  }
}

const bytesOf = ({
  terminal,
  number,
  line,
  day,
  account,
  holder,
  party,
  programme,
  unit,
  amount,
}: Posting): Uint8Array => encodeCbor([terminal, number, line, day, account, holder, party, programme, unit, amount]);

/** SHA-256 of some postings, each as a closing hashes it. */
export const postingsHash = (rows: readonly Posting[]): Uint8Array => sha256(concat(TAG, ...rows.map(bytesOf)));

/** What the postings of some stretches come to: their number, totals and hash. */
export async function summed(ledger: Ledger, day: Day, before: Closing | null, found: readonly Stretch[]) {
  const hasher = sha256InPieces();
  hasher.add(concat(TAG, encodeCbor(["day", day, before?.hash ?? START])));
  const totals = new Sums();
  let postings = 0;
  for (const stretch of found) {
    for await (const rows of postingsOf(ledger, stretch)) {
      for (const row of rows) {
        const { account, unit, amount } = row;
        hasher.add(bytesOf(row));
        totals.add(`${account} ${unit}`, amount > 0 ? { in: amount, out: 0 } : { in: 0, out: -amount });
        postings += 1;
      }
    }
  }
  return { postings, totals: totals.totals(), hash: hasher.digest() };
}

async function write(ledger: LedgerTransaction, closing: Closing, at: number): Promise<void> {
  const { kind, day, postings, hash } = closing;
  const [totals, perpetual] = [JSON.stringify(closing.totals), JSON.stringify(closing.perpetual)];
  await ledger.insertInto("closing").values({ kind, day, at, postings, totals, perpetual, hash }).execute();
  await appendAudit(ledger, { kind: "closing", at, content: [kind, day, hash] });
}

const together = (...all: readonly Totals[]): Totals => {
  const sums = new Sums();
  for (const totals of all) sums.addAll(totals);
  return sums.totals();
};

async function closeDay(ledger: LedgerTransaction, day: Day, at: number): Promise<Closing> {
  const before = await lastClosing(ledger, "day");
  const found = await stretches(ledger, day);
  const { postings, totals, hash } = await summed(ledger, day, before, found);
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

const PARTS = { month: "day", year: "month" } as const;

/** Closes a month or a year, whose last day is closed: over the closings of its days or months. */
async function closeOver(ledger: LedgerTransaction, kind: "month" | "year", day: Day, at: number): Promise<Closing> {
  const before = await lastClosing(ledger, kind);
  const parts = (await closings(ledger, PARTS[kind])).filter(
    (part) => part.day > (before?.day ?? Number.NEGATIVE_INFINITY),
  );
  const hashes = parts.map(({ hash }) => hash);
  const closing: Closing = {
    ...{ kind, day },
    postings: parts.reduce((sum, part) => sum + part.postings, 0),
    totals: together(...parts.map(({ totals }) => totals)),
    perpetual: parts.at(-1)!.perpetual,
    hash: sha256(concat(TAG, encodeCbor([kind, day, before?.hash ?? START, hashes]))),
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

/**
 * Closes every open day up to one, the months and years that end among them too; gives what was closed, in order. All of it or nothing.
 * `at` in UTC seconds.
 */
export function closeTo(ledger: Ledger, day: Day, at: number): Promise<Closing[]> {
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const closed: Closing[] = [];
    const first = await firstOpenDay(transaction);
    for (let open = first ?? day + 1; open <= day; open += 1) {
      closed.push(await closeDay(transaction, open, at));
      if (lastOfMonth(open)) closed.push(await closeOver(transaction, "month", open, at));
      if (lastOfYear(open)) closed.push(await closeOver(transaction, "year", open, at));
    }
    return closed;
  });
}

/** The first closing that is not what its postings come to, in words; null where all are. */
export async function closingFault(ledger: Ledger): Promise<string | null> {
  const ends = await ledger.selectFrom("closing_end").selectAll().orderBy("terminal").orderBy("day").execute();
  const after = new Map<number, number>();
  let before: Closing | null = null;
  for (const closing of await closings(ledger, "day")) {
    const found = ends
      .filter(({ day }) => day === closing.day)
      .map(({ terminal, number }): Stretch => ({ terminal, after: after.get(terminal) ?? 0, to: number }));
    for (const { terminal, to } of found) after.set(terminal, to);
    const is = await summed(ledger, closing.day, before, found);
    const perpetual = together(before?.perpetual ?? {}, is.totals);
    const says = JSON.stringify([closing.postings, closing.totals, closing.perpetual]);
    const isSame = says === JSON.stringify([is.postings, is.totals, perpetual]) && sameBytes(closing.hash, is.hash);
    if (!isSame) return `the closing of ${dayText(closing.day)} is not what its postings come to`;
    before = closing;
  }
  return null;
}
