import {
  type BonusRule,
  bonus,
  cagnotte,
  cap,
  challenge,
  discount,
  multiplier,
  type Period,
  type Programme,
  points,
  prepaid,
  programme,
  type Rule,
  stamps,
  tiers,
  units,
  type Validity,
  type Weekday,
  type When,
} from "../../firmware/src/rules/plain.ts";
import { type Case, type Json, Words } from "./written-case.ts";

const ROUNDING = { floor: "floor", half_up: "half-up", ceil: "ceil" } as const;
type WrittenRounding = keyof typeof ROUNDING;
const WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/** Names of the case's merchants, in the order of the numbers that the adapter gives them. */
export function merchantNames({ programme: given, when }: Case): readonly string[] {
  const named = when.flatMap(({ merchant }) => (merchant === undefined ? [] : [String(merchant)]));
  return [...new Set([...Object.keys((given.merchants ?? {}) as Json), ...named, "?"])].sort();
}

/** Buckets that the card of a case keeps apart need lots; so does whatever expires. */
const hasBuckets = ({ given }: Case): boolean => JSON.stringify(given).includes('"buckets"');

function validityOf(given: Words): Validity | null {
  if (!given.has("validity_months") && !given.has("months") && !given.has("days")) return null;
  const [months, days] = [given.take("months", 0), given.take("days", 0)];
  // The end of the local day is the only end there is.
  given.take("until", "");
  given.end();
  return months > 0 ? { months } : { days };
}

const minutes = (hour: string): number => Number(hour.slice(0, 2)) * 60 + Number(hour.slice(3));

/** Conditions of a multiplier, bonus or discount, where they stand among its other fields. */
function whenOf(given: Words): { readonly when?: When } {
  const when: { -readonly [K in keyof When]: When[K] } = {};
  if (given.has("days"))
    when.weekdays = given.take<string[]>("days", []).map((day) => (WEEKDAYS.indexOf(day) + 1) as Weekday);
  if (given.has("hours")) {
    const [from, to] = given.take<[string, string]>("hours", ["", ""]);
    when.hours = { from: minutes(from), to: minutes(to) };
  }
  if (given.has("from")) when.from = given.take("from", "");
  if (given.has("to")) when.until = given.take("to", "");
  if (given.has("if_tender")) when.tender = given.take("if_tender", "");
  if (given.has("min_basket")) when.basket = { kind: "reaches", amount: given.take("min_basket", 0) };
  return Object.keys(when).length === 0 ? {} : { when };
}

function earnRule(given: Words, lots: 0 | 4): Rule {
  const unit = given.take("unit", "cents");
  const rounding = ROUNDING[given.take<WrittenRounding>("rounding", "floor")];
  const carries = given.take("carry_remainder", false);
  if (given.take("basis", "net_after_redemption") !== "net_after_redemption") throw new Error("another basis");
  const kept = { lots, rounding: carries ? "carry" : rounding } as const;
  if (unit === "cents") {
    const rate = given.take("rate_bp", 0);
    given.end();
    return cagnotte({ id: "earn", rate, ...kept });
  }
  const [cents, each] = [given.take("per_cents", 100), given.take("points", 1)];
  given.end();
  return points({ id: "earn", ...kept, earn: { per: "amount", cents, points: each, groups: "exact" } });
}

function stampsRule(given: Words): Rule {
  const reward = given.within("reward");
  const kind = reward.take<string>("kind", "gift");
  const category = given.take("per_item_of", "");
  const label = reward.take("label", "Offert");
  const made = stamps({
    id: "stamps",
    grid: given.take("grid", 10),
    count: category === "" ? { per: "visit", stamps: given.take("per_visit", 1) } : { per: "item", category },
    minimum: { kind: "reaches", amount: given.take("min_basket", 0) },
    cooldownMinutes: given.take("cooldown_minutes", 0),
    onZeroPayable: given.take("on_zero_payable", true),
    excess: given.take<"carry" | "lose">("excess", "carry"),
    reward:
      kind === "free_item"
        ? { kind: "free-item", label, category: reward.take("category", category) }
        : { kind: "gift", label, value: reward.take("value", 0) },
  });
  // Rewards are given on the very visit, free items are the cheapest, and nothing that is free earns: there is no other way.
  if (reward.take("when", "immediate") !== "immediate" || reward.take("choose", "cheapest") !== "cheapest")
    throw new Error("another reward");
  if (reward.take("earns", false)) throw new Error("a reward that earns");
  reward.end();
  given.end();
  return made;
}

