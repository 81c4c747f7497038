import { CARD_EPOCH_SECONDS, civilOf, dayOfCivil } from "@cachet/card-layout";

const DAY_SECONDS = 86_400;
/** Between 1970 and 2106: seconds that fit four bytes. */
const YEAR_MIN = 1_970;
const YEAR_MAX = 2_106;

const two = (value: number): string => String(value).padStart(2, "0");

/** A moment as SMP writes it: `yyyy-MM-ddTHH:mm:ss.000000+HH:MM`, local time with its offset from UTC in minutes. */
export function dateTimeText(utc: number, offset: number): string {
  const local = utc + offset * 60;
  const day = Math.floor(local / DAY_SECONDS) - CARD_EPOCH_SECONDS / DAY_SECONDS;
  const { year, month, dayOfMonth } = civilOf(day);
  const second = local - Math.floor(local / DAY_SECONDS) * DAY_SECONDS;
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60].map(two).join(":");
  const ahead = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(dayOfMonth)}T${time}.000000${zone}`;
}

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

function offsetOf(zone: string | undefined): number | null {
  if (zone === undefined || zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** UTC seconds of a moment in text: fraction and zone may be left out, and without a zone it is UTC. Null where it is none. */
export function parseDateTime(text: string): number | null {
  const found = PATTERN.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offset = offsetOf(found[7]);
  if (offset === null || year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12) return null;
  if (day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  const number = dayOfCivil(year, month, day);
  // 31 April is no day: the calendar would quietly make it 1 May.
  const { month: same, dayOfMonth } = civilOf(number);
  if (same !== month || dayOfMonth !== day) return null;
  const utc = CARD_EPOCH_SECONDS + number * DAY_SECONDS + hour * 3_600 + minute * 60 + second - offset * 60;
  return utc < 0 || utc > 0xffff_ffff ? null : utc;
}
