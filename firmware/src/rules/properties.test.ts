import { type Lot, type Purse, packPurses, pursesSize } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balanceIn } from "./balance.ts";
import { carriedIn } from "./earning.ts";
import { placeOf } from "./place.ts";
import {
  bonus,
  cagnotte,
  cap,
  challenge,
  club,
  discount,
  draw,
  type Effect,
  type Evaluation,
  evaluate,
  type Facts,
  multiplier,
  type Period,
  type Programme,
  points,
  prepaid,
  programmeFaults,
  type Rule,
  referral,
  type Sale,
  stamps,
  tiers,
  units,
  type Visit,
  type When,
} from "./plain.ts";
import { usedOf } from "./used.ts";
import { Working } from "./working.ts";

const RUNS = { numRuns: 10_000 };
const DAY = 86_400;
/** Noon of 1 January 2027. */
const START = 27 * 365.25 * DAY + 0.75 * DAY + DAY / 2;
const CATEGORIES = ["coffee", "coffee", "bread", "tobacco", undefined] as const;

const maybe = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arb, { nil: undefined, freq: 1 });
const pick = <T>(...values: readonly T[]) => fc.constantFrom(...values);
/** Only the fields that are there: the language knows no field that is undefined. */
const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

const anyWhen: fc.Arbitrary<When> = fc
  .oneof(
    fc.record({ weekdays: pick<When["weekdays"]>([1, 2, 3], [5]) }),
    fc.record({ hours: pick({ from: 600, to: 900 }, { from: 1_200, to: 60 }) }),
    fc.record({ from: pick("2027-02-01", "2027-01-01"), until: pick("2027-03-01", "2028-01-01") }),
    fc.record({
      basket: fc.record({
        kind: pick("reaches" as const, "exceeds" as const),
        amount: fc.nat(3_000),
        of: pick("initial" as const, "running" as const),
      }),
    }),
    fc.record({ merchants: pick([1], [1, 2]) }),
    fc.record({ tender: pick("card", "voucher") }),
    fc.record({ tiers: pick(["bronze"], ["silver", "gold"]) }),
    fc.record({ birthday: pick({ before: 3, after: 3, leap: "1-march" as const }) }),
    fc.record({ first: fc.constant(true as const) }),
    fc.record({ awayDays: pick(3, 30) }),
    fc.record({ memberOf: fc.constant("friends") }),
    fc.record({ offer: fc.constant(7) }),
    fc.record({ also: fc.record({ merchants: fc.constant([1]), withinDays: pick(1, 9), purse: fc.constant(0) }) }),
    fc.record({ also: fc.record({ merchants: fc.constant([2, 5]), withinDays: pick(1, 40), purse: fc.constant(1) }) }),
  )
  .map((when) => when as When);
const when = maybe(anyWhen);
const funder = pick("merchant", "association", "sponsor", "partner");
const validity = pick(null, { days: 20 }, { months: 1 }, { months: 2, round: "month" }, { through: "2027-06-30" });
const lotCount = pick(2, 4, 8);
const rounding = pick("floor", "half-up", "ceil");

const savingOptions = fc
  .record({
    validity,
    lotCount,
    keeps: fc.boolean(),
    rounding: pick("floor", "half-up", "ceil", "carry", "carry"),
    balanceMax: pick(300, 5_000, 16_777_215),
    funder,
    pays: pick("tender", "discount"),
    redeemMin: pick(0, 50),
    redeemShareMax: pick(10_000, 5_000),
    when,
  })
  .map(({ lotCount: count, keeps, validity: valid, rounding: round, ...rest }) => {
    const lots = keeps || valid !== null ? count : 0;
    return given({ ...rest, validity: valid, lots, rounding: lots > 0 && round === "carry" ? "floor" : round });
  });

const anyEarn = fc.oneof(
  fc
    .record({
      per: fc.constant("amount" as const),
      cents: pick(10, 100, 333),
      points: pick(1, 2, 7),
      groups: pick("exact", "whole"),
      beyond: maybe(fc.record({ amount: pick(500, 1_000), counts: pick("all", "above") })),
    })
    .map(given),
  fc.record({ per: fc.constant("visit" as const), points: pick(1, 25) }),
  fc.record({ per: fc.constant("item" as const), category: fc.constant("coffee"), points: pick(1, 5) }),
);

const period = pick<Period>("day", "week", "month", "year");
const target = pick("cash", "points");

