import { CAGNOTTE_CENTS_MAX, DATED_STAMPS_MAX, POINTS_MAX, PREPAID_CENTS_MAX } from "@cachet/card-layout";
import { parseDay } from "./calendar/period.ts";
import { CHALLENGE_MERCHANTS_MAX } from "./challenge.ts";
import {
  broken,
  type Check,
  choice,
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
import type { Rule } from "./programme.ts";
import type { Gift } from "./saving-rule.ts";

const RULE_ID = /^[a-z][a-z0-9-]{0,39}$/;
const AMOUNT_MAX = 10_000_000;
const PERMILLE_MAX = 100_000;

const isDay = (value: unknown): boolean => typeof value === "string" && parseDay(value) !== null;
const day = fits(isDay, 'must be a date such as "2027-12-31"');
const yearDay = fits(
  (value) => isText(value, 5) && isDay(`2028-${value}`),
  'must be a day of the year such as "12-31"',
);
const id = fits(
  (value) => typeof value === "string" && RULE_ID.test(value),
  "must be lower-case letters, digits and hyphens, at most 40",
);
const purse = count(0, 7);
const funder = oneOf(["merchant", "association", "sponsor", "partner"]);
const rounding = oneOf(["floor", "half-up", "ceil"]);
const period = oneOf(["day", "week", "month", "year"]);
const lots = fits((value) => [0, 2, 4, 8].includes(value as number), "must be 0, 2, 4 or 8");
const pieces = count(1, 100_000, "pieces");
const seats = count(1, 100_000, "seats");
const categories = optional(listOf(words(40), 1, 50));

const reason = optional(words(200));

const minimum = shape({
  kind: choice({ reaches: "the amount itself is enough", exceeds: "it is not" }),
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
    also: optional(shape({ merchants: listOf(count(1, 65_535), 1, 500), withinDays: count(1, 3_650, "days"), purse })),
  }),
);

const validity = orNull((value, name) => {
  if (!isObject(value)) return [`${name} must be null or an object`];
  if ("through" in value) return shape({ through: day, reason })(value, name);
  if ("days" in value) return shape({ days: count(1, 3_650), reason })(value, name);
  return shape({ months: count(1, 120), round: optional(oneOf(["month", "year"])) })(value, name);
});

const SAVING = {
  purse,
  rounding: oneOf(["floor", "half-up", "ceil", "carry"]),
  funder,
  basis: oneOf(["net", "before-redemption", "gross"]),
  when,
  validity,
  lots,
  pays: oneOf(["tender", "discount"]),
  redeemMin: count(0, AMOUNT_MAX, "cents"),
  redeemShareMax: count(1, 10_000, "basis points"),
};

const bandCounts = choice({
  whole: "the rate of the band reached counts for the whole top-up",
  part: "each rate counts for the part in its band",
});

const beyondCounts = choice({
  all: "a basket above the amount earns as a whole",
  above: "only what is above it earns",
});

const pointsFor = variants("per", {
  amount: shape({
    per: oneOf(["amount"]),
    cents: count(1, 60_000, "cents"),
    points: count(1, 10_000),
    groups: choice({ exact: "half of the amount counts half", whole: "it does not count" }),
    beyond: optional(shape({ amount: count(1, AMOUNT_MAX, "cents"), counts: beyondCounts })),
  }),
  visit: shape({ per: oneOf(["visit"]), points: count(1, 10_000) }),
  item: shape({ per: oneOf(["item"]), category: words(40), points: count(1, 10_000) }),
});

const custom = shape({
  says: words(200),
  earn: fits((value) => typeof value === "function", "must be a function of the facts; JSON has none"),
});

