import {
  civilOf,
  DATED_STAMPS_MAX,
  dayOfCivil,
  dayText,
  type Lot,
  NEVER,
  type Purse,
  STAMPS_MAX,
} from "@cachet/card-layout";
import { sum } from "./arithmetic.ts";
import { balanceIn, placeKind } from "./balance.ts";
import { monthIndex, parseDay } from "./calendar/period.ts";
import { periodStart } from "./calendar/span.ts";
import { datedPurse, daysIn } from "./dated-stamps.ts";
import {
  type Check,
  count,
  type Fields,
  fits,
  isObject,
  listOf,
  optional,
  orNull,
  shape,
  words,
} from "./field-faults.ts";
import { withLots } from "./lots.ts";
import { type Place, placeOf } from "./place.ts";
import { bonusPlace, prepaidIn } from "./prepaid.ts";
import type { Programme, Rule } from "./programme.ts";
import { tiersPurse } from "./tiers.ts";
import { UNITS_MAX } from "./units.ts";

/** What a card holds of a programme, by rule id, as people write it: cents, points, stamps, or an object where there is more to say. */
export type Values = Readonly<Record<string, unknown>>;

/** Something in a written card or event that cannot be read; the message names the field. */
export class ValueFault extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "ValueFault";
  }
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?(Z|([+-])(\d\d):(\d\d))$/;

