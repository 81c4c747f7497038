import { civilOf, type Day, maskedCard } from "@cachet/card-layout";
import type { Correction } from "../office/correct/correction.ts";
import type { Difference } from "../office/correct/difference.ts";
import type { Fate, Settled } from "../office/correct/post.ts";
import { type Keeps, partsOf } from "../office/correct/value.ts";
import { money } from "./money.ts";

type Lang = "fr" | "en";

const MONTHS = {
  fr: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(" "),
  en: "January February March April May June July August September October November December".split(" "),
};

function date(day: Day, lang: Lang): string {
  const { year, month, dayOfMonth } = civilOf(day);
  const first = lang === "fr" && dayOfMonth === 1 ? "1er" : String(dayOfMonth);
  return `${first} ${MONTHS[lang][month - 1]} ${year}`;
}

const UNITS = {
  fr: { stamps: ["tampon", "tampons"], points: ["point", "points"], units: ["unité", "unités"] },
  en: { stamps: ["stamp", "stamps"], points: ["point", "points"], units: ["unit", "units"] },
} as const;

/** A value in its unit, as people write it: `-6,00 €`, `1 tampon`, `40 points`. */
export function amountText(unit: Difference["unit"], value: number, lang: Lang): string {
  if (unit === "cents") return money(value, lang);
  const [one, many] = UNITS[lang][unit];
  const isOne = lang === "fr" ? Math.abs(value) < 2 : Math.abs(value) === 1;
  return `${value} ${isOne ? one : many}`;
}

/** What customers call what a purse keeps. */
const KEEPS: Readonly<Record<Lang, Readonly<Record<Keeps, string>>>> = {
  fr: { cagnotte: "Cagnotte", stamps: "Tampons", points: "Points", prepaid: "Compte prépayé", units: "Unités" },
  en: { cagnotte: "Savings", stamps: "Stamps", points: "Points", prepaid: "Prepaid money", units: "Units" },
};

/** The name of a purse in a letter; with the id of its rule where there are two of a kind. */
function nameOf({ purse, rule }: Difference, all: readonly Difference[], lang: Lang): string {
  const { keeps } = partsOf(purse);
  const isOnly = all.filter((one) => partsOf(one.purse).keeps === keeps).length === 1;
  return isOnly ? KEEPS[lang][keeps] : `${KEEPS[lang][keeps]} (${rule})`;
}

const WORDS = {
  fr: {
    subject: (name: string, card: string) => `Objet : correction du programme « ${name} », carte ${card}`,
    greeting: "Madame, Monsieur,",
    what: (from: string, to: string, name: string, visits: number, card: string) =>
      `Du ${from} au ${to}, une règle du programme « ${name} » était fausse. Nous avons recalculé avec la bonne règle ` +
      `${visits === 1 ? "le passage" : `les ${visits} passages`} de votre carte ${card} :`,
    row: (purse: string, given: string, right: string) => `${purse} : ${given} donnés, ${right} selon la bonne règle`,
    fates: {
      credit: (value: string) =>
        `Il vous manque ${value}. Ce sera mis sur votre carte lors d'un de vos prochains passages.`,
      owed: (value: string) => `Il vous manque ${value}. Nous vous le devons et reviendrons vers vous.`,
      kept: (value: string) => `Vous avez reçu ${value} de trop. L'erreur est la nôtre : cela vous reste acquis.`,
      claimed: (value: string) =>
        `Vous avez reçu ${value} de trop. Rien n'est retiré de votre carte ; nous reviendrons vers vous à ce sujet.`,
    } satisfies Record<Fate, (value: string) => string>,
    close: "Nous vous prions de nous excuser de cette erreur.",
  },
  en: {
    subject: (name: string, card: string) => `Subject: correction of the programme "${name}", card ${card}`,
    greeting: "Dear customer,",
    what: (from: string, to: string, name: string, visits: number, card: string) =>
      `From ${from} to ${to} a rule of the programme "${name}" was wrong. With the right rule we have worked out anew ` +
      `${visits === 1 ? "the visit" : `the ${visits} visits`} of your card ${card}:`,
    row: (purse: string, given: string, right: string) => `${purse}: ${given} given, ${right} by the right rule`,
    fates: {
      credit: (value: string) => `You are missing ${value}. We put this on your card at one of your next visits.`,
      owed: (value: string) => `You are missing ${value}. We owe you this and will come back to you.`,
      kept: (value: string) => `You received ${value} more than was due. The mistake is ours: it stays yours.`,
      claimed: (value: string) =>
        `You received ${value} more than was due. Nothing is taken off your card; we will come back to you about it.`,
    } satisfies Record<Fate, (value: string) => string>,
    close: "We apologise for this mistake.",
  },
};

/** The letter to the holder of one card: which card, which days, what was given and what was right, and what becomes of it. No names of people. */
export function letterText(correction: Correction, settled: readonly Settled[], card: number, lang: Lang): string {
  const { right, period } = correction;
  const words = WORDS[lang];
  const { visits, purses } = correction.members.find((member) => member.card === card)!;
  const masked = maskedCard(card);
  const changed = purses.filter(({ difference }) => difference !== 0);
  const unitOf = new Map(purses.map(({ purse, unit }) => [purse, unit]));
  const ends = settled.flatMap((one) =>
    one.card === card ? [words.fates[one.fate](amountText(unitOf.get(one.purse)!, Math.abs(one.value), lang))] : [],
  );
  return [
    words.subject(right.name, masked),
    "",
    words.greeting,
    "",
    words.what(date(period.from, lang), date(period.to, lang), right.name, visits, masked),
    "",
    ...changed.map((one) => {
      const { unit, given, right: should } = one;
      return `  ${words.row(nameOf(one, purses, lang), amountText(unit, given, lang), amountText(unit, should, lang))}`;
    }),
    "",
    ...ends,
    words.close,
  ].join("\n");
}