const anyRules: fc.Arbitrary<Rule[]> = fc
  .tuple(
    maybe(
      fc
        .record({ options: savingOptions, rate: pick(100, 333, 500, 9_999) })
        .map(({ options, rate }) => [cagnotte({ id: "cash", rate, ...options } as Parameters<typeof cagnotte>[0])]),
    ),
    maybe(
      fc
        .record({
          options: savingOptions,
          earn: anyEarn,
          redeem: pick(null, { points: 10, cents: 7 }, { points: 3, cents: 50 }),
          gifts: pick(
            [],
            [{ id: "mug", label: "Mug", points: 20, value: 500 }],
            [
              { id: "mug", label: "Mug", points: 20, value: 500 },
              { id: "boat", label: "Lifeboats", points: 7, value: 5, to: { name: "Lifeboats", rounding: "half-up" } },
            ],
          ),
        })
        .map(({ options, ...rest }) => [
          points({ id: "points", purse: 1, ...options, ...rest } as Parameters<typeof points>[0]),
        ]),
    ),
    maybe(
      fc
        .record({
          count: fc.record({ per: fc.constant("visit" as const), stamps: pick(1, 3) }),
          minimum: fc.record({ kind: pick("reaches", "exceeds"), amount: pick(0, 500) }),
          cooldownMinutes: pick(0, 600),
          withinDays: maybe(pick(1, 7, 30)),
          onZeroPayable: fc.boolean(),
          grid: pick(2, 5),
          reward: pick(
            { kind: "gift", label: "Bouquet", value: 800 },
            { kind: "money", label: "Voucher", value: 800 },
            { kind: "offer", label: "Cheese", offer: 8, days: 20 },
          ),
          excess: pick("carry", "lose"),
          paperThrough: maybe(pick("2027-01-20", "2027-06-30")),
          funder,
          when,
        })
        .map(({ cooldownMinutes, ...options }) => [
          stamps({
            id: "grid",
            cooldownMinutes: options.withinDays === undefined ? cooldownMinutes : 0,
            ...given(options),
          } as Parameters<typeof stamps>[0]),
        ]),
    ),
    maybe(
      fc
        .record({ grid: pick(1, 3), excess: pick("carry", "lose"), withinDays: maybe(pick(2, 30)), when })
        .map((options) => [
          stamps({
            id: "cups",
            purse: 1,
            count: { per: "item", category: "coffee" },
            reward: { kind: "free-item", label: "Coffee", category: "coffee" },
            ...given(options),
          } as Parameters<typeof stamps>[0]),
        ]),
    ),
    maybe(
      fc
        .record({
          balanceMax: pick(5_000, 16_777_215),
          spendFirst: pick("bonus", "paid"),
          bonus: fc.option(
            fc.record({ validity, lots: lotCount, rounding, funder }).map((options) => ({
              ...options,
              purse: 2,
              bands: [
                { from: 100, rate: 500 },
                { from: 5_000, rate: 1_200 },
              ],
            })),
          ),
        })
        .map((options) => [prepaid({ id: "money", ...options } as Parameters<typeof prepaid>[0])]),
    ),
    maybe(
      fc.record({ bonusRate: pick(0, 1_000, 5_000), spendFirst: pick("bonus", "paid") }).map((options) => [
        units({
          id: "sessions",
          unitName: "sessions",
          packs: [
            { units: 10, price: 25_000 },
            { units: 3, price: 1_000 },
          ],
          ...options,
        } as Parameters<typeof units>[0]),
      ]),
    ),
    fc.array(
      fc.record({
        off: fc.oneof(fc.record({ rate: pick(333, 500, 10_000) }), fc.record({ cents: pick(1, 700) })),
        rounding,
        categories: maybe(pick(["coffee"], ["bread", "coffee"])),
        basis: pick("initial", "running"),
        order: pick(0, 1),
        group: maybe(pick("best")),
        limit: maybe(fc.record({ times: pick(1, 2), per: period })),
        when,
        funder,
      }),
      { maxLength: 3 },
    ),
    fc.array(
      fc.record({
        of: target,
        permille: pick(1_001, 1_333, 1_500, 2_000, 100_000),
        categories: maybe(pick(["coffee"], ["bread"])),
        when,
      }),
      { maxLength: 3 },
    ),
    fc.array(
      fc.record({
        of: target,
        gives: fc.oneof(pick(5, 100), fc.record({ every: pick(2, 10), gives: pick(1, 3) })),
        funder,
        when,
        limit: maybe(fc.record({ times: pick(1, 2), per: period })),
      }),
      { maxLength: 2 },
    ),
    fc.array(fc.record({ of: target, per: fc.oneof(period, pick("visit" as const)), most: pick(10, 100, 1_000) }), {
      maxLength: 3,
    }),
    maybe(
      fc
        .record({
          window: pick("year", "rolling-12-months"),
          crossing: pick("before", "marginal"),
          review: fc.option(
            fc.record({ on: pick("12-31", "02-29"), graceDays: pick(0, 30), down: pick("one", "to-window") }),
          ),
          of: pick([], ["cash"], ["points"], ["cash", "points"]),
        })
        .map(
          (options) =>
            tiers({
              id: "levels",
              levels: [
                { name: "bronze", from: 0, permille: 1_000 },
                { name: "silver", from: 2_000, permille: 1_500 },
                { name: "gold", from: 7_000, permille: 3_333 },
              ],
              ...options,
            } as Parameters<typeof tiers>[0]) as Extract<Rule, { kind: "tiers" }>,
        ),
    ),
    maybe(
      fc
        .record({
          won: fc.oneof(
            fc.record({ of: target, gives: fc.constant(50), label: maybe(fc.constant("Tour")) }),
            fc.record({ label: fc.constant("Tour") }),
          ),
          distinct: pick(2, 3),
          timesMax: pick(1, 2),
          when,
        })
        .map(({ won, ...options }) =>
          challenge({ id: "tour", ...given({ ...options, ...won }) } as Parameters<typeof challenge>[0]),
        ),
    ),
    maybe(
      fc
        .record({ cents: pick(500, 1_000), entriesMax: pick(1, 5), when })
        .map((options) => draw({ id: "tombola", ...given(options) } as Parameters<typeof draw>[0])),
    ),
    maybe(
      fc
        .record({
          of: target,
          minimum: fc.record({ kind: pick("reaches", "exceeds"), amount: pick(0, 500) }),
          godchild: pick(0, 30, 400),
          godparent: pick(1, 50),
          funder,
          when,
        })
        .map((options) => referral({ id: "friend", ...given(options) } as Parameters<typeof referral>[0])),
    ),
  )
  .map(
    ([
      cash,
      counted,
      grid,
      cups,
      money,
      sessions,
      discounts,
      multipliers,
      bonuses,
      caps,
      levels,
      tour,
      tombola,
      friend,
    ]) => {
      const kept = [cash, counted, grid, cups, money, sessions].flatMap((rules): Rule[] => rules ?? []);
      if (kept.length === 0) kept.push(cagnotte({ id: "cash", rate: 500, rounding: "carry" }));
      const has = (id: string) => kept.some((rule) => rule.id === id);
      const rules: Rule[] = [
        ...kept,
        ...kept.flatMap((rule) =>
          rule.kind === "stamps" && rule.reward.kind === "offer"
            ? [discount({ id: "cheese", off: { rate: 1_000 }, when: { offer: rule.reward.offer } })]
            : [],
        ),
        ...discounts.map(({ limit, ...one }, i) =>
          discount({
            id: `discount-${i}`,
            ...given(one),
            ...(limit === undefined ? {} : { limit: { ...limit, purse: 5 + i } }),
          } as Parameters<typeof discount>[0]),
        ),
        ...multipliers
          .filter(({ of }) => has(of))
          .map((one, i) => multiplier({ id: `more-${i}`, ...given(one) } as Parameters<typeof multiplier>[0])),
        ...bonuses
          .filter(({ of }) => has(of))
          .map(({ limit, ...one }, i) =>
            bonus({
              id: `bonus-${i}`,
              ...given(one),
              ...(limit === undefined ? {} : { limit: { ...limit, purse: i } }),
            } as Parameters<typeof bonus>[0]),
          ),
        ...caps.filter(({ of }) => has(of)).map((one, i) => cap({ id: `cap-${i}`, ...one, purse: 2 + i })),
        ...(levels === undefined ? [] : [{ ...levels, of: levels.of.filter(has) }]),
        ...(tour === undefined || (tour.of !== undefined && !has(tour.of)) ? [] : [tour]),
        ...(tombola === undefined ? [] : [tombola]),
        ...(friend === undefined || !has(friend.of) ? [] : [friend]),
        club({ id: "friends", fee: 3_000 }),
      ];
      const named = levels !== undefined;
      return rules.map((rule) => ("when" in rule && !named && rule.when?.tiers !== undefined ? without(rule) : rule));
    },
  );

