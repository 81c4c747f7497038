import type { Language } from "../hal/index.ts";

const SIGNS = { fr: [" ", ","], en: [",", "."] } as const;

/** Cents as a screen shows them, `1 234,05 €` or `€1,234.05`: whole numbers in, no locale support needed. */
export function amountText(cents: number, language: Language): string {
  const [thousands, point] = SIGNS[language];
  const whole = String(Math.floor(Math.abs(cents) / 100)).replaceAll(/\B(?=(\d{3})+$)/g, thousands);
  const text = `${whole}${point}${String(Math.abs(cents) % 100).padStart(2, "0")}`;
  const sign = cents < 0 ? "-" : "";
  return language === "fr" ? `${sign}${text} €` : `${sign}€${text}`;
}

/** A card by its last four digits. */
export const cardText = (card: number): string => `…${String(card % 10_000).padStart(4, "0")}`;

/** Minutes of the day, 10:02. */
export const minuteText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Digits of an hour as they are typed: 930 is 9:30. */
export const hourText = (typed: string): string => `${typed.slice(0, -2) || "0"}:${typed.slice(-2).padStart(2, "0")}`;
