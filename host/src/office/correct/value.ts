import type { Purse } from "@cachet/card-layout";
import type { Effect, Funder, Programme, Rule, Unit } from "@cachet/firmware/rules";

/** What a purse keeps, whatever kind of purse a version of the programme kept it in. */
export type Keeps = "stamps" | "cagnotte" | "prepaid" | "points" | "units";

/** A purse by what it keeps, and its index among those: `cagnotte 0`. */
export type PurseName = `${Keeps} ${number}`;

export const partsOf = (name: PurseName): { readonly keeps: Keeps; readonly index: number } => {
  const [keeps, index] = name.split(" ") as [Keeps, string];
  return { keeps, index: Number(index) };
};

/** A purse as a credit of the office names it. */
export function amountFor(name: PurseName): { readonly purse: Keeps; readonly index: number } {
  const { keeps, index } = partsOf(name);
  return { purse: keeps, index };
}

/** What the value of a purse is counted in. */
export function unitOf(name: PurseName): Exclude<Unit, "entries" | "minutes"> {
  const { keeps } = partsOf(name);
  return keeps === "cagnotte" || keeps === "prepaid" ? "cents" : keeps;
}

/** What a purse is worth, in its unit; null for one that keeps no value. Debts count against the purse they belong to. */
function worthOf(purse: Purse): readonly [PurseName, number] | null {
  switch (purse.kind) {
    case "stamps":
    case "timed-stamps":
      return [`stamps ${purse.index}`, purse.count];
    case "dated-stamps":
      return [`stamps ${purse.index}`, purse.days.filter((day) => day > 0).length];
    case "cagnotte":
    case "carrying-cagnotte":
      return [`cagnotte ${purse.index}`, purse.cents];
    case "prepaid":
      return [`prepaid ${purse.index}`, purse.cents];
    case "points":
    case "carrying-points":
      return [`points ${purse.index}`, purse.count];
    case "units":
      return [`units ${purse.index}`, purse.paid + purse.bonus];
    case "cagnotte-lots-2":
    case "cagnotte-lots-4":
    case "cagnotte-lots-8":
      return [`cagnotte ${purse.index}`, purse.lots.reduce((sum, { value }) => sum + value, 0)];
    case "points-lots-2":
    case "points-lots-4":
    case "points-lots-8":
      return [`points ${purse.index}`, purse.lots.reduce((sum, { value }) => sum + value, 0)];
    case "owed-cents":
      return [`cagnotte ${purse.index}`, -purse.value];
    case "owed-points":
      return [`points ${purse.index}`, -purse.value];
    default:
      return null;
  }
}

/** Whole numbers by purse. */
export type Worth = ReadonlyMap<PurseName, number>;

/** What purses are worth. */
export function worthIn(purses: readonly Purse[]): Worth {
  const all = new Map<PurseName, number>();
  for (const purse of purses) {
    const worth = worthOf(purse);
    if (worth !== null) all.set(worth[0], (all.get(worth[0]) ?? 0) + worth[1]);
  }
  return all;
}

/** The purse that a rule pays from; what was given on top of prepaid money lies among the cagnottes. */
export function purseOf(rule: Rule, { label }: Pick<Effect, "label">): PurseName | null {
  switch (rule.kind) {
    case "stamps":
    case "cagnotte":
    case "points":
    case "units":
      return `${rule.kind} ${rule.purse}`;
    case "prepaid":
      return label === "bonus" && rule.bonus !== null ? `cagnotte ${rule.bonus.purse}` : `prepaid ${rule.purse}`;
    default:
      return null;
  }
}

/** By these effects value leaves the card for something: for goods, for another card, for money. */
const SPENDING: readonly Effect["type"][] = ["redeem", "give", "payout"];

/** What the customer spent by effects of a programme, by purse: redemptions, gifts, transfers, payouts, and the stamps of rewards. */
export function spentBy({ rules }: Programme, effects: readonly Effect[]): Worth {
  const all = new Map<PurseName, number>();
  for (const effect of effects) {
    const { type } = effect;
    const value = SPENDING.includes(type) ? effect.value : type === "reward" ? (effect.taken ?? 0) : 0;
    const rule = value === 0 ? undefined : rules.find(({ id }) => id === effect.rule);
    const purse = rule === undefined ? null : purseOf(rule, effect);
    if (purse !== null) all.set(purse, (all.get(purse) ?? 0) + value);
  }
  return all;
}

/** What a visit did to one purse. */
export interface Move {
  /** What it put there, less what it took away other than by spending: what expired, what a refund took back. */
  readonly given: number;
  readonly spent: number;
}

/** What a visit did to every purse that it moved, and the cents that it took off the ticket at once. */
export interface Moves {
  readonly purses: ReadonlyMap<PurseName, Move>;
  readonly offCents: number;
}

export function movesOf(
  programme: Programme,
  before: readonly Purse[],
  after: readonly Purse[],
  effects: readonly Effect[],
): Moves {
  const [was, is, spent] = [worthIn(before), worthIn(after), spentBy(programme, effects)];
  const purses = new Map<PurseName, Move>();
  for (const name of new Set([...was.keys(), ...is.keys(), ...spent.keys()])) {
    const gone = spent.get(name) ?? 0;
    const given = (is.get(name) ?? 0) - (was.get(name) ?? 0) + gone;
    if (given !== 0 || gone !== 0) purses.set(name, { given, spent: gone });
  }
  const offCents = effects.reduce((sum, { type, value }) => (type === "discount" ? sum + value : sum), 0);
  return { purses, offCents };
}

/** The rule that keeps a purse, for its name and who pays; null where the programme has none. */
export function keeperOf(
  { rules }: Programme,
  name: PurseName,
): { readonly rule: string; readonly funder: Funder } | null {
  for (const rule of rules) {
    if (purseOf(rule, {}) === name && "funder" in rule) return { rule: rule.id, funder: rule.funder };
    if (rule.kind === "prepaid" && rule.bonus !== null && purseOf(rule, { label: "bonus" }) === name)
      return { rule: rule.id, funder: rule.bonus.funder };
  }
  return null;
}
