import { type Purse, type PurseKind, STAMPS_MAX } from "@cachet/card-layout";
import type { Programme, Rule } from "./programme.ts";
import { pursesOfRule } from "./stages.ts";
import type { Funder } from "./words.ts";

/** Rules whose purses the office can put value into. */
type CreditableRule = Extract<Rule, { kind: "stamps" | "cagnotte" | "prepaid" }>;

/** So many cents or stamps for the purse of one rule, whatever kind of purse a version of the programme kept it in. */
export interface CreditedAmount {
  readonly purse: CreditableRule["kind"];
  readonly index: number;
  readonly value: number;
}

/** What an amount did to a card, for the effect that says it. */
export interface Credited {
  readonly rule: string;
  readonly unit: "cents" | "stamps";
  readonly value: number;
  readonly funder: Funder;
}

const KINDS: Readonly<Record<CreditableRule["kind"], readonly PurseKind[]>> = {
  stamps: ["stamps", "timed-stamps"],
  cagnotte: ["cagnotte", "carrying-cagnotte"],
  prepaid: ["prepaid"],
};
type CreditablePurse = Extract<
  Purse,
  { kind: "stamps" | "timed-stamps" | "cagnotte" | "carrying-cagnotte" | "prepaid" }
>;

const mostOf = (rule: CreditableRule): number => (rule.kind === "stamps" ? STAMPS_MAX : rule.balanceMax);

/** The purse that a rule would begin with; null where it keeps its value in lots, which have days that an amount does not say. */
function emptyPurse(rule: CreditableRule): CreditablePurse | null {
  const kind = pursesOfRule(rule)[0]!.kind;
  const index = rule.purse;
  switch (kind) {
    case "stamps":
      return { kind, index, count: 0 };
    case "timed-stamps":
      return { kind, index, count: 0, last: 0 };
    case "carrying-cagnotte":
      return { kind, index, cents: 0, remainder: 0 };
    case "cagnotte":
    case "prepaid":
      return { kind, index, cents: 0 };
    default:
      return null;
  }
}

/** A purse with so much more in it; null where it would hold more than `most`. */
function raised(purse: CreditablePurse, value: number, most: number): CreditablePurse | null {
  const now = "count" in purse ? purse.count : purse.cents;
  if (now + value > most) return null;
  return "count" in purse ? { ...purse, count: now + value } : { ...purse, cents: now + value };
}

const isCreditable = (rule: Rule): rule is CreditableRule =>
  rule.kind === "stamps" || rule.kind === "cagnotte" || rule.kind === "prepaid";

/**
 * Purses with all amounts of one credit in them, and what each of them did; null where one finds no purse in the programme, or
 * would bring a purse above what it may hold: a credit is applied whole, or waits.
 */
export function creditPurses(
  programme: Programme,
  purses: readonly Purse[],
  amounts: readonly CreditedAmount[],
): { readonly purses: readonly Purse[]; readonly credited: readonly Credited[] } | null {
  let now = [...purses];
  const credited: Credited[] = [];
  for (const { purse: wanted, index, value } of amounts) {
    const rule = programme.rules.filter(isCreditable).find(({ kind, purse }) => kind === wanted && purse === index);
    const held = now.find(
      (purse): purse is CreditablePurse => KINDS[wanted].includes(purse.kind) && purse.index === index,
    );
    const purse = rule === undefined ? null : (held ?? emptyPurse(rule));
    if (rule === undefined || purse === null) return null;
    const more = raised(purse, value, mostOf(rule));
    if (more === null) return null;
    now = held === undefined ? [...now, more] : now.map((purse) => (purse === held ? more : purse));
    credited.push({ rule: rule.id, unit: wanted === "stamps" ? "stamps" : "cents", value, funder: rule.funder });
  }
  return { purses: now, credited };
}
