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

const inRange = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max;

function ruleFaults(rule: Rule): string[] {
  const faults: string[] = [];
  const need = (ok: boolean, sentence: string) => {
    if (!ok) faults.push(`rule "${rule.id}": ${sentence}`);
  };
  need(RULE_ID.test(rule.id), "id must be lower-case letters, digits and hyphens, at most 40");
  need(inRange(rule.purse, 0, 7), "purse must be 0 to 7");
  if (rule.kind === "stamps") {
    need(inRange(rule.grid, 1, 200), "grid must be 1 to 200 stamps");
    need(inRange(rule.cooldownMinutes, 0, 525_600), "cooldownMinutes must be whole minutes, at most a year");
    need(rule.count.per !== "visit" || inRange(rule.count.stamps, 1, 50), "stamps per visit must be 1 to 50");
    const { amount } = rule.minimum;
    need(inRange(amount, 0, 10_000_000), "minimum must be whole cents");
    need(rule.reward.label.length >= 1 && rule.reward.label.length <= 60, "reward label must have 1 to 60 characters");
    if (rule.reward.kind === "gift")
      need(inRange(rule.reward.value, 0, 90_000), "reward value must be 0 to 90000 cents");
    if (rule.reward.kind === "free-item") {
      const counted = rule.count.per === "item" ? rule.count.category : null;
      need(counted === rule.reward.category, "a free item must be of the category that is counted");
    }
  } else {
    need(inRange(rule.rate, 1, 10_000), "rate must be 1 to 10000 basis points; write percent(5) for 5 %");
    need(inRange(rule.balanceMax, 1, 16_777_215), "balanceMax must be 1 to 16777215 cents");
  }
  return faults;
}

/** Fills in usual values and checks a programme. Throws `ProgrammeFault` with every fault found. */
export function programme(draft: ProgrammeDraft): Programme {
  const complete: Programme = { zone: "Europe/Paris", exclude: [], ...draft };
  const faults: string[] = [];
  if (!inRange(complete.number, 1, 65_535)) faults.push("number must be 1 to 65535");
  if (!inRange(complete.version, 1, 65_535)) faults.push("version must be 1 to 65535");
  if (complete.name.length === 0 || complete.name.length > 40) faults.push("name must have 1 to 40 characters");
  const merchants = Object.keys(complete.merchants);
  if (merchants.length === 0) faults.push("merchants: name at least one");
  for (const merchant of merchants) {
    if (!inRange(Number(merchant), 1, 65_535)) faults.push(`merchants: number ${merchant} is not 1 to 65535`);
  }
  if (complete.rules.length === 0) faults.push("rules: name at least one");
  const freeCategories = complete.rules.flatMap((rule) =>
    rule.kind === "stamps" && rule.reward.kind === "free-item" ? [rule.reward.category] : [],
  );
  if (new Set(freeCategories).size !== freeCategories.length) {
    faults.push("rules: only one rule may give free items of a category, else one item would be given twice");
  }
  const ids = new Set<string>();
  const purses = new Set<string>();
  for (const rule of complete.rules) {
    faults.push(...ruleFaults(rule));
    if (ids.has(rule.id)) faults.push(`rule "${rule.id}" stands twice`);
    const purse = `${rule.kind} ${rule.purse}`;
    if (purses.has(purse))
      faults.push(`rule "${rule.id}": purse ${rule.purse} of kind ${rule.kind} is taken; give it another`);
    ids.add(rule.id);
    purses.add(purse);
  }
  if (faults.length > 0) throw new ProgrammeFault(complete.name, faults);
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
