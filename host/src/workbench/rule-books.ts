import type { Purse } from "@cachet/card-layout";
import type { Effect, FactorShare, Funder, Programme, Rule, StampsRule, Unit } from "@cachet/firmware/rules";
import { centsMore, centsOf, type Saving, savingsOf, usableIn } from "./savings.ts";
import type { Moved } from "./sums.ts";

/** What one rule did in all visits. */
export interface RuleRow {
  readonly rule: string;
  readonly kind: Rule["kind"];
  /** Who pays; null where the rule itself gives nothing. */
  readonly funder: Funder | null;
  /** How often it gave: rewards of a grid, changes of a level, purchases that a multiplier counted for. */
  times: number;
  /** What `units` are counted in. */
  readonly unit: Unit;
  units: number;
  /** Of multipliers and levels: what they added to the rule that they multiply, whose own row is without it. */
  givenCents: number;
  /** Only of rules that save: what became of the value in their purse, bonuses of other rules included. */
  spentUnits: number;
  spentCents: number;
  expiredUnits: number;
  expiredCents: number;
  /** What is on cards at the end. */
  leftUnits: number;
  dueCents: number;
}

/** What a card has earned and lost of each saving rule: what its fractions of a cent are counted from. */
export interface CardBooks {
  readonly earned: number[];
  readonly expired: number[];
}

/** Rules that give or change something by themselves: what is only a limit has no row. */
const hasRow = ({ kind }: Rule): boolean => kind !== "cap";

function unitOf(rule: Rule, rules: readonly Rule[]): Unit {
  const isOf = ["bonus", "challenge", "multiplier", "referral"].includes(rule.kind);
  const of = isOf && "of" in rule ? rules.find(({ id }) => id === rule.of) : undefined;
  const { kind } = of ?? rule;
  if (kind === "points" || kind === "stamps") return kind;
  if (kind === "draw") return "entries";
  if (kind === "parking") return "minutes";
  return kind === "tiers" || kind === "units" ? "units" : "cents";
}

function newRow(rule: Rule, rules: readonly Rule[]): RuleRow {
  const nothing = { times: 0, units: 0, givenCents: 0, spentUnits: 0, spentCents: 0 };
  const { id, kind } = rule;
  const funder = "funder" in rule ? rule.funder : null;
  return {
    ...{ rule: id, kind, funder, unit: unitOf(rule, rules), ...nothing },
    ...{ expiredUnits: 0, expiredCents: 0, leftUnits: 0, dueCents: 0 },
  };
}

/** Counts what rules do, effect by effect. */
export class RuleBooks {
  readonly savings: readonly Saving[];
  private readonly rowOf: ReadonlyMap<string, RuleRow>;
  /** Place of the saving rule that a rule puts value into. */
  private readonly placeOf = new Map<string, number>();
  private readonly stamps: readonly StampsRule[];

  constructor(programme: Programme) {
    const { rules } = programme;
    this.savings = savingsOf(programme);
    this.stamps = rules.filter((rule) => rule.kind === "stamps");
    this.rowOf = new Map(rules.filter(hasRow).map((rule) => [rule.id, newRow(rule, rules)]));
    for (const [place, { rule }] of this.savings.entries()) {
      this.placeOf.set(rule.id, place);
      for (const other of rules)
        if (
          (other.kind === "bonus" || other.kind === "referral" || (other.kind === "challenge" && other.gives > 0)) &&
          other.of === rule.id
        )
          this.placeOf.set(other.id, place);
    }
  }

  get rows(): readonly RuleRow[] {
    return [...this.rowOf.values()];
  }

  newCard(): CardBooks {
    return { earned: this.savings.map(() => 0), expired: this.savings.map(() => 0) };
  }

  /** Counts the effects of a visit. What factors added stands in their rows, and no more in that of the rule that earned it. */
  count(effects: readonly Effect[], card: CardBooks, factors: readonly FactorShare[] = []): Moved {
    const moved: Moved = { givenCents: 0, spentCents: 0, costCents: 0, expiredCents: 0 };
    for (const effect of effects) {
      const row = this.rowOf.get(effect.rule);
      if (row !== undefined) this.countOne(effect, row, card, moved);
    }
    for (const share of factors) this.countFactor(share, card);
    return moved;
  }

