import type { Programme } from "@cachet/firmware/rules";
import { money } from "./money.ts";
import type { Answering } from "./programme-questions.ts";
import type { Template } from "./programme-templates.ts";

type Lang = "fr" | "en";
type Text = Readonly<Record<Lang, string>>;

/** What somebody says of his programme's launch, once a template is found. */
export interface Launch {
  readonly name: string;
  readonly number: number;
  /** Cents of a usual purchase, and visits of a usual customer in a month: what the simulation is played with. */
  readonly basketCents: number;
  readonly visits: number;
}

/** What a clientele usually buys, for whoever has no figure of his own. */
const USUAL: Readonly<Record<Template["clientele"], Pick<Launch, "basketCents" | "visits">>> = {
  daily: { basketCents: 600, visits: 8 },
  planned: { basketCents: 4_500, visits: 1 },
  subscribers: { basketCents: 2_500, visits: 4 },
  inhabitants: { basketCents: 3_000, visits: 4 },
};

const NAME_MAX = 40;
const BASKET_MAX = 1_000_000;

const wholeUpTo =
  (most: number) =>
  (text: string): number | null =>
    /^[1-9]\d{0,4}$/.test(text) && Number(text) <= most ? Number(text) : null;

function centsIn(text: string): number | null {
  const found = /^(\d{1,5})(?:[.,](\d\d))?(?: ?€)?$/.exec(text);
  const cents = found === null ? 0 : Number(found[1]) * 100 + Number(found[2] ?? 0);
  return cents >= 1 && cents <= BASKET_MAX ? cents : null;
}

const nameIn = (text: string): string | null => (text.length <= NAME_MAX && !/\p{Cc}/u.test(text) ? text : null);

const NAME: Text = {
  fr: "Lancement : nom du programme, comme sur les tickets",
  en: "Launch: name of the programme, as on receipts",
};
const NUMBER: Text = {
  fr: "Lancement : numéro du programme, à vous seul",
  en: "Launch: number of the programme, yours alone",
};
const BASKET: Text = { fr: "Lancement : achat habituel, en euros", en: "Launch: a usual purchase, in euros" };
const VISITS: Text = {
  fr: "Lancement : visites par mois d'un client habituel",
  en: "Launch: visits in a month of a usual customer",
};
const AGAIN: Readonly<Record<"name" | "number" | "basket" | "visits", Text>> = {
  name: { fr: `${NAME_MAX} caractères au plus, s'il vous plaît`, en: `${NAME_MAX} characters at most, please` },
  number: { fr: "un nombre de 1 à 65535, s'il vous plaît", en: "a number from 1 to 65535, please" },
  basket: { fr: "un montant comme 6,50, s'il vous plaît", en: "an amount such as 6.50, please" },
  visits: { fr: "un nombre de 1 à 60, s'il vous plaît", en: "a number from 1 to 60, please" },
};

/** Asks until something that can be read is typed; Enter takes what stands in brackets. Null when there is no answer to come. */
async function answerTo<T>(
  ask: Answering,
  head: string,
  usual: readonly [shown: string, value: T],
  read: (text: string) => T | null,
  again: string,
): Promise<T | null> {
  let question = `${head} [${usual[0]}]\n> `;
  for (;;) {
    const typed = (await ask(question))?.trim();
    if (typed === undefined) return null;
    const value = typed === "" ? usual[1] : read(typed);
    if (value !== null) return value;
    question = `${again}\n> `;
  }
}

/** Asks what a launch needs; null when there was no answer to come. */
export async function askForLaunch(
  ask: Answering,
  lang: Lang,
  { clientele }: Template,
  { name: usualName, number: usualNumber }: Programme,
): Promise<Launch | null> {
  const usual = USUAL[clientele];
  const name = await answerTo(ask, NAME[lang], [usualName, usualName], nameIn, AGAIN.name[lang]);
  if (name === null) return null;
  const shown = `${usualNumber}`;
  const number = await answerTo(ask, NUMBER[lang], [shown, usualNumber], wholeUpTo(0xffff), AGAIN.number[lang]);
  if (number === null) return null;
  const amount = money(usual.basketCents, lang);
  const basketCents = await answerTo(ask, BASKET[lang], [amount, usual.basketCents], centsIn, AGAIN.basket[lang]);
  if (basketCents === null) return null;
  const often = `${usual.visits}`;
  const visits = await answerTo(ask, VISITS[lang], [often, usual.visits], wholeUpTo(60), AGAIN.visits[lang]);
  return visits === null ? null : { name, number, basketCents, visits };
}

const NUMBER_LINE = /^ {2}number: \d+,$/m;
const NAME_LINE = /^ {2}name: ".*",$/m;

/** A template's source with the number and the name of a launch in place of its own. */
export function launched(source: string, { name, number }: Pick<Launch, "name" | "number">): string {
  if (!NUMBER_LINE.test(source) || !NAME_LINE.test(source)) throw new Error("a template without a number and a name");
  // Functions: a name may hold a dollar sign.
  return source
    .replace(NUMBER_LINE, () => `  number: ${number},`)
    .replace(NAME_LINE, () => `  name: ${JSON.stringify(name)},`);
}
