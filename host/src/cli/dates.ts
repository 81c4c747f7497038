import type { Day } from "@cachet/card-layout";
import { parseDay } from "@cachet/firmware/rules";
import { InvalidArgumentError } from "commander";

/** Reads a local date in an option. Throws `InvalidArgumentError`, whose text says what would have fitted. */
export function parseDate(text: string): Day {
  const day = parseDay(text);
  if (day === null) throw new InvalidArgumentError(`"${text}" is not a date like 2026-01-31`);
  return day;
}
