import type { Day } from "@cachet/card-layout";
import { type RawBuilder, sql } from "kysely";
import type { Ledger, LedgerTables } from "../schema.ts";

const NUMBERS = [
  "programme",
  "merchant",
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
] as const satisfies readonly (keyof LedgerTables["intent_area"])[];

/** What a visit did to one area of a card. */
export type Step = Pick<LedgerTables["intent_area"], "card" | "kind" | (typeof NUMBERS)[number]>;

/** Local days, both included. */
export interface Days {
  readonly from: Day;
  readonly to: Day;
}
/** Every day that an entry can have. */
export const EVER: Days = { from: Number.MIN_SAFE_INTEGER, to: 0xff_ff_ff };

/** What one card is known to have done, in the order of the terminals' clocks. */
export type Life = readonly Step[];

/**
 * All rows of a card in one text, `programme,merchant,...,kind;...`: a month of a town has a million numbers, and one object for each row
 * that comes from a database would cost more than all else.
 */
const packed: RawBuilder<string> = sql`string_agg(concat_ws(',', ${sql.join(NUMBERS.map((name) => sql.ref(name)))}, kind), ';')`;

const PLACES = Object.fromEntries(NUMBERS.map((name, place) => [name, place])) as Readonly<
  Record<(typeof NUMBERS)[number], number>
>;

function unpacked(card: number, text: string): Step {
  const parts = text.split(",");
  const at = (name: (typeof NUMBERS)[number]) => Number(parts[PLACES[name]]);
  return {
    card,
    kind: parts[NUMBERS.length]!,
    programme: at("programme"),
    merchant: at("merchant"),
    terminal: at("terminal"),
    number: at("number"),
    day: at("day"),
    utc: at("utc"),
    sequence: at("sequence"),
    sale_cents: at("sale_cents"),
    earned_cents: at("earned_cents"),
    paid_cents: at("paid_cents"),
    topped_up_cents: at("topped_up_cents"),
    moved_cents: at("moved_cents"),
    spent_cents: at("spent_cents"),
    rewards: at("rewards"),
    rewards_cents: at("rewards_cents"),
    discount_cents: at("discount_cents"),
  };
}

const inOrder = (a: Step, b: Step): number =>
  a.utc - b.utc || a.terminal - b.terminal || a.number - b.number || a.programme - b.programme;

const CARDS_AT_ONCE = 10_000;

/** Gives `take` all that each card is known to have done up to a local day, by the number of the card. Memory holds the rows of `cardsAtOnce`. */
export async function eachLife(
  ledger: Ledger,
  to: Day,
  take: (card: number, life: Life) => void,
  cardsAtOnce: number = CARDS_AT_ONCE,
): Promise<void> {
  for (let after = -1; ; ) {
    const page = await ledger
      .selectFrom("intent_area")
      .select(["card", packed.as("steps")])
      .where("outcome", "=", "committed")
      .where("day", "<=", to)
      .where("card", ">", after)
      .groupBy("card")
      .orderBy("card")
      .limit(cardsAtOnce)
      .execute();
    for (const { card, steps } of page) {
      const life = steps.split(";").map((text) => unpacked(card, text));
      take(card, life.sort(inOrder));
      after = card;
    }
    if (page.length < cardsAtOnce) return;
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
