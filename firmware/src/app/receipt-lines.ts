import { civilOf, type Day, dayOf } from "@cachet/card-layout";
import type { Moment, ReceiptLine, ReceiptTexts, Said } from "../hal/index.ts";

/** A sentence by its name, and what belongs to it. */
export const say = <Name extends keyof ReceiptTexts>(name: Name, ...parts: ReceiptTexts[Name]): Said => ({
  say: name,
  of: parts,
});

const two = (value: number) => String(value).padStart(2, "0");

/** `15/06/2026`, in every language: that of the shop's own country. */
export function dateText(day: Day): string {
  const { year, month, dayOfMonth } = civilOf(day);
  return `${two(dayOfMonth)}/${two(month)}/${year}`;
}

/** `15/06/2026 12:00` at a moment's local time. */
export function momentText({ utc, offset }: Moment): string {
  const minutes = Math.floor((utc + offset * 60) / 60) % 1_440;
  return `${dateText(dayOf(utc, offset))} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The local day; null where the clock is not to be trusted. */
export const todayOf = ({ utc, offset, suspect }: Moment): Day | null => (suspect ? null : dayOf(utc, offset));

export const SEPARATOR: ReceiptLine = { line: "separator" };
export const row = (left: Said, right: Said): ReceiptLine => ({ line: "row", left, right });
/** A row that is not to be overlooked. */
export const strongRow = (left: Said, right: Said): ReceiptLine => ({ line: "row", left, right, strong: true });
export const text = (said: Said): ReceiptLine => ({ line: "text", text: said });
/** What is not to be overlooked. */
export const strong = (said: Said): ReceiptLine => ({ line: "text", text: said, strong: true });