function without(rule: Rule): Rule {
  const { when: _when, ...rest } = rule as Extract<Rule, { when?: When }>;
  return rest as Rule;
}

const anyProgramme: fc.Arbitrary<Programme> = fc
  .record({
    rules: anyRules,
    nonEarning: pick([], ["prepaid", "gift-card"], ["voucher"]),
    stacking: pick("best-of" as const, "additive" as const, "multiplicative" as const),
    roundingStage: pick("end" as const, "each" as const),
    spentPolicy: pick("deduct-from-refund" as const, "allow-negative" as const, "clamp-to-zero" as const),
    offlineCap: maybe(pick(100, 5_000)),
  })
  .map((options) => ({
    number: 1,
    version: 1,
    name: "any",
    scope: "shop" as const,
    zone: "Europe/Paris",
    merchants: {
      1: { name: "Florist", role: "earn-and-spend" as const },
      2: { name: "Supermarket", role: "earn-only" as const },
      5: { name: "Baker", role: "earn-and-spend" as const },
    },
    exclude: ["tobacco"],
    ...(given(options) as Omit<typeof options, "offlineCap"> & { offlineCap: number }),
  }));

const anyLines = fc.array(
  fc.record({
    amount: fc.oneof(fc.nat(3_000), fc.nat(100), fc.constant(0)),
    quantity: pick(1, 1, 2, 5),
    category: pick(...CATEGORIES),
  }),
  { minLength: 1, maxLength: 4 },
);
const anySale: fc.Arbitrary<Sale> = fc
  .record({
    lines: anyLines,
    tip: pick(0, 0, 200),
    redeem: maybe(fc.oneof(fc.constant("max" as const), fc.nat(1_500))),
    prepaid: maybe(fc.oneof(fc.constant("none" as const), fc.nat(1_500))),
    tenders: maybe(
      fc.array(fc.record({ kind: pick("card", "voucher", "gift-card"), amount: fc.nat(2_000) }), { maxLength: 2 }),
    ),
    rewards: maybe(fc.constant("later" as const)),
    gift: maybe(fc.record({ gift: pick("mug", "boat"), giftPoints: maybe(pick(1, 10, 20)) }).map(given)),
    referredBy: maybe(pick(2_800_010_000_421, 2_800_010_000_421, 2_800_010_000_438, 5)),
    use: maybe(pick(0, 1, 4)),
  })
  .map(({ lines, gift, ...sale }) => ({ ...given(sale), ...gift, lines: lines.map(given) }) as Sale);

