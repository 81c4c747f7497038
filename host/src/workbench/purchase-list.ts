import { type Day, dayText } from "@cachet/card-layout";
import { parseHour } from "@cachet/firmware/rules";
import { PURCHASES_HEADER, type Purchase, type PurchasesFile, readPurchases } from "../office/purchases.ts";

/** A purchase, with what the file says more about it. */
export interface ListedPurchase extends Purchase {
  /** Merchant number. */
  readonly merchant?: number;
  /** Minute of the local day, 0 to 1439. */
  readonly minute?: number;
  readonly category?: string;
}

const MORE = ["merchant", "time", "category"] as const;
type Column = (typeof MORE)[number];

export interface PurchaseList {
  readonly purchases: readonly ListedPurchase[];
  /** Lines that were left out, by their number in the file, in its order. */
  readonly malformed: PurchasesFile["malformed"];
  /** Which of the columns that may be there are there. */
  readonly columns: ReadonlySet<Column>;
}

/** What stands between fields. A spreadsheet in French writes semicolons. */
type Separator = "," | ";";

/** The header as people are told it. */
export const LIST_HEADER = `${PURCHASES_HEADER}[,merchant][,time][,category]`;

const isColumn = (name: string): name is Column => MORE.some((known) => known === name);

/** The columns behind the four that are always there; null where the line is no header of purchases. */
function moreColumns(header: string, separator: Separator): readonly Column[] | null {
  const names = header.split(separator).map((name) => name.trim());
  const more = names.slice(4).filter(isColumn);
  const isOurs = names.slice(0, 4).join(",") === PURCHASES_HEADER && more.length === names.length - 4;
  return isOurs && new Set(more).size === more.length ? more : null;
}

type More = Omit<ListedPurchase, keyof Purchase>;

/** What one more field says; a sentence where it cannot be read. A time or category that is empty says nothing. */
function moreOf(column: Column, text: string): More | string {
  if (column === "merchant") {
    const merchant = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    return merchant >= 1 && merchant <= 0xffff ? { merchant } : `"${text}" is no number of a merchant`;
  }
  if (text === "") return {};
  if (column === "category")
    return text.length <= 40 ? { category: text } : "the category is longer than 40 characters";
  const minute = parseHour(text);
  return minute === null || minute === 1_440 ? `"${text}" is not a time like 17:05` : { minute };
}

/** A purchase with its further fields, or what is wrong with the first of them that cannot be read. */
function withMore(purchase: Purchase, columns: readonly Column[], fields: readonly string[]): ListedPurchase | string {
  let whole: ListedPurchase = purchase;
  for (const [i, column] of columns.entries()) {
    const more = moreOf(column, fields[4 + i]!.trim());
    if (typeof more === "string") return more;
    whole = { ...whole, ...more };
  }
  return whole;
}

/** Reads the first four columns as every list of purchases is read, and then those that stand behind them. */
function readWide(lines: readonly string[], columns: readonly Column[], separator: Separator): PurchaseList {
  const width = 4 + columns.length;
  const narrow = (line: string): string => {
    const fields = line.split(separator);
    return fields.length === width ? fields.slice(0, 4).join(separator) : "";
  };
  const header = PURCHASES_HEADER.replaceAll(",", separator);
  const base = readPurchases(lines.map((line, i) => (i === 0 ? header : narrow(line))).join("\n"), separator)!;
  const problems = new Map(base.malformed.map(({ line, problem }) => [line, problem]));
  const purchases: ListedPurchase[] = [];
  let next = 0;
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line.trim() === "" || problems.has(i + 1)) continue;
    const fields = line.split(separator);
    const read =
      fields.length === width
        ? withMore(base.purchases[next++]!, columns, fields)
        : `${fields.length} fields instead of ${width}`;
    if (typeof read === "string") problems.set(i + 1, read);
    else purchases.push(read);
  }
  const malformed = [...problems].map(([line, problem]) => ({ line, problem })).sort((a, b) => a.line - b.line);
  return { purchases, malformed, columns: new Set(columns) };
}

/**
 * Reads a CSV of purchases: a header line, then one purchase a line. Null when the first line is not the header. Fields are told apart by
 * commas, or by semicolons where the header has them.
 */
export function readPurchaseList(text: string): PurchaseList | null {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const separator = lines[0]!.includes(";") ? ";" : ",";
  const columns = moreColumns(lines[0]!, separator);
  if (columns === null) return null;
  if (columns.length > 0) return readWide(lines, columns, separator);
  const list = readPurchases(text, separator);
  return list === null ? null : { ...list, columns: new Set() };
}

/** Purchases of some days, both ends included; null is no end. */
export function between(
  purchases: readonly ListedPurchase[],
  from: Day | null,
  to: Day | null,
): readonly ListedPurchase[] {
  if (from === null && to === null) return purchases;
  return purchases.filter(({ day }) => (from === null || day >= from) && (to === null || day <= to));
}

/** The month of a day, `2026-01`. */
export const monthOf = (day: Day): string => dayText(day).slice(0, 7);