const limit = optional(shape({ times: count(1, 1_000), per: period, purse }));
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
    withinDays: optional(count(1, 3_650, "days")),
    onZeroPayable: truth,
    grid: count(1, 200, "stamps"),
    reward: variants("kind", {
      gift: shape({
        kind: oneOf(["gift"]),
        label: words(60),
        value: count(0, 90_000, "cents"),
        stock: optional(pieces),
      }),
      experience: shape({
        kind: oneOf(["experience"]),
        label: words(60),
        text: words(80),
        value: count(0, 90_000, "cents"),
        seats,
      }),
      "free-item": shape({ kind: oneOf(["free-item"]), label: words(60), category: words(40) }),
      offer: shape({ kind: oneOf(["offer"]), label: words(60), offer: count(1, 255), days: count(1, 3_650) }),
      money: shape({ kind: oneOf(["money"]), label: words(60), value: count(1, 90_000, "cents") }),
    }),
    excess: oneOf(["carry", "lose"]),
    paperThrough: optional(day),
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
      shape({
        id,
        label: words(60),
        points: count(1, POINTS_MAX),
        value: count(0, AMOUNT_MAX, "cents"),
        to: optional(shape({ name: words(40), rounding })),
        stock: optional(pieces),
        text: optional(words(80)),
        seats: optional(seats),
      }),
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
          shape({ from: count(1, PREPAID_CENTS_MAX, "cents"), rate: count(1, 10_000, "basis points"), reason }),
          1,
          10,
        ),
        counts: optional(bandCounts),
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
    limit,
    stock: optional(pieces),
    when,
    funder,
  },
  multiplier: { of: id, permille: count(1_001, PERMILLE_MAX, "thousandths; 2000 doubles"), categories, when },
  bonus: {
    of: id,
    gives,
    funder,
    when,
    limit,
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
    of: optional(id),
    gives: count(0, 1_000_000),
    label: optional(words(60)),
    distinct: count(2, CHALLENGE_MERCHANTS_MAX),
    timesMax: count(1, 255),
    when,
    funder,
  },
  parking: {
    minutes: count(1, 1_440, "minutes"),
    minimum,
    withinHours: optional(count(1, 72, "hours; left out: to the end of the day")),
    when,
    funder,
  },
  draw: { cents: count(1, AMOUNT_MAX, "cents"), entriesMax: count(1, 1_000), when, funder },
  referral: { of: id, minimum, godchild: count(0, 1_000_000), godparent: count(0, 1_000_000), when, funder },
};

export const RULE_KINDS = Object.keys(FIELDS) as Rule["kind"][];

function prepaidFaults({ balanceMax, topUpMin, topUpMax }: Fields): string[] {
  const isCents = (value: unknown): value is number => inRange(value, 1, PREPAID_CENTS_MAX);
  const most = Math.min(...[balanceMax, topUpMax].filter(isCents), PREPAID_CENTS_MAX);
  return broken([
    [inRange(topUpMin, 1, most), "topUpMin must be 1 cent to balanceMax and topUpMax, else no top-up is ever taken"],
  ]);
}

/** An experience has a text and seats; what has neither may have a stock. */
const seatChecks = ({ id: gift, stock, text, seats: places, to }: Gift): [boolean, string][] => [
  [
    to === undefined || (stock ?? places) === undefined,
    `gift "${gift}": what is given to somebody else does not run out`,
  ],
  [(text === undefined) === (places === undefined), `gift "${gift}": text and seats go together, for an experience`],
  [stock === undefined || places === undefined, `gift "${gift}": seats are its stock; leave stock out`],
];

/** What no field shows by itself. Only asked where every field is right. */
function ownFaults(rule: Rule): string[] {
  switch (rule.kind) {
    case "stamps": {
      const { count: counting, reward, withinDays, cooldownMinutes, grid } = rule;
      const counted = counting.per === "item" ? counting.category : null;
      const isOther = reward.kind === "free-item" && counted !== reward.category;
      return broken([
        [!isOther, "a free item must be of the category that is counted"],
        [
          withinDays === undefined || cooldownMinutes === 0,
          "withinDays keeps days and no hours; take it or cooldownMinutes",
        ],
        [
          withinDays === undefined || grid <= DATED_STAMPS_MAX,
          `a card has room for ${DATED_STAMPS_MAX} stamps with days; with withinDays the grid must be ${DATED_STAMPS_MAX} or less`,
        ],
        [rule.paperThrough === undefined || grid > 1, "paperThrough needs a grid of 2 stamps or more"],
      ]);
    }
    case "cagnotte":
    case "points": {
      const empty =
        rule.kind === "points" ? rule.gifts.find(({ to, value }) => to !== undefined && value === 0) : undefined;
      return broken([
        [empty === undefined, `gift "${empty?.id}": value is what somebody else is owed for it; write 1 cent or more`],
        ...(rule.kind === "points" ? rule.gifts : []).flatMap(seatChecks),
        [rule.validity === null || rule.lots > 0, "validity needs lots: 2, 4 or 8 sums with days of their own"],
        [rule.rounding !== "carry" || rule.lots === 0, "lots carry no fraction; round to floor, half-up or ceil"],
      ]);
    }
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
    case "challenge":
      return broken([
        [rule.gives > 0 || rule.label !== undefined, "it gives nothing; write gives and of, or a label for a badge"],
        [rule.gives === 0 || rule.of !== undefined, "of must name the rule whose purse gets what it gives"],
      ]);
    case "referral":
      return broken([[rule.godchild + rule.godparent > 0, "it gives nothing; write godchild, godparent or both"]]);
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
