import { divide, whole } from "./arithmetic.ts";

/**
 * How a list that grew old lowers the offline cap: from so many days on, the share of the cap in percent that is left.
 *
 * A list is issued every night. A week without one is a holiday or a broken line; after that a terminal knows less and less of
 * what was lost, stolen and copied, and what a blocked card can still take from it in a day is the cap. The last
 * step is not zero: the money on a card is the customer's, and a shop that nobody visits must not become one that refuses it.
 * A terminal that never had a list knows as little as one whose list is oldest.
 */
export const STALE_STEPS: readonly { readonly days: number; readonly percent: number }[] = [
  { days: 30, percent: 10 },
  { days: 14, percent: 25 },
  { days: 7, percent: 50 },
  { days: 0, percent: 100 },
];

/**
 * The offline cap that is left, cents, rounded down. `listDays` are the days since the office issued the list; null where the terminal
 * has none. Throws `ArithmeticFault` on what is no whole number.
 */
export function staleCap(capCents: number, listDays: number | null): number {
  const age = listDays === null ? Number.MAX_SAFE_INTEGER : whole(listDays, "listDays");
  const { percent } = STALE_STEPS.find(({ days }) => age >= days) ?? STALE_STEPS.at(-1)!;
  return divide(whole(capCents, "capCents") * percent, 100, "floor");
}
