import { type Day, dayOfCivil, dayText } from "@cachet/card-layout";
import { PURCHASES_HEADER } from "../office/purchases.ts";

/** A clientele that nobody has met yet. */
export interface Clientele {
  /** Cents of a usual purchase. */
  readonly basketCents: number;
  /** Visits in a month of a usual member. */
  readonly visits: number;
  readonly merchants: readonly number[];
}

export const SAMPLE_MEMBERS = 100;
const DAYS = 365;
const OPENS = 9;
const HOURS = 10;

/** Numbers below `below` that look drawn and are always the same (the multiplier of Numerical Recipes' quick generator). */
function drawer(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}

const two = (value: number): string => String(value).padStart(2, "0");

/**
 * Invented purchases of a year, as a file that `programme simulate` reads: `SAMPLE_MEMBERS` members who come a quarter as often as
 * usual up to twice as often, and pay two fifths of the usual amount up to eight fifths. The same clientele gives the same bytes.
 */
export function samplePurchases({ basketCents, visits, merchants }: Clientele, year: number): string {
  const draw = drawer();
  const first: Day = dayOfCivil(year, 1, 1);
  const rows = Array.from({ length: SAMPLE_MEMBERS }, (_, member) => {
    const often = Math.max(1, Math.floor((visits * 12 * (250 + draw(1_750))) / 1_000));
    return Array.from({ length: often }, () => {
      const [day, hour, minute] = [draw(DAYS), OPENS + draw(HOURS), draw(60)];
      const cents = Math.max(1, Math.floor((basketCents * (400 + draw(1_200))) / 1_000));
      const merchant = merchants[draw(merchants.length)]!;
      const time = `${two(hour)}:${two(minute)}`;
      return {
        when: `${dayText(first + day)} ${time}`,
        row: `m${member + 1},${dayText(first + day)},1,${cents},${merchant},${time}`,
      };
    });
  }).flat();
  rows.sort((a, b) => (a.when < b.when ? -1 : a.when > b.when ? 1 : 0));
  return [`${PURCHASES_HEADER},merchant,time`, ...rows.map(({ row }) => row), ""].join("\n");
}
