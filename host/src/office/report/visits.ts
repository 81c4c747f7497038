import { CARD_EPOCH_SECONDS, type Day } from "@cachet/card-layout";
import { sql } from "kysely";
import type { Ledger } from "../schema.ts";

/** Local days, both included. */
export interface Days {
  readonly from: Day;
  readonly to: Day;
}

/** What a merchant, or the whole town, did with cards in some days. Amounts in cents. */
export interface Trade {
  /** Sales with a card. */
  readonly visits: number;
  /** Cards that bought. */
  readonly members: number;
  /** Of these, those that bought more than once. */
  readonly returning: number;
  /** Cards that were used for the first time of all here, and in these days. */
  readonly newMembers: number;
  /** Cards that bought here and were first used at another merchant, and what they bought for. */
  readonly guests: number;
  readonly guestsCents: number;
  /** What the sales came to, tips left out, before anything was taken off. */
  readonly soldCents: number;
  /** What refunds paid out. */
  readonly refundedCents: number;
  readonly earnedCents: number;
  /** What cards took off tickets, points too; `paidCents` of it was money on the card. Less what refunds put back. */
  readonly spentCents: number;
  readonly paidCents: number;
  /** Cash that was taken for what is on cards, and money given on top of it. */
  readonly toppedUpCents: number;
  readonly bonusCents: number;
  /** Sales at which something was spent or a reward was given. */
  readonly redemptions: number;
  readonly rewards: number;
  readonly rewardCents: number;
  readonly discountCents: number;
}

export interface MerchantTrade extends Trade {
  readonly merchant: number;
}

type Sums = Omit<Trade, "visits" | "members" | "returning" | "newMembers" | "guests" | "guestsCents">;
const NO_SUMS: Sums = {
  soldCents: 0,
  refundedCents: 0,
  earnedCents: 0,
  spentCents: 0,
  paidCents: 0,
  toppedUpCents: 0,
  bonusCents: 0,
  redemptions: 0,
  rewards: 0,
  rewardCents: 0,
  discountCents: 0,
};
export const NO_TRADE: Trade = {
  ...{ visits: 0, members: 0, returning: 0, newMembers: 0, guests: 0, guestsCents: 0 },
  ...NO_SUMS,
};
const SUM_NAMES = Object.keys(NO_SUMS) as (keyof Sums)[];

/** What the committed areas of each visit come to: a visit has one for each programme, and sells once. */
const visitsOf = ({ from, to }: Days) => sql`
  select terminal, number, max(merchant) as merchant, max(card) as card, max(kind) as kind, max(sale_cents) as sold,
    sum(earned_cents) as earned, sum(spent_cents) as spent, sum(paid_cents) as paid, sum(topped_up_cents) as topped_up,
    sum(rewards) as rewards, sum(rewards_cents) as reward_cents, sum(discount_cents) as discount
  from intent_area where outcome = 'committed' and kind <> 'null' and day between ${from} and ${to}
  group by terminal, number`;

async function sums(ledger: Ledger, days: Days): Promise<readonly (Sums & { readonly merchant: number })[]> {
  const { rows } = await sql<Sums & { merchant: number }>`
    select merchant,
      sum(case when kind = 'sale' then sold else 0 end) as "soldCents",
      sum(case when kind = 'refund' then -sold else 0 end) as "refundedCents",
      sum(earned) as "earnedCents", sum(spent) as "spentCents", sum(paid) as "paidCents",
      sum(topped_up) as "toppedUpCents", sum(case when kind = 'top-up' then earned else 0 end) as "bonusCents",
      sum(case when kind = 'sale' and (spent > 0 or rewards > 0) then 1 else 0 end) as redemptions,
      sum(rewards) as rewards, sum(reward_cents) as "rewardCents", sum(discount) as "discountCents"
    from (${visitsOf(days)}) as visit group by merchant order by merchant`.execute(ledger);
  return rows;
}

/** What a card bought at a merchant. */
interface Bought {
  readonly merchant: number;
  readonly card: number;
  readonly visits: number;
  readonly soldCents: number;
}

async function boughtByCards(ledger: Ledger, { from, to }: Days): Promise<readonly Bought[]> {
  const { rows } = await sql<Bought>`
    select merchant, card, count(*) as visits, sum(sold) as "soldCents"
    from (select max(merchant) as merchant, max(card) as card, max(sale_cents) as sold
      from intent_area where outcome = 'committed' and kind = 'sale' and day between ${from} and ${to}
      group by terminal, number) as visit
    group by merchant, card`.execute(ledger);
  return rows;
}

