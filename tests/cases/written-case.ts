import { existsSync, readFileSync } from "node:fs";

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

const FILE = new URL("../../../shared/cases/rules.json", import.meta.url);
export const hasCases = existsSync(FILE);

export function readCases(): readonly Case[] {
  return hasCases ? (JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Case[] }).cases : [];
}

/** Each variant of a case by name, `null` where there is one only; what is common to all of them stands in each. */
export function variantsOf({ programme }: Case): readonly (readonly [string | null, Json])[] {
  const { variants, common, ...rest } = programme;
  const shared = { ...rest, ...((common ?? {}) as Json) };
  // Variants may stand deeper: in `letter`, say. Those are given up as one field of the variant's name.
  return variants === undefined
    ? [[null, shared]]
    : Object.entries(variants as Record<string, Json>).map(([name, own]) => [
        name,
        { ...shared, ...own, variant: name },
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

  within(word: string): Words {
    return new Words(`${this.where}.${word}`, this.take<Json>(word, {}));
  }

  end(): void {
    if (this.left.size > 0)
      throw new Error(`${this.where}: the adapter does not know ${[...this.left.keys()].join(", ")}`);
  }
}
