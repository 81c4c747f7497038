import type { Day } from "@cachet/card-layout";
import type { Ledger, LedgerTables } from "../schema.ts";

const COLUMNS = [
  "card",
  "programme",
  "merchant",
  "kind",
  "terminal",
  "number",
  "day",
  "utc",
  "sequence",
  "sale_cents",
  "earned_cents",
  "paid_cents",
  "topped_up_cents",
  "moved_cents",
  "spent_cents",
  "rewards",
  "rewards_cents",
  "discount_cents",
] as const;

/** What a visit did to one area of a card. */
export type Step = Pick<LedgerTables["intent_area"], (typeof COLUMNS)[number]>;

/** Local days, both included. */
export interface Days {
  readonly from: Day;
  readonly to: Day;
}
/** Every day that an entry can have. */
export const EVER: Days = { from: Number.MIN_SAFE_INTEGER, to: 0xff_ff_ff };

/** What one card is known to have done, in the order of the terminals' clocks. */
export type Life = readonly Step[];

const NUMBERS = COLUMNS.filter((name): name is Exclude<(typeof COLUMNS)[number], "kind"> => name !== "kind");

/** A list of numbers that grows: a month of a town has a million of them, and one object for each row would cost more than all else. */
class Numbers {
  private values = new Float64Array(1_024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.values[index]!;
  }
}

/** Rows of all cards, by column. */
class Rows {
  private readonly columns = Object.fromEntries(NUMBERS.map((name) => [name, new Numbers()])) as Readonly<
    Record<(typeof NUMBERS)[number], Numbers>
  >;
  private readonly kinds: string[] = [];
  private readonly kindOf = new Numbers();
  /** Where the rows of each card are. */
  readonly byCard = new Map<number, number[]>();

  add(row: Step): void {
    const at = this.kindOf.length;
    for (const name of NUMBERS) this.columns[name].push(row[name]);
    if (!this.kinds.includes(row.kind)) this.kinds.push(row.kind);
    this.kindOf.push(this.kinds.indexOf(row.kind));
    const rows = this.byCard.get(row.card);
    if (rows === undefined) this.byCard.set(row.card, [at]);
    else rows.push(at);
  }

  step(at: number): Step {
    const { columns } = this;
    return {
      card: columns.card.at(at),
      programme: columns.programme.at(at),
      merchant: columns.merchant.at(at),
      kind: this.kinds[this.kindOf.at(at)]!,
      terminal: columns.terminal.at(at),
      number: columns.number.at(at),
      day: columns.day.at(at),
      utc: columns.utc.at(at),
      sequence: columns.sequence.at(at),
      sale_cents: columns.sale_cents.at(at),
      earned_cents: columns.earned_cents.at(at),
      paid_cents: columns.paid_cents.at(at),
      topped_up_cents: columns.topped_up_cents.at(at),
      moved_cents: columns.moved_cents.at(at),
      spent_cents: columns.spent_cents.at(at),
      rewards: columns.rewards.at(at),
      rewards_cents: columns.rewards_cents.at(at),
      discount_cents: columns.discount_cents.at(at),
    };
  }
}

const inOrder = (a: Step, b: Step): number =>
  a.utc - b.utc || a.terminal - b.terminal || a.number - b.number || a.programme - b.programme;

/** Gives `take` all that each card is known to have done up to a local day, card by card. */
export async function eachLife(ledger: Ledger, to: Day, take: (card: number, life: Life) => void): Promise<void> {
  const rows = new Rows();
  for (const { number } of await ledger.selectFrom("terminal").select("number").orderBy("number").execute()) {
    const page: Step[] = await ledger
      .selectFrom("intent_area")
      .select(COLUMNS)
      .where("terminal", "=", number)
      .where("outcome", "=", "committed")
      .where("day", "<=", to)
      .execute();
    for (const row of page) rows.add(row);
  }
  for (const [card, at] of rows.byCard) {
    take(card, at.map((index) => rows.step(index)).sort(inOrder));
  }
}

/** Before it a clock was never set: such a visit counts as first only where the card has no other. */
const CLOCK_IS_SET = Date.UTC(2020, 0, 1) / 1_000;

/** The first use of a card, whatever it did: it belongs to the merchant of it. */
export const firstUse = (life: Life): Step => life.find(({ utc }) => utc >= CLOCK_IS_SET) ?? life[0]!;

/** The last step in each programme: the one that wrote the highest sequence. */
export function lastSteps(life: Life): Iterable<Step> {
  const last = new Map<number, Step>();
  for (const step of life) {
    const known = last.get(step.programme);
    if (known === undefined || step.sequence > known.sequence) last.set(step.programme, step);
  }
  return last.values();
}

/** The steps of each visit together: a visit has one for each programme. */
export function* visitsOf(life: Life): Generator<readonly [Step, ...Step[]]> {
  let visit: [Step, ...Step[]] | null = null;
  for (const step of life) {
    if (visit !== null && visit[0].terminal === step.terminal && visit[0].number === step.number) visit.push(step);
    else {
      if (visit !== null) yield visit;
      visit = [step];
    }
  }
  if (visit !== null) yield visit;
}
