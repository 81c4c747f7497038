import {
  type BonusRule,
  bonus,
  cagnotte,
  cap,
  discount,
  type Gift,
  multiplier,
  type Period,
  points,
  type Rule,
  referral,
  stamps,
  type Validity,
  type Weekday,
  type When,
} from "../../firmware/src/rules/plain.ts";
import type { Words } from "./written-case.ts";

export const ROUNDING = { floor: "floor", half_up: "half-up", ceil: "ceil" } as const;
const WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const BASES = {
  net_after_redemption: "net",
  net_before_redemption: "before-redemption",
  gross: "gross",
} as const;
const PERIODS: Readonly<Record<string, Period | "visit" | "balance">> = {
  ticket: "visit",
  visit: "visit",
  day: "day",
  week: "week",
  month: "month",
  year: "year",
  balance: "balance",
};

/** How many lots of a case a card must keep apart: as many as there are. */
export const LOTS = 8;

export function validityOf(given: Words): Validity | null {
  const [months, days] = [given.take("months", 0), given.take("days", 0)];
  given.always("until", "end_of_local_day");
  given.end();
  if (months > 0 && days > 0) throw new Error("a validity of months and days");
  return months > 0 ? { months } : days > 0 ? { days } : null;
}

const minutes = (hour: string): number => Number(hour.slice(0, 2)) * 60 + Number(hour.slice(3));

function weekdayOf(day: string): Weekday {
  const at = WEEKDAYS.indexOf(day);
  if (at < 0) throw new Error(`the adapter does not know the day ${day}`);
  return (at + 1) as Weekday;
}

/** Conditions of a multiplier, bonus or discount, where they stand among its other fields. */
export function whenOf(given: Words): { readonly when?: When } {
  const when: { -readonly [K in keyof When]: When[K] } = {};
  if (given.has("days")) when.weekdays = given.take<string[]>("days", []).map(weekdayOf);
  if (given.has("hours")) {
    const [from, to] = given.take<[string, string]>("hours", ["", ""]);
    when.hours = { from: minutes(from), to: minutes(to) };
  }
  if (given.has("from")) when.from = given.take("from", "");
  if (given.has("to")) when.until = given.take("to", "");
  if (given.has("if_tender")) when.tender = given.take("if_tender", "");
  if (given.has("also_at")) {
    const [merchants, withinDays] = [given.take<number[]>("also_at", []), given.take("also_within_days", 0)];
    when.also = { merchants, withinDays, purse: given.take("also_purse", 0) };
  }
  if (given.has("if_offer")) when.offer = given.take("if_offer", 0);
  if (given.has("min_basket")) when.basket = { kind: "reaches", amount: given.take("min_basket", 0) };
  return Object.keys(when).length === 0 ? {} : { when };
}

export function earnRule(given: Words, hasBuckets: boolean, balanceMax: number | undefined): Rule {
  const unit = given.oneOf("unit", { cents: "cents", points: "points" }, "cents");
  const rounding = given.oneOf("rounding", ROUNDING, "floor");
  const carries = given.take("carry_remainder", false);
  if (carries && rounding !== "floor") throw new Error("a remainder that is carried and rounded");
  const basis = given.oneOf("basis", BASES, "net_after_redemption");
  const validity = validityOf(given.within("validity"));
  const kept = {
    id: "earn",
    basis,
    validity,
    lots: hasBuckets || validity !== null ? LOTS : 0,
    rounding: carries ? "carry" : rounding,
    ...(balanceMax === undefined ? {} : { balanceMax }),
    ...whenOf(given),
  } as const;
  const made =
    unit === "cents"
      ? cagnotte({ ...kept, rate: given.take("rate_bp", 0) })
      : points({
          ...kept,
          earn: {
            per: "amount",
            cents: given.take("per_cents", 100),
            points: given.take("points", 1),
            groups: "exact",
          },
        });
  given.end();
  return made;
}

/** Gifts of points to others. */
export const donationsOf = (all: Words): readonly Gift[] =>
  all.list("donations").map((of) => {
    const [id, name] = [of.take("id", ""), of.take("to", "")];
    const to = { name, rounding: of.oneOf("rounding", ROUNDING, "floor") };
    const made = { id, label: of.take("label", name), points: of.take("points", 0), value: of.take("cents", 0), to };
    of.end();
    return made;
  });

export function referralRule(given: Words): Rule {
  const made = referral({
    id: "referral",
    of: "earn",
    minimum: { kind: "reaches", amount: given.take("first_purchase", 0) },
    godchild: given.take("godchild", 0),
    godparent: given.take("godparent", 0),
    ...whenOf(given),
  });
  given.always("once_per", "godchild");
  given.end();
  return made;
}

