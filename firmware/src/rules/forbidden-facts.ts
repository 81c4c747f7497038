/** Words for what no rule may ask of a person, by what they ask for. Plain letters: accents are taken off before. */
const FORBIDDEN: readonly (readonly [fact: string, words: RegExp])[] = [
  ["sex", /^(sex|sexe|sexes|gender|genre|femmes?|hommes?|women|woman|men|man|madame|monsieur|civilite|civility)$/],
  [
    "origin",
    /^(origins?|origines?|nationality|nationalite|nation|ethnicity|ethnie|race|birthplace|prenoms?|firstname|surname|lastname|patronyme)$/,
  ],
  ["place of residence", /^(address|adresses?|street|postcode|postal|zip|residence|residents?|habitants?|domicile)$/],
  ["religion or opinions", /^(religions?|beliefs?|croyances?|politics|politique)$/],
  ["health", /^(health|sante|disability|handicap|pregnancy|grossesse)$/],
  ["family", /^(marital|matrimonial)$/],
];

/** Where the list comes from. */
export const FORBIDDEN_SOURCE = "articles 225-1 and 225-2 of the French penal code";

/** `birthPlace` and `lieu-de-residence` as words: a name is looked at word by word. */
const wordsOf = (name: string): string[] =>
  name
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);

/** What a name asks of a person that no rule may depend on: sex, origin, place of residence ...; null for any other name. */
export function forbiddenFact(name: string): string | null {
  const asked = wordsOf(name);
  return FORBIDDEN.find(([, words]) => asked.some((word) => words.test(word)))?.[0] ?? null;
}
