import { InvalidArgumentError } from "commander";

/** Readers of the numbers in options. Each throws `InvalidArgumentError`, whose text says what would have fitted. */
export function parseWhole(text: string, what: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number < min || number > max) {
    throw new InvalidArgumentError(`"${text}" is no ${what}: a whole number from ${min} to ${max}`);
  }
  return number;
}

/** Euros with cents or without, `12.50`, as whole cents from `min` to `max`. */
export function parseEuros(text: string, min: number, max: number): number {
  const found = /^(\d{1,7})(?:[.,](\d{2}))?$/.exec(text);
  const cents = found === null ? null : 100 * Number(found[1]) + Number(found[2] ?? 0);
  if (cents === null || cents < min || cents > max)
    throw new InvalidArgumentError(`"${text}" is no amount like 50 or 12.50, from ${euros(min)} to ${euros(max)}`);
  return cents;
}

const euros = (cents: number): string => (cents / 100).toFixed(2);

export const parseIssuer = (text: string): number => parseWhole(text, "issuer", 0, 9_999);
export const parseProgramme = (text: string): number => parseWhole(text, "programme", 1, 0xffff);
export const parseTerminal = (text: string): number => parseWhole(text, "terminal", 1, 0xffff);
export const parseMerchant = (text: string): number => parseWhole(text, "merchant", 0, 0xffff);
export const parseGeneration = (text: string): number => parseWhole(text, "generation", 1, 255);
export const parseSerial = (text: string): number => parseWhole(text, "serial", 1, 0xffff_ffff);
/** For an option that may be repeated. */
export const parseProgrammes = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  parseProgramme(text),
];
