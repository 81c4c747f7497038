import { type Day, dayOfCivil } from "@cachet/card-layout";
import { SALE_CENTS_MAX } from "@cachet/firmware/rules";

/** One purchase of a member. */
export interface Purchase {
  readonly member: string;
  readonly day: Day;
  readonly items: number;
  readonly amountCents: number;
}

export interface PurchasesFile {
  readonly purchases: readonly Purchase[];
  /** Lines that were left out, by their number in the file. */
  readonly malformed: readonly { readonly line: number; readonly problem: string }[];
}

export const PURCHASES_HEADER = "member,date,items,amount_cents";
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function parseDay(text: string): Day | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const [year, month, dayOfMonth] = match.slice(1).map(Number) as [number, number, number];
  const days =
    month === 2 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0)) ? 28 : DAYS_OF_MONTH[month - 1];
  if (year < 2000 || year > 2150 || days === undefined || dayOfMonth < 1 || dayOfMonth > days) return null;
  return dayOfCivil(year, month, dayOfMonth);
}

function parseLine(text: string, separator: string): Purchase | string {
  const fields = text.split(separator);
  if (fields.length !== 4) return `${fields.length} fields instead of 4`;
  const [member, date, items, amount] = fields.map((field) => field.trim()) as [string, string, string, string];
  if (member === "" || member.length > 40) return "the member is missing or longer than 40 characters";
  const day = parseDay(date);
  if (day === null) return `"${date}" is not a date like 2026-01-31`;
  if (!/^\d{1,4}$/.test(items) || Number(items) === 0) return `"${items}" is not a number of items from 1 to 9999`;
  if (!/^\d{1,12}$/.test(amount)) return `"${amount}" is not an amount in whole cents`;
  if (Number(amount) > SALE_CENTS_MAX) return `${amount} cents are more than a sale can have (${SALE_CENTS_MAX})`;
  return { member, day, items: Number(items), amountCents: Number(amount) };
}

/**
 * Reads a CSV of purchases: a header line, then one purchase a line. Null when the first line is not the header. `separator`: what
 * stands between fields, the header's too.
 */
export function readPurchases(text: string, separator: "," | ";" = ","): PurchasesFile | null {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trim() !== PURCHASES_HEADER.replaceAll(",", separator)) return null;
  const purchases: Purchase[] = [];
  const malformed: { line: number; problem: string }[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const parsed = parseLine(line, separator);
    if (typeof parsed === "string") malformed.push({ line: index + 1, problem: parsed });
    else purchases.push(parsed);
  }
  return { purchases, malformed };
}
