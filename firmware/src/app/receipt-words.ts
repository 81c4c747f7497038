import { civilOf, type Day, dayOf } from "@cachet/card-layout";
import type { Language, Moment, ReceiptLine } from "../hal/index.ts";
import { en } from "./receipt-messages-en.ts";
import { fr, type ReceiptMessages } from "./receipt-messages-fr.ts";

/** The words of receipts by language. */
export const RECEIPT_WORDS: Readonly<Record<Language, ReceiptMessages>> = { fr, en };

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
export const row = (left: string, right: string): ReceiptLine => ({ line: "row", left, right });
/** A row that is not to be overlooked. */
export const strongRow = (left: string, right: string): ReceiptLine => ({ line: "row", left, right, strong: true });
export const text = (said: string): ReceiptLine => ({ line: "text", text: said });
/** What is not to be overlooked. */
export const strong = (said: string): ReceiptLine => ({ line: "text", text: said, strong: true });
