import { type Lot, NEVER, type Purse, type PurseKind, STAMPS_MAX } from "@cachet/card-layout";
import { balanceIn, KINDS, purseOfBalance, VALUE_MAX } from "./balance.ts";
import { lastDayOf, type Validity, withLots } from "./lots.ts";
import { type Place, placeOf } from "./place.ts";
import { bonusPlace } from "./prepaid.ts";
import type { Programme, Rule } from "./programme.ts";
import { pursesOfRule } from "./stages.ts";
import { UNITS_MAX } from "./units.ts";
import type { Funder } from "./words.ts";

/** Rules whose purses the office can put value into. */
type CreditableRule = Extract<Rule, { kind: "stamps" | "cagnotte" | "prepaid" | "points" | "units" }>;

/** So many cents, stamps, points or units for the purse of one rule, whatever kind of purse a version of the programme kept it in. */
export interface CreditedAmount {
  readonly purse: CreditableRule["kind"];
  readonly index: number;
  readonly value: number;
  /** The days that it had elsewhere; without them it comes today. */
  readonly lots?: readonly Lot[];
  /** Units among the value that nobody paid for. */
  readonly given?: number;
}

/** What an amount did to a card, for the effect that says it. */
export interface Credited {
  readonly rule: string;
  readonly unit: "cents" | "stamps" | "points" | "units";
  readonly value: number;
  readonly funder: Funder;
  readonly lots?: readonly Lot[];
}

type Amount = Omit<CreditedAmount, "purse" | "index">;

/** Purses with one in the place of those of the same index and of some kinds. */
function put(purses: readonly Purse[], purse: Purse, kinds: readonly PurseKind[]): readonly Purse[] {
  const at = purses.findIndex(({ kind, index }) => kinds.includes(kind) && index === purse.index);
  return at < 0 ? [...purses, purse] : purses.with(at, purse);
}

const STAMPS: readonly PurseKind[] = ["stamps", "timed-stamps"];

function withStamps(rule: Extract<Rule, { kind: "stamps" }>, purses: readonly Purse[], value: number) {
  const { purse: index } = rule;
  const kind = pursesOfRule(rule)[0]!.kind;
  const held = purses.find((purse) => STAMPS.includes(purse.kind) && purse.index === index);
  const empty: Purse | null =
    kind === "stamps" ? { kind, index, count: 0 } : kind === "timed-stamps" ? { kind, index, count: 0, last: 0 } : null;
  const before = held ?? empty;
  if (before === null || !("count" in before) || before.count + value > STAMPS_MAX) return null;
  return put(purses, { ...before, count: before.count + value }, STAMPS);
}

function withPrepaid(rule: Extract<Rule, { kind: "prepaid" }>, purses: readonly Purse[], value: number) {
  const { purse: index } = rule;
  const held = purses.find((purse) => purse.kind === "prepaid" && purse.index === index);
  const cents = (held?.kind === "prepaid" ? held.cents : 0) + value;
  return cents > rule.balanceMax ? null : put(purses, { kind: "prepaid", index, cents }, ["prepaid"]);
}

function withUnits(
  { purse: index }: Extract<Rule, { kind: "units" }>,
  purses: readonly Purse[],
  { value, given = 0 }: Amount,
) {
  const held = purses.find((purse) => purse.kind === "units" && purse.index === index);
  const before = held?.kind === "units" ? held : { paid: 0, bonus: 0 };
  const [paid, bonus] = [before.paid + value - given, before.bonus + given];
  return Math.max(paid, bonus) > UNITS_MAX ? null : put(purses, { kind: "units", index, paid, bonus }, ["units"]);
}

/** Where cents or points lie, what most there may be, and how long they last. */
interface Keeping {
  readonly place: Place;
  readonly most: number;
  readonly validity: Validity | null;
}

