/** How a language writes numbers: what stands before the fraction, and between thousands. */
export interface NumberStyle {
  readonly point: string;
  readonly group: string;
}

/** A whole number with its thousands apart. */
export function grouped(value: number, { group }: NumberStyle): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, group);
}

/** `value` over ten to the power of `places`, every digit written: 1205 in two places is 12.05. Whole numbers throughout. */
export function decimal(value: number, places: number, style: NumberStyle): string {
  const by = 10 ** places;
  const rest = String(value % by).padStart(places, "0");
  return `${grouped((value - (value % by)) / by, style)}${style.point}${rest}`;
}

/** The same without zeros at the end: 1250 in three places is 1.25, 2000 is 2. */
export function shortest(value: number, places: number, style: NumberStyle): string {
  if (places === 0) return grouped(value, style);
  return value % 10 === 0 ? shortest(value / 10, places - 1, style) : decimal(value, places, style);
}

/** `a, b and c`. */
export function joined(parts: readonly string[], last: string): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} ${last} ${parts.at(-1)}`;
}
