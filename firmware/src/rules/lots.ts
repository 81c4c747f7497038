import { LOT_VALUE_MAX, type Lot, NEVER, spendingOrder } from "@cachet/card-layout";
import { sum } from "./arithmetic.ts";
import { addMonths, endOfMonth, endOfYear, parseDay } from "./calendar/period.ts";
import type { DateText } from "./quantity.ts";

/** How many lots a purse keeps apart; 0 for value that lies in one sum. */
export type LotCount = 0 | 2 | 4 | 8;

/**
 * How long value lasts that comes on a day: usable to the end of the last local day. `reason`: why it may be less than a month,
 * which customers are not expected to put up with otherwise.
 */
export type Validity =
  | { readonly days: number; readonly reason?: string }
  /** Months clamp to the last day of a shorter month; `round` carries on to the end of the month or year reached. */
  | { readonly months: number; readonly round?: "month" | "year" }
  /** Everything ends on one date, `2027-12-31`. */
  | { readonly through: DateText; readonly reason?: string };

/** The last day of value that comes on a day; `NEVER` where it does not end. */
export function lastDayOf(validity: Validity | null, today: number): number {
  if (validity === null) return NEVER;
  const last = (): number => {
    if ("through" in validity) return parseDay(validity.through)!;
    if ("days" in validity) return today + validity.days;
    const reached = addMonths(today, validity.months);
    if (validity.round === "month") return endOfMonth(reached);
    return validity.round === "year" ? endOfYear(reached) : reached;
  };
  return Math.min(last(), NEVER - 1);
}

export const worthOf = (lots: readonly Lot[]): number => sum(lots.map(({ value }) => value));

/** Lots with the same two days become one; empty ones go. */
function merged(lots: readonly Lot[]): Lot[] {
  const kept: Lot[] = [];
  for (const lot of [...lots].sort(spendingOrder)) {
    const last = kept.at(-1);
    if (lot.value === 0) continue;
    if (last !== undefined && spendingOrder(last, lot) === 0)
      kept[kept.length - 1] = { ...last, value: Math.min(last.value + lot.value, LOT_VALUE_MAX) };
    else kept.push(lot);
  }
  return kept;
}

/**
 * Lots with more in them, at most `places`. Where there is no place left, the two that end closest to each other become one that
 * lasts as long as the later: a card that is full never takes time away from its holder.
 */
export function withLots(lots: readonly Lot[], more: readonly Lot[], places: number): readonly Lot[] {
  let kept = merged([...lots, ...more]);
  while (kept.length > places) {
    const gaps = kept.slice(1).map((lot, i) => lot.expires - kept[i]!.expires);
    const at = gaps.indexOf(Math.min(...gaps));
    const [a, b] = [kept[at]!, kept[at + 1]!];
    const value = Math.min(a.value + b.value, LOT_VALUE_MAX);
    const one = { value, expires: b.expires, issued: Math.min(a.issued, b.issued) };
    kept = merged([...kept.slice(0, at), one, ...kept.slice(at + 2)]);
  }
  return kept;
}

/** Takes value out, the nearest expiry first, then the oldest. There must be enough. */
export function withoutValue(
  lots: readonly Lot[],
  value: number,
): { readonly left: readonly Lot[]; readonly taken: readonly Lot[] } {
  const left: Lot[] = [];
  const taken: Lot[] = [];
  let wanted = value;
  for (const lot of lots) {
    const part = Math.min(lot.value, wanted);
    wanted -= part;
    if (part > 0) taken.push({ ...lot, value: part });
    if (lot.value > part) left.push({ ...lot, value: lot.value - part });
  }
  return { left, taken };
}

/** What is over before a day begins, and what is not. */
export function parted(
  lots: readonly Lot[],
  today: number,
): { readonly usable: readonly Lot[]; readonly over: readonly Lot[] } {
  return {
    usable: lots.filter(({ expires }) => expires >= today),
    over: lots.filter(({ expires }) => expires < today),
  };
}
