import type { Days, Life, Step } from "./steps.ts";

/** Who issued a cent: a merchant, the office by a credit, or a visit that is not known here. */
export type Issuer = number | "office" | "unknown";

/** What cards were issued at one merchant and spent at one. Below zero where refunds put back more than was spent. */
export interface Cell {
  readonly issuer: Issuer;
  readonly merchant: number;
  readonly cents: number;
}

export interface IssuerRow {
  readonly issuer: Issuer;
  /** What it issued in these days, less what refunds took back. */
  readonly issuedCents: number;
  /** What was spent of all that it ever issued: the row of the matrix, and the part of it at other merchants. */
  readonly spentCents: number;
  readonly elsewhereCents: number;
  /** What left cards otherwise: expired, was paid out, went to another card. */
  readonly goneCents: number;
  /** What is still on cards at the end. */
  readonly leftCents: number;
}

export interface MerchantColumn {
  readonly merchant: number;
  /** What money on cards paid here: the column of the matrix, and the part of it that others issued. */
  readonly paidCents: number;
  readonly fromOthersCents: number;
}

/**
 * Money on cards by who issued it and where it was spent. Each card spends what was issued first first, whatever its purses; a refund
 * puts back what that merchant was paid last, and takes back what it issued last. So each column is what the merchant was paid, each row
 * what came back of what an issuer gave, and both have one sum.
 */
export interface Matrix {
  readonly cells: readonly Cell[];
  readonly rows: readonly IssuerRow[];
  readonly columns: readonly MerchantColumn[];
  readonly totalCents: number;
}

/** Cents of one issuer, of which some are left. */
interface Issued {
  readonly issuer: Issuer;
  cents: number;
}

/** The money of one card in one programme, in the order in which it was issued. */
class Bucket {
  private issued: Issued[] = [];
  /** What merchants were paid with, the last at the end. */
  private readonly paid = new Map<number, Issued[]>();

  put(issuer: Issuer, cents: number): void {
    if (cents > 0) this.issued.push({ issuer, cents });
  }

  /** Takes so many cents, the first ones first, and says whose they are. */
  take(cents: number): Issued[] {
    const taken: Issued[] = [];
    let left = cents;
    let gone = 0;
    for (const lot of this.issued) {
      if (left === 0) break;
      const part = Math.min(left, lot.cents);
      taken.push({ issuer: lot.issuer, cents: part });
      lot.cents -= part;
      left -= part;
      if (lot.cents === 0) gone += 1;
    }
    if (gone > 0) this.issued = this.issued.slice(gone);
    if (left > 0) taken.push({ issuer: "unknown", cents: left });
    return taken;
  }

  /** Takes back so many cents that an issuer gave, the last ones first; gives how many there were. */
  takeBack(issuer: Issuer, cents: number): number {
    let left = cents;
    for (let i = this.issued.length - 1; i >= 0 && left > 0; i -= 1) {
      const lot = this.issued[i]!;
      if (lot.issuer !== issuer) continue;
      const part = Math.min(left, lot.cents);
      lot.cents -= part;
      left -= part;
    }
    this.issued = this.issued.filter((lot) => lot.cents > 0);
    return cents - left;
  }

  pay(merchant: number, cents: number): Issued[] {
    const taken = this.take(cents);
    const paid = this.paid.get(merchant) ?? [];
    paid.push(...taken.map((lot) => ({ ...lot })));
    this.paid.set(merchant, paid);
    return taken;
  }

  /** Puts back what a merchant was paid last, to be spent first, and says whose it is. */
  putBack(merchant: number, cents: number): Issued[] {
    const paid = this.paid.get(merchant) ?? [];
    const back: Issued[] = [];
    let left = cents;
    while (left > 0) {
      const last = paid.at(-1) ?? { issuer: "unknown" as const, cents: left };
      const part = Math.min(left, last.cents);
      back.push({ issuer: last.issuer, cents: part });
      last.cents -= part;
      left -= part;
      if (last.cents === 0) paid.pop();
    }
    this.issued.unshift(...back.toReversed().map((lot) => ({ ...lot })));
    return back;
  }

  get left(): readonly Issued[] {
    return this.issued;
  }
}

/** Sums by name. */
class Sums<K> {
  readonly sums = new Map<K, number>();
  add(key: K, cents: number): void {
    if (cents !== 0) this.sums.set(key, (this.sums.get(key) ?? 0) + cents);
  }
  of(key: K): number {
    return this.sums.get(key) ?? 0;
  }
}

