/** A given object before it is known to be what it claims. */
export type Fields = Readonly<Record<string, unknown>>;

/** Closed lists of words, by field: a misspelt one would quietly mean something else. */
const WORDS = {
  scope: ["shop", "town"],
  role: ["earn-and-spend", "earn-only"],
  funder: ["merchant", "association", "sponsor", "partner"],
  rounding: ["floor", "half-up", "ceil", "carry"],
  excess: ["carry", "lose"],
  kind: ["stamps", "cagnotte", "prepaid"],
  "count.per": ["visit", "item"],
  "minimum.kind": ["reaches", "exceeds"],
  "reward.kind": ["gift", "free-item"],
} as const;

export function wordFault(field: keyof typeof WORDS, word: unknown): string[] {
  const words: readonly unknown[] = WORDS[field];
  return words.includes(word)
    ? []
    : [`${field} is ${JSON.stringify(word) ?? "missing"}, it must be one of ${words.join(", ")}`];
}

export function fieldFaults(given: object, known: readonly string[]): string[] {
  return Object.keys(given).flatMap((field) => (known.includes(field) ? [] : [`there is no field "${field}"`]));
}

export const inRange = (value: unknown, min: number, max: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
export const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= max;
export const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** The sentences of the checks that do not hold. */
export function broken(checks: readonly (readonly [holds: boolean, sentence: string])[]): string[] {
  return checks.flatMap(([holds, sentence]) => (holds ? [] : [sentence]));
}
