import { CAGNOTTE_DEFAULTS, type CagnotteRule } from "./cagnotte-rule.ts";
import { STAMPS_DEFAULTS, type StampsRule } from "./stamps-rule.ts";
import type { MerchantRole } from "./words.ts";

export type Rule = StampsRule | CagnotteRule;

/** A programme: everything that decides about value, as plain data. */
export interface Programme {
  /** Number on the card, 1 to 65535. */
  readonly number: number;
  /** Every change makes a new version, 1 to 65535. */
  readonly version: number;
  readonly name: string;
  /** A shop's own programme is evaluated before the town's. */
  readonly scope: "shop" | "town";
  /** Time zone of its calendar, by IANA name. */
  readonly zone: string;
  /** Merchants by number. */
  readonly merchants: Readonly<Record<number, { readonly name: string; readonly role: MerchantRole }>>;
  /** Categories that neither earn nor count towards a minimum. */
  readonly exclude: readonly string[];
  readonly rules: readonly Rule[];
}

/** A programme as its author writes it: what has a usual value may be left out. */
export type ProgrammeDraft = Omit<Programme, "zone" | "exclude"> & Partial<Pick<Programme, "zone" | "exclude">>;

/** What is wrong with a programme, one sentence for each fault, each naming the field. */
export class ProgrammeFault extends Error {
  readonly faults: readonly string[];
  constructor(name: string, faults: readonly string[]) {
    super(`programme "${name}": ${faults.join("; ")}`);
    this.name = "ProgrammeFault";
    this.faults = faults;
  }
}

const RULE_ID = /^[a-z][a-z0-9-]{0,39}$/;

const inRange = (value: unknown, min: number, max: number) =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;

type Fields = Readonly<Record<string, unknown>>;

/** Closed lists of words, by field: a misspelt one would quietly mean something else. */
const WORDS = {
  scope: ["shop", "town"],
  role: ["earn-and-spend", "earn-only"],
  funder: ["merchant", "association", "sponsor", "partner"],
  rounding: ["floor", "half-up", "ceil", "carry"],
  excess: ["carry", "lose"],
  kind: ["stamps", "cagnotte"],
  "count.per": ["visit", "item"],
  "minimum.kind": ["reaches", "exceeds"],
  "reward.kind": ["gift", "free-item"],
} as const;

/** Every field that may stand in a rule of a kind. */
const RULE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  stamps: ["kind", "id", ...Object.keys(STAMPS_DEFAULTS), "grid", "reward"],
  cagnotte: ["kind", "id", ...Object.keys(CAGNOTTE_DEFAULTS), "rate"],
};
const PROGRAMME_FIELDS = ["number", "version", "name", "scope", "zone", "merchants", "exclude", "rules"];

function wordFault(field: keyof typeof WORDS, word: unknown): string[] {
  const words: readonly unknown[] = WORDS[field];
  return words.includes(word)
    ? []
    : [`${field} is ${JSON.stringify(word) ?? "missing"}, it must be one of ${words.join(", ")}`];
}

function fieldFaults(given: object, known: readonly string[]): string[] {
  return Object.keys(given).flatMap((field) => (known.includes(field) ? [] : [`there is no field "${field}"`]));
}

const isText = (value: unknown, max: number) => typeof value === "string" && value.length >= 1 && value.length <= max;
const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

function stampsFaults({ count, minimum, reward, excess, grid, cooldownMinutes, onZeroPayable }: Fields): string[] {
  if (!isObject(count) || !isObject(minimum)) return ["count and minimum must be objects"];
  if (!isObject(reward)) return ["reward is missing"];
  const counted = count.per === "item" ? count.category : null;
  const checks: [boolean, string][] = [
    [inRange(grid, 1, 200), "grid must be 1 to 200 stamps"],
    [inRange(cooldownMinutes, 0, 525_600), "cooldownMinutes must be whole minutes, at most a year"],
    [typeof onZeroPayable === "boolean", "onZeroPayable must be true or false"],
    [count.per !== "visit" || inRange(count.stamps, 1, 50), "stamps per visit must be 1 to 50"],
    [count.per !== "item" || isText(counted, 40), "count.category must have 1 to 40 characters"],
    [inRange(minimum.amount, 0, 10_000_000), "minimum must be whole cents"],
    [isText(reward.label, 60), "reward label must have 1 to 60 characters"],
    [reward.kind !== "gift" || inRange(reward.value, 0, 90_000), "reward value must be 0 to 90000 cents"],
    [reward.kind !== "free-item" || counted === reward.category, "a free item must be of the category that is counted"],
  ];
  return [
    ...wordFault("count.per", count.per),
    ...wordFault("minimum.kind", minimum.kind),
    ...wordFault("reward.kind", reward.kind),
    ...wordFault("excess", excess),
    ...checks.flatMap(([ok, sentence]) => (ok ? [] : [sentence])),
  ];
}

function cagnotteFaults({ rate, balanceMax, rounding }: Fields): string[] {
  const checks: [boolean, string][] = [
    [inRange(rate, 1, 10_000), "rate must be 1 to 10000 basis points; write percent(5) for 5 %"],
    [inRange(balanceMax, 1, 16_777_215), "balanceMax must be 1 to 16777215 cents"],
  ];
  return [...wordFault("rounding", rounding), ...checks.flatMap(([ok, sentence]) => (ok ? [] : [sentence]))];
}