/** By number; the office and the unknown behind merchants. */
function byIssuer(a: Issuer, b: Issuer): number {
  const rank = (issuer: Issuer) => (typeof issuer === "number" ? issuer : issuer === "office" ? 1e9 : 2e9);
  return rank(a) - rank(b);
}

/** Visits at which a merchant gives or takes the cash; others take value to another card, or out. */
const ISSUING: readonly string[] = ["sale", "top-up", "refund", "paper"];

/** Adds up who issued what was spent where in some days, card by card. */
export class Exchange {
  private readonly days: Days;
  private readonly cells = new Map<Issuer, Sums<number>>();
  private readonly issued = new Sums<Issuer>();
  private readonly gone = new Sums<Issuer>();
  private readonly left = new Sums<Issuer>();

  constructor(days: Days) {
    this.days = days;
  }

  add(life: Life): void {
    const buckets = new Map<number, Bucket>();
    for (const step of life) {
      const bucket = buckets.get(step.programme) ?? new Bucket();
      buckets.set(step.programme, bucket);
      this.step(bucket, step);
    }
    for (const bucket of buckets.values()) {
      for (const { issuer, cents } of bucket.left) this.left.add(issuer, cents);
    }
  }

  private spent(lots: readonly Issued[], merchant: number, sign: 1 | -1): void {
    for (const { issuer, cents } of lots) {
      const row = this.cells.get(issuer) ?? new Sums<number>();
      row.add(merchant, sign * cents);
      this.cells.set(issuer, row);
    }
  }

  /** In the order of a visit: what is over leaves, credits come, what was saved pays, what is earned comes. */
  private step(
    bucket: Bucket,
    { merchant, kind, day, earned_cents, paid_cents, topped_up_cents, moved_cents }: Step,
  ): void {
    const counts = day >= this.days.from;
    const given = ISSUING.includes(kind) ? earned_cents + topped_up_cents : 0;
    const other = moved_cents - given + paid_cents;
    if (other < 0) {
      const lots = bucket.take(-other);
      if (counts) for (const { issuer, cents } of lots) this.gone.add(issuer, cents);
    } else {
      bucket.put("office", other);
      if (counts) this.issued.add("office", other);
    }
    const lots = paid_cents >= 0 ? bucket.pay(merchant, paid_cents) : bucket.putBack(merchant, -paid_cents);
    if (counts) this.spent(lots, merchant, paid_cents >= 0 ? 1 : -1);
    if (given >= 0) bucket.put(merchant, given);
    else this.takenBack(bucket, merchant, -given, counts);
    if (counts) this.issued.add(merchant, given);
  }

  /** What a refund takes back that was spent before is taken from the card's other money. */
  private takenBack(bucket: Bucket, merchant: number, cents: number, counts: boolean): void {
    const missing = cents - bucket.takeBack(merchant, cents);
    const lots = missing > 0 ? bucket.take(missing) : [];
    if (!counts) return;
    for (const { issuer, cents: part } of lots) this.gone.add(issuer, part);
    this.gone.add(merchant, -missing);
  }

  /** What it comes to, once every life is added. */
  matrix(): Matrix {
    const cells: Cell[] = [];
    const columns = new Map<number, { paidCents: number; fromOthersCents: number }>();
    const issuers = new Set([...this.cells.keys(), ...this.issued.sums.keys(), ...this.gone.sums.keys()]);
    for (const issuer of this.left.sums.keys()) issuers.add(issuer);
    const rows = [...issuers].sort(byIssuer).map((issuer): IssuerRow => {
      let [spentCents, elsewhereCents] = [0, 0];
      for (const [merchant, cents] of [...(this.cells.get(issuer)?.sums ?? [])].sort(([a], [b]) => a - b)) {
        cells.push({ issuer, merchant, cents });
        const isElsewhere = merchant !== issuer;
        spentCents += cents;
        elsewhereCents += isElsewhere ? cents : 0;
        const column = columns.get(merchant) ?? { paidCents: 0, fromOthersCents: 0 };
        column.paidCents += cents;
        column.fromOthersCents += isElsewhere ? cents : 0;
        columns.set(merchant, column);
      }
      const [issuedCents, goneCents] = [this.issued.of(issuer), this.gone.of(issuer)];
      return { issuer, issuedCents, spentCents, elsewhereCents, goneCents, leftCents: this.left.of(issuer) };
    });
    return {
      cells,
      rows,
      columns: [...columns].sort(([a], [b]) => a - b).map(([merchant, column]) => ({ merchant, ...column })),
      totalCents: rows.reduce((sum, { spentCents }) => sum + spentCents, 0),
    };
  }
}