function modifierRules(given: Words): Rule[] {
  const multipliers = given.take<Json[]>("multipliers", []).map((one) => {
    const of = new Words("multiplier", one);
    const [id, permille] = [of.take("id", ""), of.take("permille", 1_000)];
    const categories = of.take<string[] | undefined>("categories", undefined);
    const made = multiplier({
      id,
      of: "earn",
      permille,
      ...(categories === undefined ? {} : { categories }),
      ...whenOf(of),
    });
    of.end();
    return made;
  });
  const bonuses = given.take<Json[]>("bonuses", []).map((one) => {
    const of = new Words("bonus", one);
    const pairs = of.within("points_per_earned");
    const gives: BonusRule["gives"] = of.has("points")
      ? of.take("points", 0)
      : { every: pairs.take("every", 1), gives: pairs.take("points", 1) };
    const made = bonus({ id: of.take("id", "").replaceAll("_", "-"), of: "earn", gives, ...whenOf(of) });
    pairs.end();
    of.end();
    return made;
  });
  const caps = given.take<Json[]>("caps", []).map((one, purse) => {
    const of = new Words("cap", one);
    const made = cap({
      id: `cap-${purse}`,
      of: "earn",
      per: of.take<Period>("per", "day"),
      most: of.take("points", of.take("cents", 0)),
      purse,
    });
    of.take("tz", "");
    of.end();
    return made;
  });
  const discounts = given.take<Json[]>("discounts", []).map((one, order) => {
    const of = new Words("discount", one);
    const rate = of.take("rate_bp", 0);
    const off = rate > 0 ? { rate } : { cents: of.take("cents", 0) };
    const rounding = ROUNDING[of.take<WrittenRounding>("rounding", "half_up")];
    const made = discount({ id: of.take("id", `discount-${order}`), off, rounding, order, ...whenOf(of) });
    of.end();
    return made;
  });
  return [...discounts, ...multipliers, ...bonuses, ...caps];
}

/** Prepaid money or units, and what is given on top. */
function rechargeRules(given: Words, isUnits: boolean, spendFirst: "bonus" | "paid", isPrepaid: boolean): Rule[] {
  const recharge = given.within("recharge");
  const unit = recharge.take("unit", isUnits ? "sessions" : "cents");
  if (recharge.has("pack")) {
    const pack = recharge.within("pack");
    const packs = [{ units: pack.take(unit, 0), price: pack.take("price", 0) }];
    const made = units({ id: "units", unitName: unit, packs, bonusRate: recharge.take("bonus_bp", 0), spendFirst });
    pack.end();
    recharge.end();
    return [made];
  }
  const table = recharge.take<{ min: number; rate_bp: number }[]>("bonus_table", [{ min: 1, rate_bp: 10_000 }]);
  const rounding = ROUNDING[recharge.take<WrittenRounding>("rounding", "floor")];
  if (recharge.take("point_value_cents", 1) !== 1) throw new Error("bonus points of another value");
  const validity = validityOf(recharge.within("bonus_validity"));
  recharge.end();
  if (!isPrepaid) return [];
  const bands = table.map(({ min, rate_bp }) => ({ from: min, rate: rate_bp }));
  const on = { bands, purse: 1, rounding, validity, lots: validity === null ? 0 : 4, funder: "merchant" } as const;
  return [prepaid({ id: "prepaid", bonus: on, spendFirst })];
}

