import { cardNumber, isCardNumber, isTicketNumber, SERIAL_MAX } from "@cachet/card-layout";
import { InvalidArgumentError } from "commander";

/** Reads a whole card number in a command. Throws `InvalidArgumentError`, whose text says what would have fitted. */
export function parseCard(text: string): number {
  const number = Number(text);
  if (!/^\d{13,15}$/.test(text) || !isCardNumber(number))
    throw new InvalidArgumentError(
      `"${text}" is no card number: 13 digits that begin with 28, the last one checks the others`,
    );
  return number;
}

/** The same of an account without a chip: one of a receipt that carries points has 14 or 15 digits. */
export const parseAccount = (text: string): number =>
  /^\d{14,15}$/.test(text) && isTicketNumber(Number(text)) ? Number(text) : parseCard(text);

const issuerOf = (card: number): number => Math.floor(card / 10_000_000) % 10_000;

/** A card by its number, or by the serial alone that it has among those of another card's issuer. Null for what is neither. */
export function cardBeside(card: number, text: string): number | null {
  if (!/^\d+$/.test(text)) return null;
  if (text.length >= 13) return isCardNumber(Number(text)) ? Number(text) : null;
  // A card that goes by its UID is of no issuer.
  return card < 2 ** 48 && Number(text) <= SERIAL_MAX ? cardNumber(issuerOf(card), Number(text)) : null;
}
