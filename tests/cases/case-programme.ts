import {
  cagnotte,
  challenge,
  type Gift,
  type Programme,
  parking,
  points,
  prepaid,
  programme,
  type Rule,
  tiers,
  units,
} from "../../firmware/src/rules/plain.ts";
import {
  capRules,
  donationsOf,
  earnRule,
  LOTS,
  modifierRules,
  ROUNDING,
  referralRule,
  stampsRule,
  validityOf,
  whenOf,
} from "./case-rules.ts";
import { type Case, type Json, Words } from "./written-case.ts";

/** Names of the case's merchants, in the order of the numbers that the adapter gives them. */
export function merchantNames({ programme: given, when }: Case): readonly string[] {
  const named = when.flatMap(({ merchant }) => (merchant === undefined ? [] : [String(merchant)]));
  return [...new Set([...Object.keys((given.merchants ?? {}) as Json), ...named, "?"])].sort();
}

/** Buckets that the card of a case keeps apart need lots; so does whatever expires. */
const hasBuckets = ({ given }: Case): boolean => JSON.stringify(given).includes('"buckets"');

/** What units of the case are called: sessions, copies. Money has no such name. */
export function unitNameOf(said: Json): string | null {
  const { unit, pack } = (said.recharge ?? {}) as { readonly unit?: string; readonly pack?: unknown };
  return pack === undefined ? null : (unit ?? "sessions");
}

/** Whether there is prepaid money in a case at all. */
function isAboutPrepaid({ given, when }: Case, said: Json): boolean {
  if (unitNameOf(said) !== null) return false;
  return (
    "recharge" in said ||
    "spend_order" in said ||
    JSON.stringify(given).includes('"prepaid') ||
    when.some(({ type, tenders = [] }) => type === "recharge" || JSON.stringify(tenders).includes('"prepaid"'))
  );
}

function unitsRule(recharge: Words, spendFirst: "bonus" | "paid"): Rule {
  const unitName = recharge.take("unit", "sessions");
  const pack = recharge.within("pack");
  const packs = [{ units: pack.take(unitName, 0), price: pack.take("price", 0) }];
  const made = units({ id: "units", unitName, packs, bonusRate: recharge.take("bonus_bp", 0), spendFirst });
  pack.end();
  recharge.end();
  return made;
}

const UNREACHED = 16_777_215;

/** Prepaid money, and what is given on top. */
function prepaidRule(recharge: Words, spendFirst: "bonus" | "paid"): Rule {
  recharge.always("unit", "cents", "points");
  recharge.always("point_value_cents", 1);
  const rounding = recharge.oneOf("rounding", ROUNDING, "floor");
  const rate = recharge.take("bonus_bp", 0);
  const table = recharge.list("bonus_table").map((of) => {
    const band = { from: of.take("min", 0), rate: of.take("rate_bp", 0) };
    of.end();
    return band;
  });
  const flat = rate > 0 ? [{ from: 1, rate }] : [];
  const isBare = table.length === 0 && rate === 0;
  // A case that tells only how long bonuses last gives them as buckets: a top-up of the same amount makes each of them.
  const made = recharge.has("bonus_validity") ? [{ from: 1, rate: 10_000 }] : [{ from: UNREACHED, rate: 1 }];
  const validity = validityOf(recharge.within("bonus_validity"));
  recharge.end();
  const lots = validity === null ? 0 : LOTS;
  const bands = isBare ? made : [...table, ...flat];
  return prepaid({
    id: "prepaid",
    bonus: { bands, purse: 1, rounding, validity, lots, funder: "merchant" },
    spendFirst,
  });
}

function tiersRules(all: Words, hasEarn: boolean): Rule[] {
  const levels = all.list("tiers").map((of) => {
    const level = {
      name: of.take("name", ""),
      from: of.take("min_spend", 0),
      permille: Math.round(of.take(hasEarn ? "factor" : "points_per_euro", 1) * 1_000),
    };
    of.end();
    return level;
  });
  const crossing = all.oneOf("tier_for_purchase", { before: "before", marginal: "marginal" } as const, "before");
  const window = all.oneOf(
    "window",
    { rolling_12_months: "rolling-12-months", calendar_year: "year" } as const,
    "rolling_12_months",
  );
  const isReviewed = all.has("review");
  const review = all.within("review");
  const on = review.take("on", "").slice(5);
  const graceDays = review.take("grace_days", 0);
  review.end();
  const downs = { one_down: "one", by_window: "to-window" } as const;
  const down = isReviewed ? all.oneOf("variant", downs, "by_window") : "one";
  const made = tiers({
    id: "tiers",
    levels,
    of: ["earn"],
    window,
    crossing,
    review: isReviewed ? { on, graceDays, down } : null,
  });
  const earns = points({ id: "earn", purse: 1, earn: { per: "amount", cents: 100, points: 1, groups: "exact" } });
  return hasEarn ? [made] : [earns, made];
}

function parkingRule(given: Words): Rule {
  const within = given.take("within_hours", 0);
  const made = parking({
    id: "parking",
    minutes: given.take("minutes", 0),
    minimum: { kind: "reaches", amount: given.take("min_basket", 0) },
    ...(within > 0 ? { withinHours: within } : {}),
    ...whenOf(given),
  });
  given.end();
  return made;
}

function challengeRule(given: Words): Rule {
  const gives = given.take("bonus_cents", given.take("bonus_points", 0));
  const label = given.take("badge", "");
  const made = challenge({
    id: "challenge",
    ...(gives > 0 ? { of: "earn", gives } : {}),
    ...(label === "" ? {} : { label }),
    distinct: given.take("distinct_merchants", 0),
    timesMax: given.take("max_per_member", 1),
    ...whenOf(given),
  });
  given.end();
  return made;
}

