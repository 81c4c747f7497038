import { CAGNOTTE_CENTS_MAX, POINTS_MAX, PREPAID_CENTS_MAX } from "@cachet/card-layout";
import { parseDay } from "./calendar/period.ts";
import { CHALLENGE_MERCHANTS_MAX } from "./challenge.ts";
import {
  broken,
  type Check,
  count,
  type Fields,
  fits,
  inRange,
  isObject,
  isText,
  listOf,
  oneOf,
  optional,
  orNull,
  shape,
  truth,
  variants,
  words,
} from "./field-faults.ts";
import type { Programme, Rule } from "./programme.ts";
import { pursesOfRule } from "./stages.ts";

const RULE_ID = /^[a-z][a-z0-9-]{0,39}$/;
const AMOUNT_MAX = 10_000_000;
const PERMILLE_MAX = 100_000;

const isDay = (value: unknown): boolean => typeof value === "string" && parseDay(value) !== null;
const day = fits(isDay, 'must be a date such as "2027-12-31"');
const yearDay = fits(
  (value) => isText(value, 5) && isDay(`2028-${value}`),
  'must be a day of the year such as "12-31"',
);
const id = fits((value) => RULE_ID.test(String(value)), "must be lower-case letters, digits and hyphens, at most 40");
const purse = count(0, 7);
const funder = oneOf(["merchant", "association", "sponsor", "partner"]);
const rounding = oneOf(["floor", "half-up", "ceil"]);
const period = oneOf(["day", "week", "month", "year"]);
const lots = fits((value) => [0, 2, 4, 8].includes(value as number), "must be 0, 2, 4 or 8");
const categories = optional(listOf(words(40), 1, 50));

const minimum = shape({
  kind: oneOf(["reaches", "exceeds"]),
  amount: fits((value) => inRange(value, 0, AMOUNT_MAX), "must be whole cents"),
  of: optional(oneOf(["initial", "running"])),
});

const when = optional(
  shape({
    weekdays: optional(listOf(count(1, 7), 1, 7)),
    hours: optional(shape({ from: count(0, 1_440, "minutes"), to: count(0, 1_440, "minutes") })),
    from: optional(day),
    until: optional(day),
    basket: optional(minimum),
    merchants: optional(listOf(count(1, 65_535), 1, 500)),
    tender: optional(words(40)),
    tiers: optional(listOf(words(40), 1, 10)),
    birthday: optional(
      shape({ before: count(0, 60, "days"), after: count(0, 60, "days"), leap: oneOf(["28-february", "1-march"]) }),
    ),
    first: optional(fits((value) => value === true, "must be true, or be left out")),
    awayDays: optional(count(1, 3_650, "days")),
    memberOf: optional(id),
    offer: optional(count(1, 255)),
  }),
);

const validity = orNull((value, name) => {
  if (!isObject(value)) return [`${name} must be null or an object`];
  if ("through" in value) return shape({ through: day })(value, name);
  if ("days" in value) return shape({ days: count(1, 3_650) })(value, name);
  return shape({ months: count(1, 120), round: optional(oneOf(["month", "year"])) })(value, name);
});

const SAVING = {
  purse,
  rounding: oneOf(["floor", "half-up", "ceil", "carry"]),
  funder,
  when,
  validity,
  lots,
  pays: oneOf(["tender", "discount"]),
  redeemMin: count(0, AMOUNT_MAX, "cents"),
  redeemShareMax: count(1, 10_000, "basis points"),
};

const pointsFor = variants("per", {
  amount: shape({
    per: oneOf(["amount"]),
    cents: count(1, 60_000, "cents"),
    points: count(1, 10_000),
    groups: oneOf(["exact", "whole"]),
    beyond: optional(shape({ amount: count(1, AMOUNT_MAX, "cents"), counts: oneOf(["all", "above"]) })),
  }),
  visit: shape({ per: oneOf(["visit"]), points: count(1, 10_000) }),
  item: shape({ per: oneOf(["item"]), category: words(40), points: count(1, 10_000) }),
});

