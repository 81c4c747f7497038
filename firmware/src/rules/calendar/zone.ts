import { CARD_EPOCH_SECONDS, type Day, dayOf, dayOfCivil } from "@cachet/card-layout";
import { ArithmeticFault, whole } from "../arithmetic.ts";
import { type Weekday, weekdayOf } from "./period.ts";
import { ZONE_GROUPS } from "./zone-table.ts";
import type { ZoneGroup } from "./zone-turns.ts";

const SECONDS_PER_DAY = 86_400;

/** The local years that the table of zones holds, the first and the last. */
export const ZONE_YEARS = [2020, 2045] as const;
const [, LAST_YEAR] = ZONE_YEARS;
/** The last day of the table. */
const LAST_DAY: Day = dayOfCivil(LAST_YEAR, 12, 31);

/** Whether a local day is after the table of zones: its hours are those of the zone's last offset, without summer time. */
export const isAfterZones = (day: Day): boolean => day > LAST_DAY;

const GROUP_OF: ReadonlyMap<string, ZoneGroup> = new Map(
  ZONE_GROUPS.flatMap((group) => group.zones.map((zone) => [zone, group] as const)),
);

/** The local date, the minute of that day by the clock on the wall (0-1439), and the day of the week. */
export interface LocalTime {
  readonly day: Day;
  readonly minute: number;
  readonly weekday: Weekday;
}

/** The last answer, and how long it holds. */
let found = { zone: "", from: 0, until: 0, offset: 0 };

/** The names of the time zones that rules know, as the IANA time zone database writes them. */
export const ZONES: readonly string[] = [...GROUP_OF.keys()];

/** Whether rules know a time zone of exactly this name. */
export function isZone(name: string): boolean {
  return GROUP_OF.has(name);
}

/**
 * Minutes that local time is ahead of UTC at an instant (seconds since 1970 UTC); negative to the west.
 * The table holds 2020 to 2045, local: any earlier instant has its first offset, any later one its last, without summer time.
 * Throws ArithmeticFault for an unknown zone and for an instant that is no whole number.
 */
export function offsetAt(zone: string, utc: number): number {
  // One visit after the other lies between the same two changes.
  if (zone === found.zone && utc >= found.from && utc < found.until && utc % 1 === 0) return found.offset;
  const group = GROUP_OF.get(zone);
  if (group === undefined) throw new ArithmeticFault(`${zone} is no time zone that rules know`);
  whole(utc, "utc");
  const { first, changes } = group;
  let [passed, end] = [0, changes.length / 2];
  while (passed < end) {
    const middle = Math.floor((passed + end) / 2);
    if (changes[2 * middle]! <= utc) passed = middle + 1;
    else end = middle;
  }
  found = {
    zone,
    from: passed === 0 ? Number.NEGATIVE_INFINITY : changes[2 * passed - 2]!,
    until: changes[2 * passed] ?? Number.POSITIVE_INFINITY,
    offset: passed === 0 ? first : changes[2 * passed - 1]!,
  };
  return found.offset;
}

/** What calendar and clock show in a zone at an instant (seconds since 1970 UTC). Offsets and errors as `offsetAt`. */
export function localTime(zone: string, utc: number): LocalTime {
  const offset = offsetAt(zone, utc);
  const day = dayOf(utc, offset);
  const sinceMidnight = utc + offset * 60 - CARD_EPOCH_SECONDS - day * SECONDS_PER_DAY;
  return { day, minute: Math.floor(sinceMidnight / 60), weekday: weekdayOf(day) };
}