const lot: fc.Arbitrary<Lot> = fc.record({
  value: fc.integer({ min: 1, max: 400 }),
  expires: pick(9_900, 10_000, 65_535),
  issued: pick(9_800, 9_810),
});
const saving = pick("cash", "points");
const anyVisit: fc.Arbitrary<Visit> = fc.oneof(
  { arbitrary: anySale, weight: 8 },
  {
    arbitrary: fc.record({ kind: fc.constant("top-up" as const), amount: fc.integer({ min: 1, max: 9_000 }) }),
    weight: 2,
  },
  fc.record({ kind: fc.constant("pack" as const), rule: fc.constant("sessions"), pack: pick(1, 2, 3) }),
  fc.record({ kind: fc.constant("join" as const), rule: fc.constant("friends") }),
  fc.record({ kind: fc.constant("paper" as const), rule: fc.constant("grid"), stamps: pick(1, 2, 4) }),
  fc.record({ kind: fc.constant("look" as const) }),
  fc.record({ kind: fc.constant("close" as const) }),
  fc.record({ kind: fc.constant("give" as const), rule: saving, value: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant("receive" as const), rule: saving, lots: fc.array(lot, { maxLength: 3 }) }),
);

interface Step {
  readonly visit: Visit;
  /** Days since the last one. */
  readonly days: number;
  readonly facts: Omit<Facts, "at" | "before">;
  /** How much a programme before this one took off a sale. */
  readonly tenths: number;
}
const steady = (visit: fc.Arbitrary<Visit>): fc.Arbitrary<Step> =>
  fc.record({
    visit,
    days: pick(0, 0, 1, 8, 40, 200),
    tenths: pick(0, 0, 0, 3, 10),
    facts: fc
      .record({
        merchant: pick(1, 1, 2, 5),
        clockSuspect: fc.constant(false),
        birthday: maybe(fc.constant({ month: 1, dayOfMonth: 3 })),
        lastDay: maybe(pick(9_860, 9_900)),
        card: maybe(fc.constant(2_800_010_000_438)),
        spentToday: maybe(pick(0, 90)),
      })
      .map((facts) => given(facts) as Step["facts"]),
  });