/** Seconds since 2000-01-01T00:00Z of a moment with its zone (ISO 8601); null for any other writing. */
export function parseMoment(text: string): number | null {
  const found = TIME.exec(text);
  if (found === null || parseDay(text.slice(0, 10)) === null) return null;
  const [year, month, day, hour, minute] = found.slice(1, 6).map(Number) as [number, number, number, number, number];
  const second = Number(found[6] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return null;
  const offset = found[7] === "Z" ? 0 : (found[8] === "-" ? -1 : 1) * (Number(found[9]) * 60 + Number(found[10]));
  return dayOfCivil(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** A moment in UTC, ISO 8601. */
export function momentText(at: number): string {
  const day = Math.floor(at / 86_400);
  const second = at - day * 86_400;
  return `${dayText(day)}T${two(Math.floor(second / 3_600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}Z`;
}

export const isMoment: Check = fits(
  (value) => typeof value === "string" && parseMoment(value) !== null,
  'must be a moment with its zone, such as "2027-01-12T10:00:00+01:00"',
);
export const isDay: Check = fits(
  (value) => typeof value === "string" && parseDay(value) !== null,
  'must be a date such as "2027-01-31"',
);

const amount = count(0, 16_777_215);
export const lotsCheck = listOf(shape({ value: count(1, 16_777_215), issued: isDay, expires: orNull(isDay) }), 0, 50);
interface WrittenLot {
  readonly value: number;
  readonly issued: string;
  readonly expires: string | null;
}

export const lotOf = ({ value, issued, expires }: WrittenLot): Lot => ({
  value,
  issued: parseDay(issued)!,
  expires: expires === null ? NEVER : parseDay(expires)!,
});
const writtenLot = ({ value, issued, expires }: Lot): WrittenLot => ({
  value,
  issued: dayText(issued),
  expires: expires === NEVER ? null : dayText(expires),
});

/** A number, or an object with these fields. */
const either =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, name) =>
    isObject(value) ? shape(fields)(value, name) : amount(value, name);

const CHECKS: { readonly [K in Rule["kind"]]?: Check } = {
  stamps: (value, name) =>
    isObject(value)
      ? shape({
          count: optional(count(0, STAMPS_MAX, "stamps")),
          last: optional(orNull(isMoment)),
          days: optional(listOf(isDay, 0, DATED_STAMPS_MAX)),
        })(value, name)
      : count(0, STAMPS_MAX, "stamps")(value, name),
  cagnotte: either({
    value: optional(amount),
    remainder: optional(amount),
    lots: optional(lotsCheck),
    owed: optional(amount),
  }),
  points: either({
    value: optional(amount),
    remainder: optional(amount),
    lots: optional(lotsCheck),
    owed: optional(amount),
  }),
  prepaid: either({ paid: optional(amount), bonus: optional(amount), lots: optional(lotsCheck) }),
  units: (value, name) =>
    isObject(value)
      ? shape({ paid: optional(count(0, UNITS_MAX)), bonus: optional(count(0, UNITS_MAX)) })(value, name)
      : count(0, UNITS_MAX)(value, name),
  tiers: shape({ level: words(40), spent: optional(count(0, 1_000_000_000)), reviewed: optional(isDay) }),
  club: shape({ until: isDay }),
  challenge: shape({ visited: listOf(count(1, 65_535), 0, 32), won: optional(count(0, 255)) }),
  cap: shape({ used: amount, since: optional(isDay) }),
  bonus: shape({ used: amount, since: optional(isDay) }),
};

function holding(place: Place, given: unknown): Purse[] {
  const {
    value = 0,
    remainder = 0,
    lots = [],
    owed = 0,
  } = (typeof given === "number" ? { value: given } : given) as {
    value?: number;
    remainder?: number;
    lots?: readonly WrittenLot[];
    owed?: number;
  };
  const { index } = place;
  const owing: Purse[] =
    owed > 0 ? [{ kind: place.unit === "cents" ? "owed-cents" : "owed-points", index, value: owed }] : [];
  if (place.lots > 0) {
    const kept = lots.length > 0 ? lots.map(lotOf) : value > 0 ? [{ value, issued: 0, expires: NEVER }] : [];
    return [{ kind: placeKind(place) as "points-lots-4", index, lots: withLots(kept, [], place.lots) }, ...owing];
  }
  if (place.unit === "cents") {
    return [
      place.carries
        ? { kind: "carrying-cagnotte", index, cents: value, remainder }
        : { kind: "cagnotte", index, cents: value },
      ...owing,
    ];
  }
  return [
    place.carries
      ? { kind: "carrying-points", index, count: value, remainder }
      : { kind: "points", index, count: value },
    ...owing,
  ];
}

interface WrittenTiers {
  readonly level: string;
  readonly spent?: number;
  readonly reviewed?: string;
}

function tiersFrom(
  rule: Extract<Rule, { kind: "tiers" }>,
  { level: name, spent = 0, reviewed }: WrittenTiers,
  today: number,
): Purse {
  const level = rule.levels.findIndex((one) => one.name === name);
  if (level < 0) throw new ValueFault(`${rule.id}.level: there is no level "${name}"`);
  const last = reviewed === undefined ? 0 : parseDay(reviewed)!;
  const { purse: index } = rule;
  const { year } = civilOf(today);
  if (tiersPurse(rule) === "year-tier")
    return { kind: "year-tier", index, level, reviewed: last, year: year - 2_000, spent };
  // Euros that no month has room for would be lost: they are spread over the months before.
  const euros = Array.from({ length: 12 }, () => 0);
  let left = Math.floor(spent / 100);
  for (const i of euros.keys()) {
    euros[i] = Math.min(left, 65_535);
    left -= euros[i]!;
  }
  return { kind: "rolling-tier", index, level, reviewed: last, month: monthIndex(today), cents: spent % 100, euros };
}

const merchantNumbers = ({ merchants }: Programme): number[] =>
  Object.keys(merchants)
    .map(Number)
    .sort((a, b) => a - b);

function pursesOfValue(programme: Programme, rule: Rule, given: unknown, today: number): Purse[] {
  const fields = given as Fields;
  switch (rule.kind) {
    case "stamps": {
      const written = isObject(given) && Array.isArray(given.days) ? (given.days as readonly string[]) : null;
      const held = (typeof given === "number" ? given : (fields.count ?? written?.length ?? 0)) as number;
      if (rule.withinDays !== undefined) {
        // Stamps that are written without their days are of today.
        const days = written?.map((day) => parseDay(day)!) ?? Array.from({ length: held }, () => today);
        return [datedPurse(rule.purse, days)];
      }
      const last = isObject(given) && typeof given.last === "string" ? parseMoment(given.last)! : 0;
      return [
        rule.cooldownMinutes > 0
          ? { kind: "timed-stamps", index: rule.purse, count: held, last }
          : { kind: "stamps", index: rule.purse, count: held },
      ];
    }
    case "cagnotte":
    case "points":
      return holding(placeOf(rule), given);
    case "prepaid": {
      const {
        paid = 0,
        bonus = 0,
        lots = [],
      } = (typeof given === "number" ? { paid: given } : given) as {
        paid?: number;
        bonus?: number;
        lots?: readonly WrittenLot[];
      };
      const own: Purse = { kind: "prepaid", index: rule.purse, cents: paid };
      return rule.bonus === null ? [own] : [own, ...holding(bonusPlace(rule.bonus), { value: bonus, lots })];
    }
    case "units": {
      const { paid = 0, bonus = 0 } = (typeof given === "number" ? { paid: given } : given) as {
        paid?: number;
        bonus?: number;
      };
      return [{ kind: "units", index: rule.purse, paid, bonus }];
    }
    case "tiers":
      return [tiersFrom(rule, given as WrittenTiers, today)];
    case "club":
      return [{ kind: "club", index: rule.purse, until: parseDay(fields.until as string)! }];
    case "challenge": {
      const { visited, won = 0 } = given as { readonly visited: readonly number[]; readonly won?: number };
      const stranger = visited.find((merchant) => programme.merchants[merchant] === undefined);
      if (stranger !== undefined)
        throw new ValueFault(`${rule.id}.visited: merchant ${stranger} is not in the programme`);
      const places = sum([...new Set(visited)].map((merchant) => 2 ** merchantNumbers(programme).indexOf(merchant)));
      return [{ kind: "visited", index: rule.purse, challenge: rule.number, places, won }];
    }
    case "cap":
    case "bonus":
    case "discount": {
      const counted = rule.kind === "cap" ? rule : rule.limit;
      if (counted === undefined || counted.per === "visit")
        throw new ValueFault(`${rule.id}: it counts nothing from one visit to the next`);
      const { purse: index, per } = counted;
      // Any day of a period stands for all of it; today, where none is named.
      const day = fields.since === undefined ? today : parseDay(fields.since as string)!;
      return [{ kind: "used", index, value: fields.used as number, since: Math.max(0, periodStart(per, day)) }];
    }
    default:
      return [];
  }
}

const SEEN = listOf(shape({ purse: count(0, 7), day: isDay }), 0, 8);
const OFFERS = listOf(shape({ offer: count(1, 255), from: isDay, until: isDay }), 0, 8);

const keepers = ({ rules }: Programme): string =>
  rules.flatMap(({ id, kind }) => (CHECKS[kind] === undefined ? [] : [id])).join(", ");

/** The purses that written values stand for; `today` is the local day from which windows count. Throws `ValueFault`. */
export function pursesFrom(programme: Programme, values: Values, today: number): Purse[] {
  const purses: Purse[] = [];
  for (const [id, given] of Object.entries(values)) {
    if (id === "offers") {
      const [problem] = OFFERS(given, id);
      if (problem !== undefined) throw new ValueFault(problem);
      for (const [index, { offer, from, until }] of (
        given as readonly { offer: number; from: string; until: string }[]
      ).entries())
        purses.push({ kind: "offer", index, offer, from: parseDay(from)!, until: parseDay(until)! });
      continue;
    }
    if (id === "seen") {
      const [problem] = SEEN(given, id);
      if (problem !== undefined) throw new ValueFault(problem);
      for (const { purse: index, day } of given as readonly { purse: number; day: string }[])
        purses.push({ kind: "seen", index, day: parseDay(day)! });
      continue;
    }
    const rule = programme.rules.find((one) => one.id === id);
    const check = rule === undefined ? undefined : CHECKS[rule.kind];
    if (rule === undefined || check === undefined)
      throw new ValueFault(
        `${id}: no rule of this name keeps anything on a card; those that do: ${keepers(programme)}`,
      );
    const [problem] = check(given, id);
    if (problem !== undefined) throw new ValueFault(problem);
    // A card that holds nothing is as good as new.
    if (given !== 0) purses.push(...pursesOfValue(programme, rule, given, today));
  }
  return purses;
}

function writtenHolding(purses: readonly Purse[], place: Place): unknown {
  const { value, remainder, lots, owed } = balanceIn(purses, place);
  if (place.lots === 0 && !place.carries && owed === 0) return value;
  return {
    value,
    ...(place.carries ? { remainder } : {}),
    ...(place.lots > 0 ? { lots: lots.map(writtenLot) } : {}),
    ...(owed > 0 ? { owed } : {}),
  };
}

function writtenTiers(rule: Extract<Rule, { kind: "tiers" }>, purses: readonly Purse[]): unknown {
  const purse = purses.find(
    ({ kind, index }) => index === rule.purse && (kind === "year-tier" || kind === "rolling-tier"),
  );
  if (purse?.kind !== "year-tier" && purse?.kind !== "rolling-tier") return { level: rule.levels[0]!.name, spent: 0 };
  const spent = purse.kind === "year-tier" ? purse.spent : sum(purse.euros) * 100 + purse.cents;
  return {
    level: rule.levels[Math.min(purse.level, rule.levels.length - 1)]!.name,
    spent,
    ...(purse.reviewed === 0 ? {} : { reviewed: dayText(purse.reviewed) }),
  };
}

function writtenValue(programme: Programme, rule: Rule, purses: readonly Purse[]): unknown {
  const own = (kind: Purse["kind"], index: number) =>
    purses.find((purse) => purse.kind === kind && purse.index === index);
  switch (rule.kind) {
    case "stamps": {
      const purse = own("stamps", rule.purse) ?? own("timed-stamps", rule.purse) ?? own("dated-stamps", rule.purse);
      if (purse?.kind === "dated-stamps") {
        const days = daysIn(purse);
        return { count: days.length, days: days.map(dayText) };
      }
      if (purse?.kind === "timed-stamps") {
        return { count: purse.count, last: purse.last === 0 ? null : momentText(purse.last) };
      }
      return purse?.kind === "stamps" ? purse.count : 0;
    }
    case "cagnotte":
    case "points":
      return writtenHolding(purses, placeOf(rule));
    case "prepaid": {
      const { paid, bonus } = prepaidIn(purses, rule);
      if (rule.bonus === null) return paid;
      const place = bonusPlace(rule.bonus);
      return { paid, bonus, ...(place.lots > 0 ? { lots: balanceIn(purses, place).lots.map(writtenLot) } : {}) };
    }
    case "units": {
      const purse = own("units", rule.purse);
      return purse?.kind === "units" ? { paid: purse.paid, bonus: purse.bonus } : { paid: 0, bonus: 0 };
    }
    case "tiers":
      return writtenTiers(rule, purses);
    case "club": {
      const purse = own("club", rule.purse);
      return purse?.kind === "club" ? { until: dayText(purse.until) } : undefined;
    }
    case "challenge": {
      const purse = own("visited", rule.purse);
      const { places, won } =
        purse?.kind === "visited" && purse.challenge === rule.number ? purse : { places: 0, won: 0 };
      const visited = merchantNumbers(programme).filter((_, place) => Math.floor(places / 2 ** place) % 2 === 1);
      return { visited, won };
    }
    case "cap":
    case "bonus":
    case "discount": {
      const index = rule.kind === "cap" ? rule.purse : rule.limit?.purse;
      const purse = index === undefined ? undefined : own("used", index);
      return purse?.kind === "used" ? { used: purse.value, since: dayText(purse.since) } : undefined;
    }
    default:
      return undefined;
  }
}

/** Purses as people write them, by rule id in the order of the programme's rules. */
export function valuesFrom(programme: Programme, purses: readonly Purse[]): Values {
  const written = programme.rules.flatMap((rule): [string, unknown][] => {
    const value = writtenValue(programme, rule, purses);
    return value === undefined ? [] : [[rule.id, value]];
  });
  const offers = purses.flatMap((purse) =>
    purse.kind === "offer" ? [{ offer: purse.offer, from: dayText(purse.from), until: dayText(purse.until) }] : [],
  );
  const seen = purses.flatMap((purse) =>
    purse.kind === "seen" && purse.day > 0 ? [{ purse: purse.index, day: dayText(purse.day) }] : [],
  );
  return Object.fromEntries([
    ...written,
    ...(offers.length === 0 ? [] : [["offers", offers] as const]),
    ...(seen.length === 0 ? [] : [["seen", seen] as const]),
  ]);
}