/** Adds what points pay to the rule that earns them. */
function withRedemption(rule: Rule, redeem: Words): Rule {
  if (rule.kind !== "points") throw new Error("only points are redeemed in steps");
  const [taken, cents] = [redeem.take("points", 1), redeem.take("for_cents", 1)];
  const step = redeem.take("step_points", taken);
  redeem.end();
  const stepCents = (cents * step) / taken;
  if (!Number.isInteger(stepCents)) throw new Error("a step of points that is no whole number of cents");
  return { ...rule, redeem: { points: step, cents: stepCents } };
}

function withGifts(rule: Rule, gifts: readonly Gift[]): Rule {
  if (rule.kind !== "points") throw new Error("only points are given to others");
  return { ...rule, gifts };
}

const POLICIES = {
  deduct_from_refund: "deduct-from-refund",
  allow_negative: "allow-negative",
  clamp_to_zero: "clamp-to-zero",
} as const;
const STACKING = { best_of: "best-of", additive: "additive", multiplicative: "multiplicative" } as const;
const ROLES = { earn_only: "earn-only", earn_and_burn: "earn-and-spend" } as const;

function rulesOf(worked: Case, said: Json, all: Words): Rule[] {
  const rules: Rule[] = [];
  const buckets = hasBuckets(worked) && !("recharge" in said);
  const { rules: caps, balanceMax } = capRules(all);
  const hasEarn = all.has("earn");
  if (all.has("tiers")) rules.push(...tiersRules(all, hasEarn));
  if (hasEarn) rules.unshift(earnRule(all.within("earn"), buckets, balanceMax));
  if (all.has("stamps")) rules.push(stampsRule(all.within("stamps")));
  rules.push(...modifierRules(all), ...caps);
  if (all.has("challenge")) rules.push(challengeRule(all.within("challenge")));
  if (all.has("referral")) rules.push(referralRule(all.within("referral")));
  if (all.has("donations")) rules[0] = withGifts(rules[0]!, donationsOf(all));
  if (all.has("parking")) rules.push(parkingRule(all.within("parking")));
  if (all.has("redeem")) rules[0] = withRedemption(rules[0]!, all.within("redeem"));
  const order = all.take<("bonus" | "paid")[]>("spend_order", ["bonus", "paid"]);
  const recharge = all.within("recharge");
  if (unitNameOf(said) !== null) rules.push(unitsRule(recharge, order[0]!));
  else if (isAboutPrepaid(worked, said)) rules.push(prepaidRule(recharge, order[0]!));
  if (all.has("buckets")) {
    const order = all.within("buckets");
    order.always("order", ["expires_on asc nulls last", "issued_at asc", "id asc"]);
    order.end();
    // What is in the buckets came from elsewhere: nothing is earned.
    rules.push(cagnotte({ id: "earn", rate: 1, lots: LOTS, when: { until: "2000-01-02" } }));
  }
  return rules;
}

/** Tenders that earn nothing; one that stands in neither list of a case that has both is nobody's to decide. */
function nonEarningOf({ when }: Case, all: Words): string[] {
  const earning = all.take<string[] | null>("earning_tenders", null);
  const not = all.take<string[] | null>("non_earning_tenders", null);
  const used = when.flatMap(({ tenders = [] }) => (tenders as readonly { kind: string }[]).map(({ kind }) => kind));
  const unlisted = earning === null ? [] : used.filter((kind) => !earning.includes(kind));
  const both = earning === null ? undefined : not?.find((kind) => earning.includes(kind));
  if (both !== undefined) throw new Error(`the tender ${both} is said to earn, and not to`);
  if (not === null) return earning === null ? ["prepaid", "gift_card", "voucher"] : [...new Set(unlisted)];
  const stranger = unlisted.find((kind) => !not.includes(kind));
  if (stranger !== undefined) throw new Error(`the tender ${stranger} stands in neither list`);
  return not;
}

/** Merchants that conditions name, by the numbers that the adapter gives them. */
const withNumbers = (said: Json, names: readonly string[]): Json =>
  JSON.parse(JSON.stringify(said), (word, value) =>
    word === "also_at" ? (value as readonly string[]).map((name) => names.indexOf(name) + 1) : value,
  );

/** The programme that a case speaks of. Throws where it has a word that nobody knows. */
export function programmeOf(worked: Case, said: Json): Programme {
  const names = merchantNames(worked);
  const all = new Words(`${worked.id} programme`, withNumbers(said, names));
  const roles = all.within("merchants");
  const rules = rulesOf(worked, said, all);
  all.always("refundable", ["paid"]);
  all.always("refund_value", undefined, "price / sessions of the pack");
  all.take("variant", "");
  all.always("tips_earn", false);
  all.always("order", undefined, ["base", "multipliers", "bonuses", "caps"]);
  const merchant = (name: string) => {
    const of = roles.within(name);
    const role = of.oneOf("role", ROLES, "earn_and_burn");
    of.end();
    return { name, role };
  };
  const made = programme({
    number: 1,
    version: 1,
    name: worked.id,
    scope: "town",
    zone: all.take("tz", "Europe/Paris"),
    merchants: Object.fromEntries(names.map((name, i) => [i + 1, merchant(name)])),
    exclude: all.take<string[]>("exclude_categories", []),
    nonEarning: nonEarningOf(worked, all),
    stacking: all.oneOf("stacking", STACKING, "best_of"),
    roundingStage: all.oneOf("rounding_stage", { end: "end", each: "each" } as const, "end"),
    spentPolicy: all.oneOf("negative_policy", POLICIES, "deduct_from_refund"),
    media: ["NTAG216"],
    offlineCap: 90_000_000,
    rules,
  });
  roles.end();
  all.end();
  return made;
}
