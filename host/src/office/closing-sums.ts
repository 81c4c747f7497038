import { ascii, concat, type Day } from "@cachet/card-layout";
import { encodeCbor } from "@cachet/firmware/wire";
import { sha256, sha256InPieces } from "../ports/crypto.ts";
import type { Posting } from "./ledger.ts";
import type { Ledger } from "./schema.ts";

/** Stands before what a closing hashes. */
export const CLOSING_TAG = ascii("cachet/closing/1");
/** What the first closing of a kind follows from. */
export const CLOSING_START = new Uint8Array(32);
const PAGE = 2_000;

/** What went into and out of accounts of a kind, by unit: `"card cents": { in: 500, out: 200 }`. */
export type Totals = Readonly<Record<string, { readonly in: number; readonly out: number }>>;

/** Adds up what goes in and out, by account and unit. */
export class Sums {
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

/** What several totals come to. */
export const together = (...all: readonly Totals[]): Totals => {
  const sums = new Sums();
  for (const totals of all) sums.addAll(totals);
  return sums.totals();
};

/** A stretch of one terminal's entries: behind `after`, up to `to`. Terminal 0 is the office. */
export interface Stretch {
  readonly terminal: number;
  readonly after: number;
  readonly to: number;
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
export const postingsHash = (rows: readonly Posting[]): Uint8Array => sha256(concat(CLOSING_TAG, ...rows.map(bytesOf)));

/** What the postings of some stretches come to: their number, totals and hash. `keep` is given what is hashed behind the tag. */
export async function summed(
  ledger: Ledger,
  day: Day,
  before: Uint8Array,
  found: readonly Stretch[],
  keep: (bytes: Uint8Array) => void = () => {},
) {
  const hasher = sha256InPieces();
  hasher.add(CLOSING_TAG);
  const add = (bytes: Uint8Array) => {
    hasher.add(bytes);
    keep(bytes);
  };
  add(encodeCbor(["day", day, before]));
  const totals = new Sums();
  let postings = 0;
  for (const stretch of found) {
    for await (const rows of postingsOf(ledger, stretch)) {
      for (const row of rows) {
        const { account, unit, amount } = row;
        add(bytesOf(row));
        totals.add(`${account} ${unit}`, amount > 0 ? { in: amount, out: 0 } : { in: 0, out: -amount });
        postings += 1;
      }
    }
  }
  return { postings, totals: totals.totals(), hash: hasher.digest() };
}