const custom = shape({
  says: words(200),
  earn: fits((value) => typeof value === "function", "must be a function of the facts; JSON has none"),
});

const gives: Check = (value, name) => {
  if (!isObject(value)) return count(1, 1_000_000)(value, name);
  if ("earn" in value || "says" in value) return custom(value, name);
  return shape({ every: count(1, 10_000), gives: count(1, 100_000) })(value, name);
};

const off: Check = (value, name) =>
  isObject(value) && "cents" in value
    ? shape({ cents: count(1, AMOUNT_MAX, "cents") })(value, name)
    : shape({ rate: count(1, 10_000, "basis points; write percent(5) for 5 %") })(value, name);

/** Every field that may stand in a rule of a kind, but for `kind` and `id`. */
const FIELDS: { readonly [K in Rule["kind"]]: Readonly<Record<string, Check>> } = {
  stamps: {
    purse,
    count: variants("per", {
      visit: shape({ per: oneOf(["visit"]), stamps: count(1, 50) }),
      item: shape({ per: oneOf(["item"]), category: words(40) }),
    }),
    minimum,
    when,
    cooldownMinutes: fits((value) => inRange(value, 0, 525_600), "must be whole minutes, at most a year"),
    onZeroPayable: truth,
    grid: count(1, 200, "stamps"),
    reward: variants("kind", {
      gift: shape({ kind: oneOf(["gift"]), label: words(60), value: count(0, 90_000, "cents") }),
      "free-item": shape({ kind: oneOf(["free-item"]), label: words(60), category: words(40) }),
    }),
    excess: oneOf(["carry", "lose"]),
    funder,
  },
  cagnotte: {
    ...SAVING,
    rate: count(1, 10_000, "basis points; write percent(5) for 5 %"),
    balanceMax: count(1, CAGNOTTE_CENTS_MAX, "cents"),
  },
  points: {
    ...SAVING,
    earn: pointsFor,
    redeem: orNull(shape({ points: count(1, 1_000_000), cents: count(1, AMOUNT_MAX) })),
    gifts: listOf(
      shape({ id, label: words(60), points: count(1, POINTS_MAX), value: count(0, AMOUNT_MAX, "cents") }),
      0,
      100,
    ),
    unitName: words(20),
    balanceMax: count(1, POINTS_MAX, "points"),
  },
  prepaid: {
    purse,
    balanceMax: count(1, PREPAID_CENTS_MAX, "cents"),
    topUpMin: fits((value) => inRange(value, 1, PREPAID_CENTS_MAX), "must be 1 cent or more"),
    topUpMax: count(1, PREPAID_CENTS_MAX, "cents"),
    bonus: orNull(
      shape({
        bands: listOf(
          shape({ from: count(1, PREPAID_CENTS_MAX, "cents"), rate: count(1, 10_000, "basis points") }),
          1,
          10,
        ),
        purse,
        rounding,
        validity,
        lots,
        funder,
      }),
    ),
    spendFirst: oneOf(["bonus", "paid"]),
    suggestBelow: count(0, PREPAID_CENTS_MAX, "cents"),
    funder,
  },
  units: {
    purse,
    unitName: words(20),
    packs: listOf(shape({ units: count(1, 1_000), price: count(1, AMOUNT_MAX, "cents") }), 1, 10),
    bonusRate: count(0, 10_000, "basis points"),
    spendFirst: oneOf(["bonus", "paid"]),
    funder,
  },
  discount: {
    off,
    rounding,
    categories,
    basis: oneOf(["initial", "running"]),
    order: count(0, 100),
    group: optional(words(40)),
    when,
    funder,
  },
  multiplier: { of: id, permille: count(1_001, PERMILLE_MAX, "thousandths; 2000 doubles"), categories, when },
  bonus: {
    of: id,
    gives,
    funder,
    when,
    limit: optional(shape({ times: count(1, 1_000), per: period, purse })),
  },
  cap: { of: id, per: oneOf(["visit", "day", "week", "month", "year"]), most: count(1, POINTS_MAX), purse },
  tiers: {
    purse,
    levels: listOf(
      shape({ name: words(40), from: count(0, 1_000_000_000, "cents"), permille: count(0, PERMILLE_MAX) }),
      2,
      10,
    ),
    of: listOf(id, 0, 8),
    window: oneOf(["year", "rolling-12-months"]),
    crossing: oneOf(["before", "marginal"]),
    review: orNull(shape({ on: yearDay, graceDays: count(0, 366), down: oneOf(["one", "to-window"]) })),
    funder,
  },
  club: { purse, fee: count(0, AMOUNT_MAX, "cents"), months: count(1, 60), funder },
  challenge: {
    purse,
    number: count(1, 255),
    of: id,
    gives: count(1, 1_000_000),
    distinct: count(2, CHALLENGE_MERCHANTS_MAX),
    timesMax: count(1, 255),
    when,
    funder,
  },
  draw: { cents: count(1, AMOUNT_MAX, "cents"), entriesMax: count(1, 1_000), when, funder },
};

