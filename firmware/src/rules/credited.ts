import { type Purse, STAMPS_MAX } from "@cachet/card-layout";
import type { Programme, Rule } from "./programme.ts";
import { purseOf } from "./rule-kinds.ts";
import type { Funder } from "./words.ts";

/** So many cents or stamps for the purse of one rule, whatever kind of purse a version of the programme kept it in. */
export interface CreditedAmount {
  readonly purse: Rule["kind"];
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

const KINDS: Readonly<Record<Rule["kind"], readonly Purse["kind"][]>> = {
  stamps: ["stamps", "timed-stamps"],
  cagnotte: ["cagnotte", "carrying-cagnotte"],
  prepaid: ["prepaid"],
};

const mostOf = (rule: Rule): number => (rule.kind === "stamps" ? STAMPS_MAX : rule.balanceMax);

function emptyPurse(rule: Rule): Purse {
  const kind = purseOf(rule);
  const index = rule.purse;
  switch (kind) {
    case "stamps":
      return { kind, index, count: 0 };
    case "timed-stamps":
      return { kind, index, count: 0, last: 0 };
    case "carrying-cagnotte":
      return { kind, index, cents: 0, remainder: 0 };
    default:
      return { kind, index, cents: 0 };
  }
}

/** A purse with so much more in it; null where it would hold more than `most`. */
function raised(purse: Purse, value: number, most: number): Purse | null {
  const now = "count" in purse ? purse.count : purse.cents;
  if (now + value > most) return null;
  return "count" in purse ? { ...purse, count: now + value } : { ...purse, cents: now + value };
}

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
    const rule = programme.rules.find(({ kind, purse }) => kind === wanted && purse === index);
    if (rule === undefined) return null;
    const held = now.find((purse) => KINDS[wanted].includes(purse.kind) && purse.index === index);
    const more = raised(held ?? emptyPurse(rule), value, mostOf(rule));
    if (more === null) return null;
    now = held === undefined ? [...now, more] : now.map((purse) => (purse === held ? more : purse));
    credited.push({ rule: rule.id, unit: wanted === "stamps" ? "stamps" : "cents", value, funder: rule.funder });
  }
  return { purses: now, credited };
}
