import { CAGNOTTE_DEFAULTS, type CagnotteRule } from "./cagnotte-rule.ts";
import { PREPAID_DEFAULTS, type PrepaidRule } from "./prepaid-rule.ts";
import type { Programme } from "./programme.ts";
import { programmeFaults } from "./programme-faults.ts";
import { STAMPS_DEFAULTS, type StampsRule } from "./stamps-rule.ts";

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

/** Preset *prépayé*: money paid in at the counter, which pays by itself at every sale. */
export function prepaid(draft: Draft<PrepaidRule, keyof typeof PREPAID_DEFAULTS>): PrepaidRule {
  return { kind: "prepaid", ...PREPAID_DEFAULTS, ...draft };
}
