import { pursesSize } from "@cachet/card-layout";
import { type Programme, pursesOf } from "@cachet/firmware/rules";
import type { CardOrder } from "../cards/new-card.ts";
import { Failure } from "./failure.ts";
import { money } from "./money.ts";
import { goodProgramme } from "./programme-file.ts";

/** The programme of a file, which keeps prepaid money. Fails as `goodProgramme` does, and with C-PERSO-06 where it keeps none. */
export async function prepaidProgramme(file: string): Promise<Programme> {
  const programme = await goodProgramme(file);
  if (programme.rules.some(({ kind }) => kind === "prepaid")) return programme;
  throw new Failure(
    "C-PERSO-06",
    `${file}: programme ${programme.number} keeps no prepaid money`,
    "no card was touched",
    ["name a programme with a prepaid rule, or leave --prepaid out"],
  );
}

/** What a card must have for a programme: one area with room for its purses, on a chip that it may be opened on. */
export const keepsOf = (programme: Programme): NonNullable<CardOrder["keeps"]> => ({
  bytes: pursesSize(pursesOf(programme)),
  ...(programme.media === undefined ? {} : { chips: programme.media }),
});

const COLUMNS = 32;
const row = (left: string, right: string): string => `${left.padEnd(COLUMNS - right.length - 1)} ${right}`;

const WORDS = {
  fr: { title: "COMPTE PRÉPAYÉ", card: "Carte", digit: "Clé de contrôle", balance: "Solde" },
  en: { title: "PREPAID ACCOUNT", card: "Card", digit: "Check digit", balance: "Balance" },
} as const;

/**
 * What the holder of a new card is handed: the account's programme, the number to type where the card cannot be read, its check
 * digit, and the balance. A card with room for money has a number of its own.
 */
export function accountTicket({ name }: Programme, card: number, lang: "fr" | "en"): string[] {
  const { title, card: number, digit, balance } = WORDS[lang];
  return [title, name, row(number, String(card)), row(digit, String(card % 10)), row(balance, money(0, lang))];
}
