import type { SaleRequest } from "@cachet/firmware/hal";
import type { Chance } from "../device/chance.ts";
import type { Basket } from "./customers.ts";
import { drawWish, linesOf, type Wish } from "./wishes.ts";

/** One visit that somebody means to make. Who it is, and where, are places in the lists of cards and terminals. */
export interface PlannedVisit {
  readonly utc: number;
  readonly customer: number;
  readonly terminal: number;
  readonly wish: Wish;
  /** What he buys where the wish cannot be had, or goes with a sale. */
  readonly sale: SaleRequest;
}

/** Of so many visits one asks to spend the cagnotte; of those, one in so many names an amount instead of taking the most. */
const SPENDS_ONE_IN = 8;
const NAMES_AMOUNT_ONE_IN = 3;
const AMOUNTS = [200, 500, 1_000];
/** Three visits in four are at the customer's usual terminal. */
const USUAL_OF_FOUR = 3;
const MINUTES_5 = 300;
export const OPENS_AT = 8 * 3_600;
export const OPEN_SECONDS = 11 * 3_600;

/** What is asked of the cagnotte at a visit; null for nothing. */
export function drawRedeem(chance: Chance): number | "max" | null {
  if (!chance.happens(1, SPENDS_ONE_IN)) return null;
  if (!chance.happens(1, NAMES_AMOUNT_ONE_IN)) return "max";
  return AMOUNTS[chance.below(AMOUNTS.length)]!;
}

/** The terminal where a customer turns up who has a usual one. */
export const drawPlace = (chance: Chance, usual: number, terminals: number): number =>
  chance.happens(USUAL_OF_FOUR, 4) ? usual : chance.below(terminals);

export function saleOf(visit: number, amount: number, quantity: number, redeem: number | "max" | null): SaleRequest {
  const request = { kind: "sale" as const, visit, lines: [{ amount, quantity }], tip: 0 };
  return redeem === null ? request : { ...request, redeem };
}

/**
 * The visits of one day in the order of time: hour, place and what they are for are drawn. `midnight` in UTC seconds; `visit` is the number of the
 * last visit before them.
 */
export function visitsOfDay(
  baskets: readonly Basket[],
  { midnight, terminals, visit }: { readonly midnight: number; readonly terminals: number; readonly visit: number },
  chance: Chance,
): PlannedVisit[] {
  const drawn = baskets.map((basket) => ({
    ...basket,
    utc: midnight + OPENS_AT + chance.below(OPEN_SECONDS),
    terminal: drawPlace(chance, basket.customer % terminals, terminals),
    redeem: drawRedeem(chance),
    wish: drawWish(chance),
    lines: linesOf(basket.amount, basket.items, chance),
  }));
  // Whoever has his visit cancelled was there five minutes ago.
  const all = drawn.flatMap((one) =>
    one.wish === "cancel"
      ? [
          { ...one, wish: "sale" as const },
          { ...one, utc: one.utc + MINUTES_5 },
        ]
      : [one],
  );
  all.sort((a, b) => a.utc - b.utc);
  return all.map(({ utc, customer, terminal, amount, items, redeem, wish, lines }, i) => ({
    ...{ utc, customer, terminal, wish },
    sale: { ...saleOf(visit + i + 1, amount, items, redeem), lines },
  }));
}
