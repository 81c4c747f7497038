import type { Purse } from "@cachet/card-layout";
import type { Effect } from "./effect.ts";
import { evaluate, type Visit } from "./evaluate.ts";
import { planOf } from "./plan.ts";
import type { Programme, Rule } from "./programme.ts";
import type { Facts } from "./sale.ts";

/** What one factor made of what a rule earned at a visit, in that rule's unit. */
export interface FactorShare {
  /** The multiplier, or the levels. */
  readonly by: string;
  readonly of: string;
  /** What the rule would have earned without it, and what it earned with it. */
  readonly from: number;
  readonly to: number;
}

/** A rule whose factor is one, whatever it was. */
function neutral(rule: Rule): Rule {
  if (rule.kind === "multiplier") return { ...rule, permille: 1_000 };
  if (rule.kind !== "tiers") return rule;
  return { ...rule, levels: rule.levels.map((level) => ({ ...level, permille: 1_000 })) };
}

const earnedBy = (effects: readonly Effect[], id: string): number =>
  effects.reduce((all, { type, rule, value }) => (type === "earn" && rule === id ? all + value : all), 0);

/** Works out what multipliers and levels of one programme add, visit by visit. */
export class Factors {
  private readonly programme: Programme;
  private readonly hasFactors: boolean;
  /** The programme without the factors of some rules, by their ids: what is made once is evaluated often. */
  private readonly less = new Map<string, Programme>();

  constructor(programme: Programme) {
    this.programme = programme;
    this.hasFactors = programme.rules.some(({ kind }) => kind === "multiplier" || kind === "tiers");
  }

  /**
   * What each factor made of a visit that had these effects: the same visit is evaluated without the first one, then without the next one
   * as well. So where only the best counts, the first share is what it is better than the next best.
   */
  sharesOf(effects: readonly Effect[], purses: readonly Purse[], visit: Visit, facts: Facts): readonly FactorShare[] {
    if (!this.hasFactors) return [];
    return effects.flatMap((effect) => {
      const ids = this.idsOf(effect, effects, purses);
      let to = effect.value;
      return ids.map((by, i): FactorShare => {
        const without = evaluate(this.without(ids.slice(0, i + 1)), purses, visit, facts);
        const share = { by, of: effect.rule, from: earnedBy(without.effects, effect.rule), to };
        to = share.from;
        return share;
      });
    });
  }

  /** Ids of the rules whose factors an effect was multiplied by. */
  private idsOf(
    { type, rule, by = [] }: Effect,
    effects: readonly Effect[],
    purses: readonly Purse[],
  ): readonly string[] {
    if (type !== "earn") return [];
    const { tiers } = planOf(this.programme);
    if (tiers === null || !tiers.of.includes(rule)) return by;
    const purse = purses.find(
      ({ kind, index }) => index === tiers.purse && (kind === "year-tier" || kind === "rolling-tier"),
    );
    const level = purse !== undefined && "level" in purse ? purse.level : 0;
    const isMultiplied = tiers.levels[level]?.permille !== 1_000 || effects.some((other) => other.type === "tier");
    return isMultiplied ? [...by, tiers.id] : by;
  }

  private without(ids: readonly string[]): Programme {
    const key = ids.join(" ");
    const known = this.less.get(key);
    if (known !== undefined) return known;
    const { programme } = this;
    const rules = programme.rules.map((rule) => (ids.includes(rule.id) ? neutral(rule) : rule));
    const made = { ...programme, rules };
    this.less.set(key, made);
    return made;
  }
}
