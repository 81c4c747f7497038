import { CARD_EPOCH_SECONDS, type Day } from "@cachet/card-layout";
import type { Chance } from "../device/chance.ts";

/** One purchase to replay. */
export interface TownPurchase {
  readonly member: string;
  readonly day: Day;
  readonly items: number;
  readonly amountCents: number;
}

/** What somebody buys on a day, by his place in the list of cards. */
export interface Basket {
  readonly customer: number;
  readonly amount: number;
  readonly items: number;
}

/** Who buys in a world. */
export interface Customers {
  readonly count: number;
  /** The first day on which anybody buys. */
  readonly firstDay: Day;
  /** Purchases from the first day on, as many as there are at most. */
  visitsIn(days: number): number;
  /** What is bought on a day, counted from the first one. */
  basketsOf(day: number, chance: Chance): readonly Basket[];
}

/** The first day of drawn customers: a Monday. */
const A_MONDAY = Math.floor((Date.UTC(2026, 0, 5) / 1_000 - CARD_EPOCH_SECONDS) / 86_400);
/** Baskets of a shopping street in cents: most are small. */
const BASKETS: readonly (readonly [from: number, to: number])[] = [
  [120, 900],
  [300, 2_500],
  [300, 2_500],
  [1_000, 8_000],
];

/** So many customers, of whom a few come often and many seldom. What a day takes grows with its visits alone. */
export const drawnCustomers = (count: number, visitsPerDay: number): Customers => ({
  count,
  firstDay: A_MONDAY,
  visitsIn: (days) => days * visitsPerDay,
  basketsOf: (_day, chance) =>
    Array.from({ length: visitsPerDay }, () => {
      // The smaller of two draws: those at the front of the list come most often.
      const customer = Math.min(chance.below(count), chance.below(count));
      const [from, to] = BASKETS[chance.below(BASKETS.length)]!;
      return { customer, amount: from + chance.below(to - from), items: 1 };
    }),
});

/** The place of each member among the customers: in the order of the file. */
export function membersOf(purchases: readonly TownPurchase[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const { member } of purchases) if (!places.has(member)) places.set(member, places.size);
  return places;
}

/** The members of a file, who buy what it says on the days that it says. Throws `RangeError` on a file without purchases. */
export function customersOf(purchases: readonly TownPurchase[]): Customers {
  const places = membersOf(purchases);
  const byDay = new Map<Day, Basket[]>();
  for (const { member, day, items, amountCents: amount } of purchases)
    byDay.set(day, [...(byDay.get(day) ?? []), { customer: places.get(member)!, amount, items }]);
  const firstDay = Math.min(...byDay.keys());
  if (byDay.size === 0) throw new RangeError("no purchases to replay");
  return {
    count: places.size,
    firstDay,
    visitsIn: (days) => purchases.filter(({ day }) => day < firstDay + days).length,
    basketsOf: (day) => byDay.get(firstDay + day) ?? [],
  };
}