const REWARDS = {
  gift: "gift",
  free_item: "free-item",
  money: "money",
  offer: "offer",
  experience: "experience",
} as const;

type Reward = ReturnType<typeof stamps>["reward"];

function rewardOf(reward: Words, kind: Reward["kind"], label: string, category: string): Reward {
  if (kind === "free-item") return { kind, label, category: reward.take("category", category) };
  if (kind === "offer") return { kind, label, offer: reward.take("offer", 0), days: reward.take("days", 0) };
  const value = reward.take("value", 0);
  if (kind === "experience")
    return { kind, label, value, text: reward.take("text", ""), seats: reward.take("seats", 0) };
  return kind === "gift" ? { kind, label, value, ...stockOf(reward) } : { kind, label, value };
}

const stockOf = (given: Words) => (given.has("stock") ? { stock: given.take("stock", 0) } : {});

export function stampsRule(given: Words): Rule {
  const reward = given.within("reward");
  const kind = reward.oneOf("kind", REWARDS, "gift");
  const category = given.take("per_item_of", "");
  const label = reward.take("label", "Offert");
  const made = stamps({
    id: "stamps",
    grid: given.take("grid", 10),
    count: category === "" ? { per: "visit", stamps: given.take("per_visit", 1) } : { per: "item", category },
    minimum: { kind: "reaches", amount: given.take("min_basket", 0) },
    cooldownMinutes: given.take("cooldown_minutes", 0),
    ...(given.has("within_days") ? { withinDays: given.take("within_days", 0) } : {}),
    onZeroPayable: given.take("on_zero_payable", true),
    excess: given.oneOf("excess", { carry: "carry", lose: "lose" }, "carry"),
    ...(given.has("paper_through") ? { paperThrough: given.take("paper_through", "") } : {}),
    reward: rewardOf(reward, kind, label, category),
    ...whenOf(given),
  });
  // Rewards are given on the very visit, free items are the cheapest, and nothing that is free earns: there is no other way.
  reward.always("when", "immediate");
  reward.always("choose", "cheapest");
  reward.always("earns", false);
  reward.end();
  given.end();
  return made;
}

const idOf = (given: Words, otherwise: string): string => given.take("id", otherwise).replaceAll("_", "-");

function bonusOf(of: Words): Rule {
  const pairs = of.within("points_per_earned");
  const [every, each] = [pairs.take("every", 0), pairs.take("points", 1)];
  const fixed = of.take("points", of.take("cents", 0));
  if (every > 0 === fixed > 0) throw new Error("a bonus is so much, or so much for so many");
  const gives: BonusRule["gives"] = every > 0 ? { every, gives: each } : fixed;
  const made = bonus({ id: idOf(of, "bonus"), of: "earn", gives, ...whenOf(of) });
  pairs.end();
  of.end();
  return made;
}

function discountOf(of: Words, order: number): Rule {
  const [rate, cents] = [of.take("rate_bp", 0), of.take("cents", 0)];
  const rounding = of.oneOf("rounding", ROUNDING, "half_up");
  const off = rate > 0 ? { rate } : { cents };
  const made = discount({ id: idOf(of, `discount-${order}`), off, rounding, order, ...stockOf(of), ...whenOf(of) });
  of.end();
  return made;
}

function multiplierOf(of: Words): Rule {
  const [id, permille] = [idOf(of, "multiplier"), of.take("permille", 1_000)];
  const categories = of.take<string[] | undefined>("categories", undefined);
  const only = categories === undefined ? {} : { categories };
  const made = multiplier({ id, of: "earn", permille, ...only, ...whenOf(of) });
  of.end();
  return made;
}

/** The most that a rule may earn; one of the balance is the rule's own. */
export function capRules(all: Words): { readonly rules: readonly Rule[]; readonly balanceMax?: number } {
  let balanceMax: number | undefined;
  const rules = all.list("caps").flatMap((of, purse): Rule[] => {
    const per = of.oneOf("per", PERIODS, "day");
    const most = of.take("points", of.take("cents", 0));
    of.always("tz", "Europe/Paris");
    of.end();
    if (per !== "balance") return [cap({ id: `cap-${purse}`, of: "earn", per, most, purse })];
    balanceMax = most;
    return [];
  });
  return { rules, ...(balanceMax === undefined ? {} : { balanceMax }) };
}

export const modifierRules = (all: Words): Rule[] => [
  ...all.list("discounts").map(discountOf),
  ...all.list("multipliers").map(multiplierOf),
  ...all.list("bonuses").map(bonusOf),
];
