import type { Day } from "@cachet/card-layout";
import { type Days, firstUse, type Life, visitsOf } from "./steps.ts";

/** A card that belongs to a merchant: it was used there before anywhere else. */
export interface Client {
  readonly card: number;
  /** Local days of its first use, and of its last purchase here; null where it bought nothing. */
  readonly since: Day;
  readonly last: Day | null;
  /** What it bought here in the days that are asked about, and ever. Cents. */
  readonly visits: number;
  readonly soldCents: number;
  readonly allVisits: number;
  readonly allSoldCents: number;
}

/** The card, if it belongs to the merchant. */
export function clientOf(card: number, life: Life, merchant: number, { from, to }: Days): Client | null {
  const { merchant: first, day: since } = firstUse(life);
  if (first !== merchant) return null;
  const bought = [...visitsOf(life)]
    .map(([step]) => step)
    .filter((step) => step.kind === "sale" && step.merchant === merchant && step.day <= to);
  const recent = bought.filter(({ day }) => day >= from);
  const cents = (steps: Life) => steps.reduce((sum, { sale_cents }) => sum + sale_cents, 0);
  return {
    ...{ card, since, last: bought.at(-1)?.day ?? null },
    ...{ visits: recent.length, soldCents: cents(recent) },
    ...{ allVisits: bought.length, allSoldCents: cents(bought) },
  };
}

/** Those that bought for most first. */
export const byWorth = (a: Client, b: Client): number => b.allSoldCents - a.allSoldCents || a.card - b.card;

/** Cards that came back once and have not bought for so many days before `at`: whom to call back. */
export const toCallBack = (all: readonly Client[], at: Day, days: number): readonly Client[] =>
  all.filter(({ allVisits, last }) => allVisits > 1 && last !== null && at - last >= days);