function ruleFaults(rule: Fields): string[] {
  const kind = wordFault("kind", rule.kind);
  const faults =
    kind.length > 0
      ? kind
      : [
          ...fieldFaults(rule, RULE_FIELDS[String(rule.kind)]!),
          ...(RULE_ID.test(String(rule.id)) ? [] : ["id must be lower-case letters, digits and hyphens, at most 40"]),
          ...(inRange(rule.purse, 0, 7) ? [] : ["purse must be 0 to 7"]),
          ...wordFault("funder", rule.funder),
          ...(rule.kind === "stamps" ? stampsFaults(rule) : cagnotteFaults(rule)),
        ];
  return faults.map((fault) => `rule "${String(rule.id)}": ${fault}`);
}

function headFaults({ number, version, name, scope, zone, exclude }: Fields): string[] {
  const checks: [boolean, string][] = [
    [inRange(number, 1, 65_535), "number must be 1 to 65535"],
    [inRange(version, 1, 65_535), "version must be 1 to 65535"],
    [isText(name, 40), "name must have 1 to 40 characters"],
    [isText(zone, 40), "zone must be the name of a time zone"],
    [
      Array.isArray(exclude) && exclude.every((category) => isText(category, 40)),
      "exclude must be a list of categories",
    ],
  ];
  return [...checks.flatMap(([ok, sentence]) => (ok ? [] : [sentence])), ...wordFault("scope", scope)];
}

function merchantFaults(merchants: unknown): string[] {
  if (!isObject(merchants) || Object.keys(merchants).length === 0) return ["merchants: name at least one"];
  return Object.entries(merchants).flatMap(([merchant, facts]) => {
    if (!inRange(Number(merchant), 1, 65_535)) return [`merchants: number ${merchant} is not 1 to 65535`];
    if (!isObject(facts) || !isText(facts.name, 40)) return [`merchant ${merchant}: name must have 1 to 40 characters`];
    return wordFault("role", facts.role).map((fault) => `merchant ${merchant}: ${fault}`);
  });
}

/** What is wrong with several rules beside each other. */
function togetherFaults(rules: readonly Rule[]): string[] {
  const faults: string[] = [];
  const freeCategories = rules.flatMap((rule) =>
    rule.kind === "stamps" && rule.reward.kind === "free-item" ? [rule.reward.category] : [],
  );
  if (new Set(freeCategories).size !== freeCategories.length) {
    faults.push("rules: only one rule may give free items of a category, else one item would be given twice");
  }
  const ids = new Set<string>();
  const purses = new Set<string>();
  for (const { id, kind, purse } of rules) {
    if (ids.has(id)) faults.push(`rule "${id}" stands twice`);
    if (purses.has(`${kind} ${purse}`))
      faults.push(`rule "${id}": purse ${purse} of kind ${kind} is taken; give it another`);
    ids.add(id);
    purses.add(`${kind} ${purse}`);
  }
  return faults;
}

/** Every fault of what claims to be a programme, one sentence each; empty where there is none. Takes anything. */
export function programmeFaults(given: unknown): string[] {
  if (!isObject(given)) return ["it is no programme"];
  const faults = [...fieldFaults(given, PROGRAMME_FIELDS), ...headFaults(given), ...merchantFaults(given.merchants)];
  const { rules } = given;
  if (!Array.isArray(rules) || rules.length === 0) return [...faults, "rules: name at least one"];
  const ofRules = rules.flatMap((rule: unknown) =>
    isObject(rule) ? ruleFaults(rule) : ["rules: one of them is no rule"],
  );
  return [...faults, ...ofRules, ...(ofRules.length > 0 ? [] : togetherFaults(rules as Rule[]))];
}

/** Fills in usual values and checks a programme. Throws `ProgrammeFault` with every fault found. */
export function programme(draft: ProgrammeDraft): Programme {
  const complete: Programme = { zone: "Europe/Paris", exclude: [], ...draft };
  const faults = programmeFaults(complete);
  if (faults.length > 0) throw new ProgrammeFault(String(complete.name), faults);
  return complete;
}

/** A rate in basis points from whole per cents. */
export function percent(value: number): number {
  if (!Number.isInteger(value))
    throw new ProgrammeFault("percent", [`${value} is not whole; write basisPoints(${value * 100})`]);
  return value * 100;
}

/** A rate in basis points: 250 is 2.5 %. */
export function basisPoints(value: number): number {
  if (!Number.isInteger(value)) throw new ProgrammeFault("basisPoints", [`${value} is not whole`]);
  return value;
}

type Draft<R, D extends keyof R> = Omit<R, "kind" | D> & Partial<Pick<R, D>>;

/** Preset *grille*: a reward after so many visits or items. */
export function stamps(draft: Draft<StampsRule, keyof typeof STAMPS_DEFAULTS>): StampsRule {
  return { kind: "stamps", ...STAMPS_DEFAULTS, ...draft };
}

/** Preset *cagnotte*: a rate of every purchase is saved up and spent like money. */
export function cagnotte(draft: Draft<CagnotteRule, keyof typeof CAGNOTTE_DEFAULTS>): CagnotteRule {
  return { kind: "cagnotte", ...CAGNOTTE_DEFAULTS, ...draft };
}