export const RULE_KINDS = Object.keys(FIELDS) as Rule["kind"][];

function prepaidFaults({ balanceMax, topUpMin, topUpMax }: Fields): string[] {
  const isCents = (value: unknown): value is number => inRange(value, 1, PREPAID_CENTS_MAX);
  const most = Math.min(...[balanceMax, topUpMax].filter(isCents), PREPAID_CENTS_MAX);
  return broken([
    [inRange(topUpMin, 1, most), "topUpMin must be 1 cent to balanceMax and topUpMax, else no top-up is ever taken"],
  ]);
}

/** What no field shows by itself. Only asked where every field is right. */
function ownFaults(rule: Rule): string[] {
  switch (rule.kind) {
    case "stamps": {
      const { count: counting, reward } = rule;
      const counted = counting.per === "item" ? counting.category : null;
      const isOther = reward.kind === "free-item" && counted !== reward.category;
      return isOther ? ["a free item must be of the category that is counted"] : [];
    }
    case "cagnotte":
    case "points":
      return broken([
        [rule.validity === null || rule.lots > 0, "validity needs lots: 2, 4 or 8 sums with days of their own"],
        [rule.rounding !== "carry" || rule.lots === 0, "lots carry no fraction; round to floor, half-up or ceil"],
      ]);
    case "prepaid":
      return broken([
        [
          rule.bonus === null || rule.bonus.validity === null || rule.bonus.lots > 0,
          "bonus.validity needs bonus.lots: 2, 4 or 8 sums with days of their own",
        ],
      ]);
    case "tiers":
      return broken([
        [rule.levels[0]!.from === 0, "the first level must begin at 0"],
        [
          rule.levels.every(({ from }, i) => i === 0 || from > rule.levels[i - 1]!.from),
          "levels must stand from the lowest to the highest",
        ],
      ]);
    default:
      return [];
  }
}

/** What is wrong with one rule, each sentence naming it. */
export function ruleFaults(rule: Fields): string[] {
  const kind = oneOf(RULE_KINDS)(rule.kind, "kind");
  const known = kind.length > 0 ? null : FIELDS[rule.kind as Rule["kind"]];
  const shallow = known === null ? kind : shape({ kind: oneOf(RULE_KINDS), id, ...known })(rule, "");
  const prepaid = rule.kind === "prepaid" ? prepaidFaults(rule) : [];
  const deep = shallow.length === 0 ? ownFaults(rule as unknown as Rule) : [];
  return [...shallow, ...prepaid, ...deep].map((fault) => `rule "${String(rule.id)}": ${fault}`);
}