  private countFactor({ by, of, from, to }: FactorShare, { earned }: CardBooks): void {
    const [own, row, place] = [this.rowOf.get(of)!, this.rowOf.get(by)!, this.placeOf.get(of)!];
    const units = to - from;
    // The last of what the card earned: fractions of a cent fall as they did when it was counted.
    const cents = centsMore(this.savings[place]!, earned[place]! - units, units);
    own.units -= units;
    own.givenCents -= cents;
    if (row.kind === "multiplier") row.units += units;
    row.givenCents += cents;
  }

  private countOne(effect: Effect, row: RuleRow, card: CardBooks, moved: Moved): void {
    const place = this.placeOf.get(effect.rule);
    switch (effect.type) {
      case "earn":
        if (place !== undefined) this.earn(effect, row, card, place, moved);
        return;
      case "redeem":
        this.spend(row, effect.value, effect.cents ?? effect.value, moved);
        return;
      case "owe":
        if (place === undefined) return;
        // What another card is promised is given; what an association gets was earned before, and is spent on it.
        if (effect.to === undefined) give(row, 0, centsOf(this.savings[place]!, effect.value), moved);
        else this.spend(row, 0, effect.value, moved);
        return;
      case "reward":
        if (place !== undefined) this.spend(row, effect.taken ?? 0, effect.value, moved);
        else give(row, effect.times ?? 1, effect.value, moved);
        return;
      case "discount":
        // A free item of a grid is counted as a reward, which says how many; this says what they were worth.
        give(row, row.kind === "stamps" ? 0 : 1, effect.value, moved);
        if (row.kind === "discount") row.units += effect.value;
        return;
      case "expire":
        if (place !== undefined) this.expire(effect, row, card, place, moved);
        else if (row.kind === "stamps") row.expiredUnits += effect.value;
        return;
      case "stamp":
        if (row.kind === "stamps") row.units += effect.value;
        return;
      case "entries":
      case "parking":
      case "tier":
        row.times += 1;
        if (effect.type !== "tier") row.units += effect.value;
        return;
    }
  }

  private earn({ value, by }: Effect, row: RuleRow, { earned }: CardBooks, place: number, moved: Moved): void {
    const cents = centsMore(this.savings[place]!, earned[place]!, value);
    earned[place]! += value;
    row.units += value;
    if (value > 0) row.times += 1;
    row.givenCents += cents;
    moved.givenCents += cents;
    for (const id of by ?? []) this.rowOf.get(id)!.times += 1;
  }

  private spend(row: RuleRow, units: number, cents: number, moved: Moved): void {
    row.spentUnits += units;
    row.spentCents += cents;
    moved.spentCents += cents;
    moved.costCents += cents;
  }

  private expire({ value }: Effect, row: RuleRow, { expired }: CardBooks, place: number, moved: Moved): void {
    const cents = centsMore(this.savings[place]!, expired[place]!, value);
    expired[place]! += value;
    row.expiredUnits += value;
    row.expiredCents += cents;
    moved.expiredCents += cents;
  }

  /** Counts what a card holds at the end of a day; gives the cents that it can still spend. */
  settle(purses: readonly Purse[], day: number): number {
    let due = 0;
    for (const saving of this.savings) {
      const row = this.rowOf.get(saving.rule.id)!;
      const left = usableIn(purses, saving, day);
      const cents = centsOf(saving, left);
      row.leftUnits += left;
      row.dueCents += cents;
      due += cents;
    }
    for (const rule of this.stamps) this.rowOf.get(rule.id)!.leftUnits += stampsIn(purses, rule);
    return due;
  }
}

function stampsIn(purses: readonly Purse[], { purse: wanted }: StampsRule): number {
  for (const purse of purses) {
    if (purse.index !== wanted) continue;
    if (purse.kind === "stamps" || purse.kind === "timed-stamps") return purse.count;
    if (purse.kind === "dated-stamps") return purse.days.filter((day) => day > 0).length;
  }
  return 0;
}

/** Value that is given and handed out at once. */
function give(row: RuleRow, times: number, cents: number, moved: Moved): void {
  row.times += times;
  row.givenCents += cents;
  moved.givenCents += cents;
  moved.costCents += cents;
}
