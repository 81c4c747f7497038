import { existsSync, readdirSync, readFileSync } from "node:fs";

export type Json = Readonly<Record<string, unknown>>;

/** One worked case, in its author's words. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly programme: Json;
  readonly given: Json;
  readonly when: readonly Json[];
  readonly then: readonly Json[];
  readonly final: Json;
}

const SHARED = new URL("../../../shared/cases/rules.json", import.meta.url);
const OWN = new URL("./own/", import.meta.url);

const casesIn = (file: URL): readonly Case[] =>
  (JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Case[] }).cases;

/** The cases that lie beside the checkout, where they do, and those of the repository. */
export const readCases = (): readonly Case[] => [
  ...(existsSync(SHARED) ? casesIn(SHARED) : []),
  ...readdirSync(OWN).flatMap((name) => casesIn(new URL(name, OWN))),
];

/** What a case is about: a programme, a terminal's memory of cards, an account of several cards, or another part of the product. */
export function subjectOf({ programme, when }: Case): "programme" | "memory" | "family" | "elsewhere" {
  if ("card_check" in programme) return "memory";
  if ("shared_account" in programme) return "family";
  const isImport = when.some(({ type }) => type === "import");
  return isImport || "settlement" in programme || "letter" in programme ? "elsewhere" : "programme";
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Each variant of a case by name, `null` where there is one only; what is common to all of them stands in each. */
export function variantsOf({ programme }: Case): readonly (readonly [string | null, Json])[] {
  const { variants, common, ...rest } = programme;
  const shared = { ...rest, ...((common ?? {}) as Json) };
  if (variants !== undefined)
    return Object.entries(variants as Record<string, Json>).map(([name, own]) => [
      name,
      { ...shared, ...own, variant: name },
    ]);
  // Variants may stand in one field of the programme: in `redeem`, say.
  const deep = Object.entries(shared).find(([, value]) => isObject(value) && "variants" in value);
  if (deep === undefined) return [[null, shared]];
  const [field, { variants: inner, ...others }] = deep as [string, Record<string, Json>];
  return Object.entries(inner as Record<string, Json>).map(([name, own]) => [
    name,
    { ...shared, [field]: { ...others, ...own }, variant: name },
  ]);
}

/** What a case says of one variant: an answer for each, or one for all. */
export function answerOf(answer: Json, variant: string | null): Json {
  return variant !== null && variant in answer ? (answer[variant] as Json) : answer;
}

/** Takes fields out of a case; whatever is left at the end is a word that nobody understood. */
export class Words {
  private readonly left: Map<string, unknown>;
  private readonly where: string;

  constructor(where: string, given: Json) {
    this.where = where;
    this.left = new Map(Object.entries(given));
  }

  has(word: string): boolean {
    return this.left.has(word);
  }

  take<T>(word: string, otherwise: T): T {
    const value = this.left.has(word) ? (this.left.get(word) as T) : otherwise;
    this.left.delete(word);
    return value;
  }

  /** One of the words that are known, and what it is to the product. */
  oneOf<T>(word: string, known: Readonly<Record<string, T>>, otherwise: string): T {
    const value = this.take(word, otherwise);
    if (!Object.hasOwn(known, String(value)))
      throw new Error(`${this.where}.${word}: the adapter does not know ${JSON.stringify(value)}`);
    return known[String(value)]!;
  }

  /** A field that may only say what the product does anyway. */
  always(word: string, ...known: readonly unknown[]): void {
    const value = this.take(word, known[0]);
    if (!known.some((one) => JSON.stringify(one) === JSON.stringify(value)))
      throw new Error(`${this.where}.${word}: the product knows no ${JSON.stringify(value)}`);
  }

  within(word: string): Words {
    return new Words(`${this.where}.${word}`, this.take<Json>(word, {}));
  }

  list(word: string): readonly Words[] {
    return this.take<readonly Json[]>(word, []).map((one, i) => new Words(`${this.where}.${word}[${i}]`, one));
  }

  end(): void {
    if (this.left.size > 0)
      throw new Error(`${this.where}: the adapter does not know ${[...this.left.keys()].join(", ")}`);
  }
}