/** Rules that name other rules must find them, and of a kind that they can work on. */
function referenceFaults(rules: readonly Rule[]): string[] {
  const kindOf = new Map(rules.map(({ id: own, kind }) => [own, kind]));
  const isSaving = (of: string) => ["cagnotte", "points"].includes(kindOf.get(of) ?? "");
  return rules.flatMap((rule) => {
    const named = rule.kind === "tiers" ? rule.of : "of" in rule ? [rule.of] : [];
    const strangers = named.filter((of) => !isSaving(of));
    const club = "when" in rule ? rule.when?.memberOf : undefined;
    const tiers = "when" in rule ? (rule.when?.tiers ?? []) : [];
    const levels = rules.flatMap((other) => (other.kind === "tiers" ? other.levels.map(({ name }) => name) : []));
    return [
      ...strangers.map((of) => `rule "${rule.id}": of names "${of}", which is no rule that saves`),
      ...(club === undefined || kindOf.get(club) === "club" ? [] : [`rule "${rule.id}": there is no club "${club}"`]),
      ...tiers.flatMap((name) => (levels.includes(name) ? [] : [`rule "${rule.id}": there is no level "${name}"`])),
    ];
  });
}

/** A journal names so many multipliers of one earning. */
const MULTIPLIERS_MAX = 20;

/** Names that must tell things apart. */
function nameFaults(rules: readonly Rule[]): string[] {
  const twice = (names: readonly string[]) => names.find((name, i) => names.indexOf(name) !== i);
  return rules.flatMap((rule) => {
    const gift = rule.kind === "points" ? twice(rule.gifts.map((one) => one.id)) : undefined;
    const level = rule.kind === "tiers" ? twice(rule.levels.map(({ name }) => name)) : undefined;
    const multipliers = rules.filter(
      ({ kind, ...other }) => kind === "multiplier" && "of" in other && other.of === rule.id,
    );
    return [
      ...(gift === undefined ? [] : [`rule "${rule.id}": gift "${gift}" stands twice`]),
      ...(level === undefined ? [] : [`rule "${rule.id}": level "${level}" stands twice`]),
      ...(multipliers.length <= MULTIPLIERS_MAX
        ? []
        : [`rule "${rule.id}": ${multipliers.length} multipliers of it, at most ${MULTIPLIERS_MAX}`]),
    ];
  });
}

/** What is wrong with rules in the programme that they stand in. */
export function placeFaults({ rules, merchants }: Programme): string[] {
  const count = Object.keys(merchants).length;
  return rules.flatMap((rule) => {
    if (rule.kind !== "challenge") return [];
    return broken([
      [
        count <= CHALLENGE_MERCHANTS_MAX,
        `rule "${rule.id}": a card can mark ${CHALLENGE_MERCHANTS_MAX} merchants, the programme has ${count}`,
      ],
      [rule.distinct <= count, `rule "${rule.id}": distinct is ${rule.distinct}, the programme has ${count} merchants`],
    ]);
  });
}

/** What is wrong with several rules beside each other. */
export function togetherFaults(rules: readonly Rule[]): string[] {
  const faults: string[] = [];
  const freeCategories = rules.flatMap((rule) =>
    rule.kind === "stamps" && rule.reward.kind === "free-item" ? [rule.reward.category] : [],
  );
  if (new Set(freeCategories).size !== freeCategories.length) {
    faults.push("rules: only one rule may give free items of a category, else one item would be given twice");
  }
  for (const [kind, why] of [
    ["prepaid", "else a top-up would not know where to go"],
    ["tiers", "a card has one level in a programme"],
    ["units", "else units that a till asks for would be used of each of them"],
  ] as const) {
    if (rules.filter((rule) => rule.kind === kind).length > 1)
      faults.push(`rules: only one rule may be ${kind}, ${why}`);
  }
  const ids = new Set<string>();
  const purses = new Map<string, string>();
  for (const rule of rules) {
    if (ids.has(rule.id)) faults.push(`rule "${rule.id}" stands twice`);
    ids.add(rule.id);
    for (const { kind, index } of pursesOfRule(rule)) {
      // Whatever kind of purse a version keeps money in, another rule must not find it.
      const family = /cagnotte|points/.exec(kind)?.[0] ?? kind;
      if (purses.has(`${family} ${index}`))
        faults.push(`rule "${rule.id}": purse ${index} of kind ${kind} is taken; give it another`);
      purses.set(`${family} ${index}`, rule.id);
    }
  }
  return [...faults, ...referenceFaults(rules), ...nameFaults(rules)];
}
