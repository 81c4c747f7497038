import type { Day } from "@cachet/card-layout";
import { parseDay } from "@cachet/firmware/rules";
import { InvalidArgumentError } from "commander";

/** Reads a local date in an option. Throws `InvalidArgumentError`, whose text says what would have fitted. */
export function parseDate(text: string): Day {
  const day = parseDay(text);
  if (day === null) throw new InvalidArgumentError(`"${text}" is not a date like 2026-01-31`);
  return day;
}

/** The last second that is written with four digits for its year; a terminal's clock may say anything. */
const UTC_MAX = 253_402_300_799;

/** The local time of an instant: `2027-06-15 18:30`. `offset`: minutes that local time is ahead of UTC. */
export function localText(utc: number, offset: number): string {
  const local = Math.max(0, Math.min(utc + offset * 60, UTC_MAX));
  return new Date(local * 1_000).toISOString().slice(0, 16).replace("T", " ");
}