/** Where and when a card was used for the first time, by the terminals' clocks. */
export interface FirstUse {
  readonly card: number;
  readonly merchant: number;
  readonly terminal: number;
  /** UTC seconds, and the local day. */
  readonly utc: number;
  readonly day: Day;
}

/** Terminals have numbers below it: one number tells time, terminal and local day, the earliest first. */
const TERMINALS = 65_536;
/** The local day is that of UTC, the one before it or the one behind it. */
const SHIFTS = 4;
const DAY_SECONDS = 86_400;
const EPOCH_DAY = CARD_EPOCH_SECONDS / DAY_SECONDS;
/** Before it a clock was never set: such a visit counts as first only where the card has no other. */
const CLOCK_IS_SET = Date.UTC(2020, 0, 1) / 1_000;
const LATER = 2 ** 32;

function firstUseOf(card: number, first: number, merchants: ReadonlyMap<number, number>): FirstUse {
  const shift = (first % SHIFTS) - 1;
  const rest = Math.floor(first / SHIFTS);
  const terminal = rest % TERMINALS;
  const instant = Math.floor(rest / TERMINALS);
  const utc = instant >= LATER ? instant - LATER : instant;
  const day = Math.floor(utc / DAY_SECONDS) - EPOCH_DAY + shift;
  return { card, merchant: merchants.get(terminal) ?? 0, terminal, utc, day };
}

/** The first use of every card up to a day, whatever it did: the merchant that it belongs to. */
export async function firstUses(ledger: Ledger, to: Day): Promise<ReadonlyMap<number, FirstUse>> {
  const instant = sql`(case when utc < ${sql.lit(CLOCK_IS_SET)} then utc + ${sql.lit(LATER)} else utc end)`;
  const shift = sql`(day + ${sql.lit(EPOCH_DAY)} - utc / ${sql.lit(DAY_SECONDS)} + 1)`;
  const { rows } = await sql<{ card: number; first: number }>`
    select card, min((${instant} * ${sql.lit(TERMINALS)} + terminal) * ${sql.lit(SHIFTS)} + ${shift}) as first
    from intent_area where outcome = 'committed' and day <= ${to} group by card`.execute(ledger);
  const terminals = await ledger.selectFrom("terminal").select(["number", "merchant"]).execute();
  const merchants = new Map(terminals.map(({ number, merchant }) => [number, merchant]));
  return new Map(rows.map(({ card, first }) => [card, firstUseOf(card, first, merchants)]));
}

/** What is known of cards, beside sums. */
class Members {
  visits = 0;
  members = 0;
  returning = 0;
  newMembers = 0;
  guests = 0;
  guestsCents = 0;

  add(visits: number): void {
    this.visits += visits;
    this.members += 1;
    if (visits > 1) this.returning += 1;
  }

  addGuest(cents: number): void {
    this.guests += 1;
    this.guestsCents += cents;
  }
}

/** Gives the thing of a name, made where there is none yet. */
function of<K>(all: Map<K, Members>, key: K): Members {
  const known = all.get(key) ?? new Members();
  all.set(key, known);
  return known;
}

const tradeOf = ({ visits, members, returning, newMembers, guests, guestsCents }: Members, sums: Sums): Trade =>
  ({
    ...{ visits, members, returning, newMembers, guests, guestsCents },
    ...Object.fromEntries(SUM_NAMES.map((name) => [name, sums[name]])),
  }) as unknown as Trade;

/** What merchants did in some days, by number, and all of them together. A card that buys at two of them is one member of the town. */
export async function trade(
  ledger: Ledger,
  days: Days,
  first: ReadonlyMap<number, FirstUse>,
): Promise<{ readonly town: Trade; readonly merchants: readonly MerchantTrade[] }> {
  const lines = await sums(ledger, days);
  const [town, byMerchant, byCard] = [new Members(), new Map<number, Members>(), new Map<number, number>()];
  for (const { merchant, card, visits, soldCents } of await boughtByCards(ledger, days)) {
    const members = of(byMerchant, merchant);
    members.add(visits);
    if (first.get(card)?.merchant !== merchant) members.addGuest(soldCents);
    byCard.set(card, (byCard.get(card) ?? 0) + visits);
  }
  for (const visits of byCard.values()) town.add(visits);
  for (const use of first.values()) {
    if (use.day < days.from) continue;
    of(byMerchant, use.merchant).newMembers += 1;
    town.newMembers += 1;
  }
  const merchants = lines.map((line) => ({
    merchant: line.merchant,
    ...tradeOf(byMerchant.get(line.merchant) ?? new Members(), line),
  }));
  const all: Record<string, number> = { ...NO_SUMS };
  for (const line of lines) for (const name of SUM_NAMES) all[name]! += line[name];
  return { town: tradeOf(town, all as unknown as Sums), merchants };
}
