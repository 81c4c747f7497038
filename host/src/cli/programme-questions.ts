import { CARD_MAPS } from "@cachet/card-layout";
import {
  type Clientele,
  chipsOf,
  type Goal,
  type Mechanic,
  type Model,
  TEMPLATES,
  type Template,
} from "./programme-templates.ts";

type Lang = "fr" | "en";
type Text = Readonly<Record<Lang, string>>;

/** Somebody who answers: a line of text for a question, or null when there is no answer to come. */
export type Answering = (question: string) => Promise<string | null>;

/** A template with the chips that its programme may lie on. */
interface Offer {
  readonly template: Template;
  readonly chips: readonly string[];
}

interface Question {
  readonly text: Text;
  /** By the word that an offer has. */
  readonly answers: Readonly<Record<string, Text>>;
  readonly of: (offer: Offer) => readonly string[];
}

const GOALS: Readonly<Record<Goal, Text>> = {
  visits: { fr: "des visites plus fréquentes", en: "more frequent visits" },
  basket: { fr: "des achats plus importants", en: "larger purchases" },
  advance: { fr: "être payé d'avance", en: "being paid in advance" },
  town: { fr: "faire vivre les commerces d'une ville", en: "keeping a town's shops alive" },
};
const CLIENTELES: Readonly<Record<Clientele, Text>> = {
  daily: { fr: "vient souvent, pour de petits achats", en: "comes often, for small purchases" },
  planned: { fr: "vient de temps en temps, pour un achat précis", en: "comes now and then, for something in mind" },
  subscribers: { fr: "vient régulièrement, comme un abonné", en: "comes regularly, like a subscriber" },
  inhabitants: { fr: "les habitants d'une ville", en: "the inhabitants of a town" },
};
const MODELS: Readonly<Record<Model, Text>> = {
  shop: { fr: "un commerce, sans cotisation", en: "one shop, without a fee" },
  "shop-with-fee": { fr: "un commerce, avec un club à cotisation", en: "one shop, with a club that asks a fee" },
  town: { fr: "plusieurs commerces ensemble", en: "several shops together" },
  "town-with-supermarket": { fr: "plusieurs commerces et un supermarché", en: "several shops and a supermarket" },
};
const MECHANICS: Readonly<Record<Mechanic, Text>> = {
  stamps: { fr: "une grille de tampons", en: "a grid of stamps" },
  cagnotte: { fr: "une cagnotte en euros", en: "a cagnotte in euros" },
  points: { fr: "des points et des cadeaux", en: "points and gifts" },
  prepaid: { fr: "un compte prépayé avec bonus", en: "a prepaid account with a bonus" },
  units: {
    fr: "des formules de séances, locations, photos ou copies",
    en: "packs of sessions, rentals, prints or copies",
  },
  discount: { fr: "une remise immédiate", en: "a discount at once" },
  levels: { fr: "des statuts", en: "levels" },
  challenge: { fr: "un défi entre commerces", en: "a challenge among shops" },
  draw: { fr: "un tirage au sort", en: "a prize draw" },
};
const CHIPS: Readonly<Record<string, Text>> = Object.fromEntries(
  CARD_MAPS.map(({ chip }) => [chip, { fr: chip, en: chip }]),
);

/** In the order in which a loyalty project is thought through: goals, clientele, model, support, mechanics. */
const QUESTIONS: readonly Question[] = [
  { text: { fr: "Objectif", en: "Goal" }, answers: GOALS, of: ({ template }) => template.goals },
  { text: { fr: "Clientèle", en: "Clientele" }, answers: CLIENTELES, of: ({ template }) => [template.clientele] },
  { text: { fr: "Modèle", en: "Model" }, answers: MODELS, of: ({ template }) => [template.model] },
  {
    text: { fr: "Support : puce de la carte", en: "Support: chip of the card" },
    answers: CHIPS,
    of: ({ chips }) => chips,
  },
  {
    text: { fr: "Mécanique de récompense", en: "Reward mechanics" },
    answers: MECHANICS,
    of: ({ template }) => template.mechanics,
  },
];

const ANY: Text = { fr: "peu importe", en: "any of them" };
const WHICH: Text = { fr: "Programme de départ", en: "Template" };
const AGAIN: Text = { fr: "un numéro de la liste, s'il vous plaît", en: "a number of the list, please" };

/** Asks until a number of the list is typed. Null when there is no answer to come. `least`: 0 where "any" stands first. */
async function numberOf(ask: Answering, lang: Lang, head: Text, lines: readonly string[], least: 0 | 1) {
  const list = lines.map((line, i) => `  ${i + least}  ${line}`).join("\n");
  let question = `${head[lang]}\n${list}\n> `;
  for (;;) {
    const typed = (await ask(question))?.trim();
    if (typed === undefined) return null;
    if (typed === "" && least === 0) return 0;
    const number = Number(typed);
    if (/^\d{1,3}$/.test(typed) && number >= least && number < lines.length + least) return number;
    question = `${AGAIN[lang]}\n> `;
  }
}

/** What is left of some offers when a question is answered. Nothing is asked where every answer would leave all of them. */
async function narrowed(ask: Answering, lang: Lang, { text, answers, of }: Question, left: readonly Offer[]) {
  const useful = Object.entries(answers).flatMap(([word, said]) => {
    const kept = left.filter((offer) => of(offer).includes(word));
    return kept.length > 0 ? [{ said, kept }] : [];
  });
  if (useful.every(({ kept }) => kept.length === left.length)) return left;
  const number = await numberOf(ask, lang, text, [ANY[lang], ...useful.map(({ said }) => said[lang])], 0);
  if (number === null) return null;
  return number === 0 ? left : useful[number - 1]!.kept;
}

/** Leads somebody to a template by questions; the name of it, or null when there was no answer to come. */
export async function askForTemplate(ask: Answering, lang: Lang): Promise<string | null> {
  let left: readonly Offer[] = await Promise.all(
    TEMPLATES.map(async (template) => ({ template, chips: await chipsOf(template.name) })),
  );
  for (const question of QUESTIONS) {
    const kept = await narrowed(ask, lang, question, left);
    if (kept === null) return null;
    left = kept;
  }
  const titles = left.map(({ template }) => `${template.name}: ${template.title[lang]}`);
  const number = left.length === 1 ? 1 : await numberOf(ask, lang, WHICH, titles, 1);
  return number === null ? null : left[number - 1]!.template.name;
}
