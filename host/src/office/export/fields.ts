import { type Day, dayOf, dayText, toHex } from "@cachet/card-layout";
import type { ColumnType } from "../../ports/database/index.ts";

/** What a value is: whole numbers within 2^53, text, bytes, a local day, or a time. */
export type Kind = "int" | "text" | "bytes" | "day" | "time";
export type Value = number | string | Uint8Array | null;

/** A column of an exported table. */
export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly orNull: boolean;
  readonly says: string;
}

const DAYS: ReadonlySet<string> = new Set(["day", "first_day", "last_day", "since", "last_bought"]);
const TIMES: ReadonlySet<string> = new Set(["utc", "at", "before", "after", "issued", "moved_at"]);

/** What a column of the ledger holds: days and times are whole numbers there. */
export function kindOf(name: string, type: ColumnType): Kind {
  if (type !== "int") return type;
  return DAYS.has(name) ? "day" : TIMES.has(name) ? "time" : "int";
}

const DAY_SECONDS = 86_400;
const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-06-15T08:00:00Z`, of any second: a clock may have said anything. */
export function timeText(utc: number): string {
  const second = ((utc % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
  const [hour, minute] = [Math.floor(second / 3_600), Math.floor(second / 60) % 60];
  return `${dayText(dayOf(utc, 0))}T${two(hour)}:${two(minute)}:${two(second % 60)}Z`;
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A value as text; null for none. */
function plain(kind: Kind, value: Exclude<Value, null>): string {
  switch (kind) {
    case "bytes":
      return toHex(value as Uint8Array);
    case "day":
      return dayText(value as Day);
    case "time":
      return timeText(value as number);
    default:
      return String(value);
  }
}

/** A row as a line of CSV (RFC 4180); none is an empty cell. */
export const csvLine = (fields: readonly Field[], row: readonly Value[]): string =>
  `${fields.map(({ kind }, i) => (row[i] === null ? "" : quoted(plain(kind, row[i]!)))).join(",")}\n`;

export const csvHead = (fields: readonly Field[]): string => `${fields.map(({ name }) => name).join(",")}\n`;

/** The same as a JSON object in one line: numbers, strings and null. */
export const jsonObject = (fields: readonly Field[], row: readonly Value[]): string => {
  const members = fields.map(({ name, kind }, i) => {
    const value = row[i]!;
    return `"${name}":${value === null ? "null" : kind === "int" ? value : JSON.stringify(plain(kind, value))}`;
  });
  return `{${members.join(",")}}`;
};

const TYPES: Readonly<Record<Kind, Readonly<Record<string, unknown>>>> = {
  int: { type: "integer" },
  text: { type: "string" },
  bytes: { type: "string" },
  day: { type: "date" },
  time: { type: "datetime" },
};
const HEX = "^([0-9a-f]{2})*$";

/** A column as Table Schema describes it (https://datapackage.org/standard/table-schema/). */
export const fieldDocument = ({ name, kind, orNull, says }: Field) => ({
  name,
  ...TYPES[kind],
  description: says,
  // An empty cell is none, but of a text that is never missing: there it is an empty text.
  ...(kind === "text" && !orNull ? { missingValues: [] } : {}),
  constraints: { required: !orNull && kind !== "text", ...(kind === "bytes" ? { pattern: HEX } : {}) },
});
