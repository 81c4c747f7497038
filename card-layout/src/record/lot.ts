import { bigEndian, concat, readBigEndian } from "./bytes.ts";
import { type Field, times } from "./record.ts";

/** Value that came on one day and goes on one day. */
export interface Lot {
  readonly value: number;
  /** Last local day on which it can be spent; `NEVER` where it has none. */
  readonly expires: number;
  /** Local day on which it came. */
  readonly issued: number;
}

/** Expiry of a lot that keeps its value for ever. */
export const NEVER = 0xffff;
export const LOT_VALUE_MAX = 0xff_ff_ff;

const DAY_MAX = 0xffff;
const fits = (value: number, max: number) => Number.isSafeInteger(value) && value >= 0 && value <= max;
const NOTHING: Lot = { value: 0, expires: 0, issued: 0 };

/** value 3 bytes, expires 2, issued 2; all zero where there is no lot. */
const lot: Field<Lot> = {
  size: 7,
  encode: ({ value, expires, issued }) => concat(bigEndian(value, 3), bigEndian(expires, 2), bigEndian(issued, 2)),
  decode: (bytes) => ({
    value: readBigEndian(bytes, 0, 3),
    expires: readBigEndian(bytes, 3, 2),
    issued: readBigEndian(bytes, 5, 2),
  }),
  problem: ({ value, expires, issued }) =>
    fits(value, LOT_VALUE_MAX) && fits(expires, DAY_MAX) && fits(issued, DAY_MAX) ? null : "a lot does not fit",
};

/** The order in which lots are spent: nearest expiry first, then the oldest. */
export function spendingOrder(a: Lot, b: Lot): number {
  return a.expires - b.expires || a.issued - b.issued;
}

/** Whether lots stand as they are kept: none empty, in the order of spending, no two of the same two days. */
export function areKept(lots: readonly Lot[]): boolean {
  return lots.every(({ value }, i) => value > 0 && (i === 0 || spendingOrder(lots[i - 1]!, lots[i]!) < 0));
}

/** Up to `count` lots, in the order of spending, with empty places behind them. */
export function lots(count: number): Field<readonly Lot[]> {
  const places = times(count, lot);
  const padded = (kept: readonly Lot[]) => [
    ...kept,
    ...Array.from({ length: Math.max(0, count - kept.length) }, () => NOTHING),
  ];
  return {
    size: places.size,
    encode: (kept) => places.encode(padded(kept)),
    decode: (bytes) => {
      const all = places.decode(bytes);
      const last = all.findLastIndex(({ value, expires, issued }) => value + expires + issued > 0);
      return all.slice(0, last + 1);
    },
    problem: (kept) =>
      places.problem(padded(kept)) ?? (areKept(kept) ? null : "lots are not in the order of spending, each once"),
  };
}