const anyStep: fc.Arbitrary<Step> = fc
  .record({
    step: steady(anyVisit),
    suspect: pick(false, false, false, true),
    torn: pick(undefined, undefined, undefined, true),
    back: pick(0, 0, 0, 20_000),
  })
  .map(({ step, suspect, torn, back }) => ({
    ...step,
    days: suspect ? step.days - back : step.days,
    facts: given({ ...step.facts, clockSuspect: suspect, earnOnly: torn }) as Step["facts"],
  }));

/** Visits that name a rule that the programme does not have are no visits to it. */
const isVisitTo = ({ rules }: Programme, visit: Visit): boolean =>
  !("rule" in visit) || rules.some(({ id }) => id === visit.rule);

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}

type Account = Readonly<Record<string, number>>;
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

function added(...accounts: readonly Account[]): Account {
  const all: Record<string, number> = {};
  for (const account of accounts)
    for (const [name, value] of Object.entries(account)) all[name] = (all[name] ?? 0) + value;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

const ownersOf = ({ rules }: Programme, id: string): readonly string[] => [
  id,
  ...rules.flatMap((rule) => ("of" in rule && rule.of === id ? [rule.id] : [])),
];

/** What a card holds, account by account, to the last fraction. */
function worthOf({ rules }: Programme, purses: readonly Purse[]): Account {
  const all: Record<string, number> = {};
  const own = (kind: Purse["kind"], index: number) =>
    purses.find((purse) => purse.kind === kind && purse.index === index);
  for (const rule of rules) {
    if (rule.kind === "cagnotte" || rule.kind === "points") {
      const { value, owed, remainder } = balanceIn(purses, placeOf(rule));
      all[rule.id] = (value - owed) * carriedIn(rule) + remainder;
    }
    if (rule.kind === "stamps") {
      const purse = own("stamps", rule.purse) ?? own("timed-stamps", rule.purse);
      const dated = own("dated-stamps", rule.purse);
      if (dated?.kind === "dated-stamps") all[rule.id] = dated.days.filter((day) => day > 0).length;
      else all[rule.id] = purse !== undefined && "count" in purse ? purse.count : 0;
    }
    if (rule.kind === "prepaid") {
      const purse = own("prepaid", rule.purse);
      all.paid = purse?.kind === "prepaid" ? purse.cents : 0;
      const place = { index: 2, unit: "cents", lots: rule.bonus?.lots ?? 0, carries: false } as const;
      all.bonus = rule.bonus === null ? 0 : balanceIn(purses, place).value;
    }
    if (rule.kind === "units") {
      const purse = own("units", rule.purse);
      if (purse?.kind === "units") [all["paid-units"], all["bonus-units"]] = [purse.paid, purse.bonus];
    }
  }
  return added(all);
}

const SIGN: Readonly<Partial<Record<Effect["type"], 1 | -1>>> = {
  earn: 1,
  topup: 1,
  stamp: 1,
  return: 1,
  receive: 1,
  redeem: -1,
  clawback: -1,
  expire: -1,
  forfeit: -1,
  give: -1,
  payout: -1,
};

/** What effects say that they moved, account by account. */
function movedBy(programme: Programme, effects: readonly Effect[]): Account {
  const all: Account[] = [];
  for (const effect of effects) {
    const { type, rule: id, value, fraction = 0, label, taken = 0 } = effect;
    const sign = SIGN[type] ?? 0;
    for (const rule of programme.rules) {
      const isOwn = rule.id === id;
      if ((rule.kind === "cagnotte" || rule.kind === "points") && ownersOf(programme, rule.id).includes(id)) {
        if (type === "reward") all.push({ [rule.id]: -taken * carriedIn(rule) });
        // A challenge's marks are stamps of their own.
        else if (effect.unit !== "stamps") all.push({ [rule.id]: sign * value * carriedIn(rule) + fraction });
      }
      if (rule.kind === "stamps" && isOwn) all.push({ [id]: type === "reward" ? -taken : sign * value });
      if (rule.kind === "prepaid" && isOwn)
        all.push({ [label === "bonus" || type === "forfeit" ? "bonus" : "paid"]: sign * value });
      if (rule.kind === "units" && isOwn) {
        const part = label === "bonus" || type === "forfeit" ? "bonus-units" : "paid-units";
        all.push({ [part]: type === "payout" ? -taken : sign * value });
      }
    }
  }
  // Free items and declines move nothing.
  return added(...all);
}

/** The effects that say something about the card. */
const real = (programme: Programme, effects: readonly Effect[]) =>
  effects.filter(
    ({ type, rule }) =>
      type !== "decline" &&
      type !== "discount" &&
      !(type === "payout" && rule === "") &&
      programme.rules.some(({ id }) => id === rule),
  );

const ofType = (effects: readonly Effect[], type: Effect["type"]) => effects.filter((effect) => effect.type === type);

function holdsTrue(programme: Programme, before: readonly Purse[], visit: Visit, facts: Facts, done: Evaluation): void {
  const { effects, newPurses, payable } = done;
  expect(worthOf(programme, newPurses)).toEqual(
    added(worthOf(programme, before), movedBy(programme, real(programme, effects))),
  );
  for (const effect of effects) {
    expect(["merchant", "association", "sponsor", "partner"]).toContain(effect.funder);
    expect(Number.isSafeInteger(effect.value) && effect.value >= 0, JSON.stringify(effect)).toBe(true);
    if (effect.wouldBe !== undefined) expect(effect.reason).toBeDefined();
    const isSpread = effect.shares !== undefined;
    if (isSpread)
      expect(sum(effect.shares!)).toBe(effect.unit === "cents" || effect.type === "earn" ? effect.value : effect.cents);
    if (effect.lots !== undefined && effect.type !== "reward" && effect.type !== "clawback")
      expect(sum(effect.lots.map(({ value }) => value))).toBe(effect.value);
  }
  // Every purse fits what a card has for it: none is less than nothing or more than it holds, lots stand in order.
  packPurses(newPurses, pursesSize(newPurses.map(({ kind }) => kind)));
  for (const purse of newPurses) if ("lots" in purse) expect(purse.lots.every(({ value }) => value > 0)).toBe(true);
  if (visit.kind !== undefined && visit.kind !== "sale") return;
  const { before: first } = facts;
  const taken = visit.lines.map((_, i) => (first?.discounts[i] ?? 0) + (first?.redeemed[i] ?? 0));
  const gross = sum(visit.lines.map(({ amount }) => amount)) - sum(taken);
  const off = sum(ofType(effects, "discount").map(({ value }) => value));
  const paid = ofType(effects, "redeem").map(({ cents, value }) => cents ?? value);
  expect(payable).toBe(gross - off - sum(paid) + visit.tip);
  expect(payable).toBeGreaterThanOrEqual(visit.tip);
  expect([sum(done.discounts), sum(done.redeemed)]).toEqual([off, sum(paid)]);
  for (const [i, { amount }] of visit.lines.entries()) {
    expect(done.discounts[i]! + done.redeemed[i]!).toBeLessThanOrEqual(amount - taken[i]!);
    expect(done.prepaid[i]!).toBeLessThanOrEqual(done.redeemed[i]!);
    expect(done.untaxed[i]!).toBeLessThanOrEqual(done.redeemed[i]!);
  }
  if (programme.offlineCap !== undefined)
    expect(sum(paid)).toBeLessThanOrEqual(Math.max(0, programme.offlineCap - (facts.spentToday ?? 0)));
  if (facts.earnOnly === true || facts.merchant === 2) expect(sum(paid)).toBe(0);
  expect(done.earningBase).toBeLessThanOrEqual(gross - off + sum(first?.prepaid ?? []));
}

/** What a programme evaluated before this one took off the lines: so many tenths of each. */
function earlier({ lines }: Sale, tenths: number): NonNullable<Facts["before"]> {
  const discounts = lines.map(({ amount }) => Math.floor((amount * tenths) / 20));
  const redeemed = lines.map(({ amount }, i) => Math.floor(((amount - discounts[i]!) * tenths) / 10));
  return {
    discounts,
    redeemed,
    prepaid: redeemed.map((cents) => Math.floor(cents / 2)),
    freed: lines.map(({ quantity }) => Math.min(1, quantity - 1)),
  };
}

/** An offer that was put on the card before anything happened to it. */
const OFFERED: readonly Purse[] = [{ kind: "offer", index: 0, offer: 7, from: 9_862, until: 9_900 }];

/** Plays steps on a card, one whenever it is asked for the next. */
function* visitsOf(programme: Programme, steps: readonly Step[]) {
  let purses = OFFERED;
  let at = START;
  for (const { visit, days, facts: rest, tenths } of steps) {
    if (!isVisitTo(programme, visit)) continue;
    const now = Math.max(0, at + days * DAY);
    if (!rest.clockSuspect) at = now;
    const isSale = visit.kind === undefined || visit.kind === "sale";
    const before = isSale && tenths > 0 ? { before: earlier(visit, tenths) } : {};
    const facts = { ...rest, ...before, at: now } as Facts;
    const held = frozen(purses);
    const evaluation = evaluate(programme, held, frozen(visit), facts);
    purses = evaluation.newPurses;
    yield { visit, facts, held, evaluation, at };
  }
}

/** Plays steps on a card; holds every one of them against what must always be so. */
function play(programme: Programme, steps: readonly Step[], inspect = true) {
  const done = [...visitsOf(programme, steps)];
  for (const { visit, facts, held, evaluation } of inspect ? done : []) {
    holdsTrue(programme, held, visit, facts, evaluation);
    const reversed = evaluate({ ...programme, rules: [...programme.rules].reverse() }, held, visit, facts);
    expect(reversed.effects).toEqual(evaluation.effects);
    expect(reversed.newPurses).toEqual(evaluation.newPurses);
  }
  const last = done.at(-1);
  return { purses: last?.evaluation.newPurses ?? OFFERED, at: last?.at ?? START, done };
}

describe("whatever the programme, the card and the visits", () => {
  it("generates programmes that the checks let through", () => {
    fc.assert(
      fc.property(anyProgramme, (programme) => {
        const faults = programmeFaults(programme).filter((fault) => !/^media:|offlineCap/.test(fault));
        expect(faults).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("purses move by what effects say, money adds up, nothing is changed that was given, the order of rules is of no account", () => {
    fc.assert(
      fc.property(anyProgramme, fc.array(anyStep, { minLength: 1, maxLength: 5 }), (programme, steps) => {
        play(frozen(programme), steps);
      }),
      RUNS,
    );
  });

  it("visits of different cards commute, under one programme and under two", () => {
    const steps = fc.array(anyStep, { minLength: 1, maxLength: 3 });
    const turns = fc.array(fc.boolean(), { maxLength: 6 });
    fc.assert(
      fc.property(anyProgramme, fc.option(anyProgramme), steps, steps, turns, (programme, other, one, two, order) => {
        const [first, second] = [frozen(programme), frozen(other ?? programme)];
        const said = ({ evaluation }: { evaluation: Evaluation }) => [evaluation.effects, evaluation.newPurses];
        const alone = [play(first, one, false).done.map(said), play(second, two, false).done.map(said)];
        const cards = [visitsOf(first, one), visitsOf(second, two)];
        const mixed: unknown[][] = [[], []];
        for (const turn of [...order.map(Number), 0, 0, 0, 1, 1, 1]) {
          const next = cards[turn]!.next();
          if (!next.done) mixed[turn]!.push(said(next.value));
        }
        expect(mixed).toEqual(alone);
      }),
      RUNS,
    );
  });
});

const saleSteps = fc.array(steady(anyVisit), { maxLength: 3 });
/** A visit that spends nothing that another one earned. */
const savesOnly = steady(
  anySale.map(({ gift: _gift, use: _use, ...sale }) => ({
    ...sale,
    redeem: 0,
    prepaid: "none" as const,
    rewards: "later" as const,
  })),
);

/** Lines of a sale, taken back in some order and in some number of parts. */
const anyParts = fc.array(fc.nat(3), { minLength: 1, maxLength: 4 });
function partsOf(lines: number, order: readonly number[]): number[][] {
  const left = Array.from({ length: lines }, (_, i) => i);
  const parts: number[][] = [];
  for (const at of order) {
    if (left.length === 0) break;
    parts.push(left.splice(at % left.length, 1));
  }
  if (left.length > 0) parts.push(left);
  return parts;
}

function refunded(
  programme: Programme,
  purses: readonly Purse[],
  sold: { visit: Sale; facts: Facts; evaluation: Evaluation },
  parts: readonly number[][],
  at: number,
) {
  const before: number[] = [];
  const effects: Effect[] = [];
  let now = purses;
  for (const lines of parts) {
    const { lastDay: _lastDay, spentToday: _spentToday, earnOnly: _earnOnly, ...facts } = sold.facts;
    const visit: Visit = {
      kind: "refund",
      sale: sold.visit,
      effects: sold.evaluation.effects,
      soldAt: sold.facts.at,
      merchant: sold.facts.merchant,
      lines,
      before: [...before],
    };
    const done = evaluate(programme, now, frozen(visit), { ...facts, at });
    holdsTrue(programme, now, visit, { ...facts, at }, done);
    before.push(...lines);
    effects.push(...done.effects);
    now = done.newPurses;
  }
  return { purses: now, effects };
}

/** What a card holds that a refund must bring back: counters of periods that are over, and dates, are of no account. */
function restored(programme: Programme, purses: readonly Purse[], facts: Facts): unknown {
  const work = new Working(programme, purses, { lines: [], tip: 0 }, facts);
  const counters = programme.rules.flatMap((rule): [string, number][] => {
    if (rule.kind === "cap" && rule.per !== "visit") return [[rule.id, usedOf(work, rule.per, rule.purse)]];
    if ((rule.kind === "bonus" || rule.kind === "discount") && rule.limit !== undefined)
      return [[rule.id, usedOf(work, rule.limit.per, rule.limit.purse)]];
    return [];
  });
  const kept = purses.flatMap((purse): unknown[] => {
    switch (purse.kind) {
      case "rolling-tier": {
        const { level, cents, euros } = purse;
        return [[level, cents + 100 * sum(euros)]];
      }
      case "year-tier":
        return [[purse.level, purse.spent]];
      case "visited": {
        const rule = programme.rules.find(({ id }) => id === "tour") as Extract<Rule, { kind: "challenge" }>;
        const isRound = purse.won > 0 && purse.places.toString(2).replaceAll("0", "").length >= rule.distinct;
        return [[isRound ? 0 : purse.places, purse.won]];
      }
      case "club":
        return [purse];
      case "dated-stamps":
        return [[...purse.days, purse.days[0]!]];
      case "offer":
        // One that is over gives way to another.
        return purse.until < work.now.day ? [] : [[purse.from, purse.until, purse.offer]];
      case "cagnotte-lots-2":
      case "cagnotte-lots-4":
      case "cagnotte-lots-8":
      case "points-lots-2":
      case "points-lots-4":
      case "points-lots-8":
        return [[purse.index, sum(purse.lots.map(({ value }) => value))]];
      default:
        return [];
    }
  });
  const isSomething = (one: unknown) => !Array.isArray(one) || one.some((value) => value !== 0);
  return {
    worth: worthOf(programme, purses),
    counters: counters.filter(([, value]) => value > 0),
    kept: kept.filter(isSomething).filter((one) => !Array.isArray(one) || one.at(-1) !== 0 || one[0] !== 0),
  };
}

describe("a refund of everything", () => {
  it("at once or line by line, in any order, brings everything back", () => {
    fc.assert(
      fc.property(anyProgramme, saleSteps, steady(anySale), anyParts, (programme, history, last, order) => {
        const { done, at } = play(
          programme,
          [...history, { ...last, visit: { kind: "look" } }, { ...last, days: 0 }],
          false,
        );
        const sold = done.at(-1)! as { visit: Sale; facts: Facts; evaluation: Evaluation };
        const before = done.at(-2)!.evaluation.newPurses;
        const { purses, effects } = refunded(
          programme,
          sold.evaluation.newPurses,
          sold,
          partsOf(sold.visit.lines.length, order),
          at,
        );
        expect(restored(programme, purses, sold.facts)).toEqual(restored(programme, before, sold.facts));
        expect(sum(ofType(effects, "payout").map(({ value }) => value))).toBe(sold.evaluation.payable - sold.visit.tip);
        // Lots come back as they were where the purse had room for one more all the time.
        for (const purse of purses) {
          const old = before.find(({ kind, index }) => kind === purse.kind && index === purse.index);
          if (!("lots" in purse) || old === undefined || !("lots" in old)) continue;
          if (old.lots.length + 1 < Number(purse.kind.slice(5))) expect(purse.lots).toEqual(old.lots);
        }
      }),
      RUNS,
    );
  });

  it("takes back exactly what it gave and gives back what it took, whatever was saved in between", () => {
    fc.assert(
      fc.property(
        anyProgramme,
        saleSteps,
        steady(anySale),
        savesOnly,
        anyParts,
        fc.boolean(),
        (programme, history, last, other, order, isLater) => {
          const { done, at } = play(programme, [...history, last], false);
          const sold = done.at(-1)! as { visit: Sale; facts: Facts; evaluation: Evaluation };
          const days = isLater ? other.days : 0;
          const between = evaluate(programme, sold.evaluation.newPurses, other.visit, {
            ...other.facts,
            at: at + days * DAY,
          });
          const { effects } = refunded(
            programme,
            between.newPurses,
            sold,
            partsOf(sold.visit.lines.length, order),
            at + days * DAY,
          );
          const isShort = effects.some(({ reason, type }) => reason !== undefined && type !== "expire");
          const isCut = sold.evaluation.effects.some(({ value, fraction = 0 }) => value === 0 && fraction < 0);
          if (isShort || isCut) return;
          const ofDay = (all: readonly Effect[]) => real(programme, all).filter(({ type }) => type !== "expire");
          expect(movedBy(programme, [...ofDay(effects), ...ofDay(sold.evaluation.effects)])).toEqual({});
        },
      ),
      RUNS,
    );
  });
});