/** Cents or points. Where lots are kept apart, value keeps its days; what has none comes today and lasts as the rule says. */
function withSaving(
  { place, most, validity }: Keeping,
  purses: readonly Purse[],
  { value, lots }: Amount,
  today: number | null,
): readonly Purse[] | null {
  const kinds = KINDS[place.unit];
  const before = purses.find(({ kind, index }) => kinds.includes(kind) && index === place.index);
  const held = balanceIn(purses, place);
  if (held.value + value > Math.min(most, VALUE_MAX)) return null;
  if (place.lots > 0) {
    if (today === null && (lots === undefined || held.lots.length === 0)) return null;
    const issued = today ?? 0;
    const kept = held.lots.length > 0 || held.value === 0 ? held.lots : [{ value: held.value, expires: NEVER, issued }];
    const came = lots ?? [{ value, expires: lastDayOf(validity, issued), issued }];
    return put(purses, purseOfBalance(place, 0, held.remainder, withLots(kept, came, place.lots)), kinds);
  }
  // A purse that is there stays of its kind.
  if (before !== undefined && "cents" in before && before.kind !== "rolling-tier")
    return put(purses, { ...before, cents: before.cents + value }, kinds);
  if (before !== undefined && "count" in before) return put(purses, { ...before, count: before.count + value }, kinds);
  return put(purses, purseOfBalance(place, held.value + value, held.remainder, []), kinds);
}

const UNITS = { stamps: "stamps", cagnotte: "cents", prepaid: "cents", points: "points", units: "units" } as const;

/** What an amount does to purses, and whose rule keeps them; null where nobody's does, or there is no room. */
function credited(
  { rules }: Programme,
  purses: readonly Purse[],
  { purse: wanted, index, ...amount }: CreditedAmount,
  today: number | null,
): { readonly rule: string; readonly funder: Funder; readonly purses: readonly Purse[] | null } | null {
  for (const rule of rules) {
    // What is given on top of prepaid money lies among the cagnottes.
    if (rule.kind === "prepaid" && wanted === "cagnotte" && rule.bonus?.purse === index) {
      const keeping = { place: bonusPlace(rule.bonus), most: VALUE_MAX, validity: rule.bonus.validity };
      return { rule: rule.id, funder: rule.bonus.funder, purses: withSaving(keeping, purses, amount, today) };
    }
    if (!isCreditable(rule) || rule.kind !== wanted || rule.purse !== index) continue;
    return { rule: rule.id, funder: rule.funder, purses: raised(rule, purses, amount, today) };
  }
  return null;
}

function raised(rule: CreditableRule, purses: readonly Purse[], amount: Amount, today: number | null) {
  switch (rule.kind) {
    case "stamps":
      return withStamps(rule, purses, amount.value);
    case "prepaid":
      return withPrepaid(rule, purses, amount.value);
    case "units":
      return withUnits(rule, purses, amount);
    case "cagnotte":
    case "points": {
      const keeping = { place: placeOf(rule), most: rule.balanceMax, validity: rule.validity };
      return withSaving(keeping, purses, amount, today);
    }
  }
}

const isCreditable = (rule: Rule): rule is CreditableRule => rule.kind in UNITS;

/**
 * Purses with all amounts of one credit in them, and what each of them did; null where one finds no purse in the programme, or
 * would bring a purse above what it may hold: a credit is applied whole, or waits. `today`: the local day; null where it is not
 * known, and then value of a purse with lots waits that has no days of its own.
 */
export function creditPurses(
  programme: Programme,
  purses: readonly Purse[],
  amounts: readonly CreditedAmount[],
  today: number | null,
): { readonly purses: readonly Purse[]; readonly credited: readonly Credited[] } | null {
  let now = purses;
  const done: Credited[] = [];
  for (const amount of amounts) {
    const one = credited(programme, now, amount, today);
    if (one === null || one.purses === null) return null;
    now = one.purses;
    const { value, lots } = amount;
    const kept = lots === undefined ? {} : { lots };
    done.push({ rule: one.rule, unit: UNITS[amount.purse], value, funder: one.funder, ...kept });
  }
  return { purses: now, credited: done };
}
