import type { Owed } from "../office/owed.ts";
import type { Statement } from "../office/statement.ts";
import { money } from "./money.ts";

const WORDS = {
  fr: {
    merchant: "commerçant",
    visits: "visites",
    earned: "gagné",
    spent: "utilisé",
    rewards: "cadeaux",
    toppedUp: "rechargé",
    total: "total",
    outstanding: "reste sur les cartes, selon le livre",
    stamps: "tampons",
    inDoubt: "en doute",
    owed: "dû à d'autres, par mois",
    card: "carte",
    programme: "programme",
    units: { points: "points", stamps: "tampons", units: "unités" },
  },
  en: {
    merchant: "merchant",
    visits: "visits",
    earned: "earned",
    spent: "spent",
    rewards: "rewards",
    toppedUp: "topped up",
    total: "total",
    outstanding: "outstanding on cards, by the books",
    stamps: "stamps",
    inDoubt: "in doubt",
    owed: "owed to others, by month",
    card: "card",
    programme: "programme",
    units: { points: "points", stamps: "stamps", units: "units" },
  },
} as const;

function owedLine({ programme, to, month, unit, amount }: Owed, lang: "fr" | "en"): string {
  const words = WORDS[lang];
  const name = typeof to === "number" ? `${words.card} ${to}` : to;
  const value = unit === "cents" ? money(amount, lang) : `${amount} ${words.units[unit as keyof typeof words.units]}`;
  return `${month}  ${name.padEnd(42)}${`${words.programme} ${programme}`.padEnd(18)}${value.padStart(15)}`;
}

/** What others are owed, month by month, under a title; nothing where nobody is. */
export const owedLines = (owed: readonly Owed[], lang: "fr" | "en"): string[] =>
  owed.length === 0 ? [] : ["", WORDS[lang].owed, ...owed.map((one) => owedLine(one, lang))];

/** A statement as a table: one line for each merchant, then the totals. Top-ups have a column where there are any. */
export function statementLines(statement: Statement, names: ReadonlyMap<number, string>, lang: "fr" | "en"): string[] {
  const words = WORDS[lang];
  const line = (name: string, visits: string, earned: string, spent: string, rewards: string, toppedUp: string) => {
    const columns = `${name.padEnd(26)}${visits.padStart(9)}${earned.padStart(15)}${spent.padStart(15)}${rewards.padStart(10)}`;
    return statement.toppedUpCents === 0 ? columns : `${columns}${toppedUp.padStart(15)}`;
  };
  const sum = (field: "rewards") => statement.merchants.reduce((all, merchant) => all + merchant[field], 0);
  return [
    line(words.merchant, words.visits, words.earned, words.spent, words.rewards, words.toppedUp),
    ...statement.merchants.map(({ merchant, visits, earnedCents, spentCents, rewards, toppedUpCents }) =>
      line(
        names.get(merchant) ?? String(merchant),
        String(visits),
        money(earnedCents, lang),
        money(spentCents, lang),
        String(rewards),
        money(toppedUpCents, lang),
      ),
    ),
    line(
      words.total,
      String(statement.visits),
      money(statement.earnedCents, lang),
      money(statement.spentCents, lang),
      String(sum("rewards")),
      money(statement.toppedUpCents, lang),
    ),
    "",
    `${words.outstanding}: ${money(statement.outstandingCents, lang)}, ${statement.outstandingStamps} ${words.stamps}; ${words.inDoubt}: ${statement.inDoubt}`,
    ...owedLines(statement.owed, lang),
  ];
}
