/** Cents as people write them: `1 234,05 €` in French, `€1,234.05` in English. Whole numbers throughout. */
export function money(cents: number, lang: "fr" | "en"): string {
  const sign = cents < 0 ? "-" : "";
  const whole = String(Math.floor(Math.abs(cents) / 100)).replaceAll(/\B(?=(\d{3})+$)/g, lang === "fr" ? " " : ",");
  const rest = String(Math.abs(cents) % 100).padStart(2, "0");
  return lang === "fr" ? `${sign}${whole},${rest} €` : `${sign}€${whole}.${rest}`;
}

/** An amount of a unit that the books keep: cents as money, all else as the number that it is. */
export const amountText = (unit: string, amount: number): string =>
  unit === "cents" ? money(amount, "en") : String(amount);