function tiersRules(given: Words): Rule[] {
  interface WrittenLevel {
    readonly name: string;
    readonly min_spend: number;
    readonly points_per_euro?: number;
  }
  const written = given.take<WrittenLevel[]>("tiers", []);
  const review = given.within("review");
  const variant = given.take<string>("variant", "");
  const crossing = given.take<"before" | "marginal">("tier_for_purchase", "before");
  const window = given.take("window", "rolling_12_months");
  if (written.length === 0) return [];
  const on = review.take("on", "").slice(5);
  const made = tiers({
    id: "tiers",
    levels: written.map(({ name, min_spend, points_per_euro = 1 }) => ({
      name,
      from: min_spend,
      permille: points_per_euro * 1_000,
    })),
    of: ["earn"],
    window: window === "rolling_12_months" ? "rolling-12-months" : "year",
    crossing,
    review:
      on === ""
        ? null
        : { on, graceDays: review.take("grace_days", 0), down: variant === "one_down" ? "one" : "to-window" },
  });
  review.end();
  const earns = points({ id: "earn", purse: 1, earn: { per: "amount", cents: 100, points: 1, groups: "exact" } });
  return [earns, made];
}

function challengeRule(given: Words): Rule {
  const made = challenge({
    id: "challenge",
    of: "earn",
    distinct: given.take("distinct_merchants", 0),
    gives: given.take("bonus_cents", 0),
    timesMax: given.take("max_per_member", 1),
    ...whenOf(given),
  });
  given.end();
  return made;
}

const POLICIES = {
  deduct_from_refund: "deduct-from-refund",
  allow_negative: "allow-negative",
  clamp_to_zero: "clamp-to-zero",
} as const;

/** The programme that a case speaks of. Throws where it has a word that nobody knows. */
export function programmeOf(worked: Case, given: Json): Programme {
  const all = new Words(`${worked.id} programme`, given);
  const names = merchantNames(worked);
  const roles = all.take<Record<string, { role: string }>>("merchants", {});
  const lots = hasBuckets(worked) && !("recharge" in given) ? 4 : 0;
  const rules: Rule[] = [];
  if (all.has("tiers")) rules.push(...tiersRules(all));
  if (all.has("earn")) rules.push(earnRule(all.within("earn"), lots));
  if (all.has("stamps")) rules.push(stampsRule(all.within("stamps")));
  rules.push(...modifierRules(all));
  if (all.has("challenge")) rules.push(challengeRule(all.within("challenge")));
  const redeem = all.within("redeem");
  if (redeem.has("points")) {
    const at = rules.findIndex(({ id }) => id === "earn");
    const [taken, cents] = [redeem.take("points", 1), redeem.take("for_cents", 1)];
    if (redeem.take("step_points", taken) !== taken) throw new Error("another step");
    rules[at] = { ...(rules[at] as Extract<Rule, { kind: "points" }>), redeem: { points: taken, cents } };
  }
  redeem.end();
  const [first = "bonus"] = all.take<("bonus" | "paid")[]>("spend_order", []);
  all.take("refundable", ["paid"]);
  all.take("refund_value", "");
  const said = JSON.stringify([worked.given, worked.when, given]);
  rules.push(...rechargeRules(all, said.includes("sessions"), first, /prepaid|recharge/.test(said)));
  if (all.has("buckets")) {
    all.take("buckets", {});
    rules.push(cagnotte({ id: "earn", rate: 1, lots }));
  }
  const nonEarning = all.take<string[]>("non_earning_tenders", ["prepaid", "gift_card", "voucher"]);
  all.take("earning_tenders", []);
  all.take("variant", "");
  all.take("tz", "");
  if (all.take("tips_earn", false)) throw new Error("tips that earn");
  const order = all.take<string[]>("order", ["base", "multipliers", "bonuses", "caps"]);
  if (order.join() !== "base,multipliers,bonuses,caps") throw new Error("another order");
  const made = programme({
    number: 1,
    version: 1,
    name: worked.id,
    scope: "town",
    merchants: Object.fromEntries(
      names.map((name, i) => [
        i + 1,
        { name, role: roles[name]?.role === "earn_only" ? "earn-only" : "earn-and-spend" },
      ]),
    ),
    exclude: all.take<string[]>("exclude_categories", []),
    nonEarning,
    stacking: all.take("stacking", "best_of").replace("_", "-") as Programme["stacking"],
    roundingStage: all.take<"end" | "each">("rounding_stage", "end"),
    spentPolicy: POLICIES[all.take<keyof typeof POLICIES>("negative_policy", "deduct_from_refund")],
    media: ["NTAG216"],
    offlineCap: 90_000_000,
    rules,
  });
  all.end();
  return made;
}
