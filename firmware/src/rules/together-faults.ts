import { parseDay } from "./calendar/period.ts";
import { CHALLENGE_MERCHANTS_MAX } from "./challenge.ts";
import { broken } from "./field-faults.ts";
import { offersGiven } from "./offers.ts";
import type { Programme, Rule } from "./programme.ts";
import { pursesOfRule } from "./stages.ts";
import { stocksOf } from "./stock.ts";
import { type Also, alsoOf, type When } from "./when.ts";

const whenOf = (rule: Rule): When => ("when" in rule ? (rule.when ?? {}) : {});

/** Rules that name other rules must find them, and of a kind that they can work on. */
function referenceFaults(rules: readonly Rule[]): string[] {
  const kindOf = new Map(rules.map(({ id: own, kind }) => [own, kind]));
  const isSaving = (of: string) => ["cagnotte", "points"].includes(kindOf.get(of) ?? "");
  return rules.flatMap((rule) => {
    const named = rule.kind === "tiers" ? rule.of : "of" in rule && rule.of !== undefined ? [rule.of] : [];
    const strangers = named.filter((of) => !isSaving(of));
    const { memberOf: club, tiers = [] } = whenOf(rule);
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
  const giftsOf = (rule: Rule) => (rule.kind === "points" ? rule.gifts.map((one) => one.id) : []);
  return rules.flatMap((rule, place) => {
    const gift = twice(giftsOf(rule));
    const earlier = rules.slice(0, place).flatMap(giftsOf);
    const shared = giftsOf(rule).find((one) => earlier.includes(one));
    const level = rule.kind === "tiers" ? twice(rule.levels.map(({ name }) => name)) : undefined;
    const multipliers = rules.filter(
      ({ kind, ...other }) => kind === "multiplier" && "of" in other && other.of === rule.id,
    );
    return [
      ...(gift === undefined ? [] : [`rule "${rule.id}": gift "${gift}" stands twice`]),
      ...(shared === undefined
        ? []
        : [`rule "${rule.id}": gift "${shared}" is in another catalogue too; a till that names it would get both`]),
      ...(level === undefined ? [] : [`rule "${rule.id}": level "${level}" stands twice`]),
      ...(multipliers.length <= MULTIPLIERS_MAX
        ? []
        : [`rule "${rule.id}": ${multipliers.length} multipliers of it, at most ${MULTIPLIERS_MAX}`]),
    ];
  });
}

/** What is wrong with a rule's condition in the programme that it stands in. */
function whenFaults(rule: Rule, merchants: Programme["merchants"]): string[] {
  const { from, until, merchants: named = [], also } = whenOf(rule);
  const isOver = from !== undefined && until !== undefined && parseDay(until)! <= parseDay(from)!;
  return [
    ...named.flatMap((one) =>
      merchants[one] === undefined
        ? [`rule "${rule.id}": when.merchants names ${one}, who is not in the programme`]
        : [],
    ),
    ...(also?.merchants ?? []).flatMap((one) =>
      merchants[one] === undefined
        ? [`rule "${rule.id}": when.also names merchant ${one}, who is not in the programme`]
        : [],
    ),
    ...(isOver
      ? [`rule "${rule.id}": when.until must be after when.from; it is the first day that no longer counts`]
      : []),
  ];
}

/** What is wrong with rules in the programme that they stand in. */
export function placeFaults({ rules, merchants }: Programme): string[] {
  const count = Object.keys(merchants).length;
  return rules.flatMap((rule) => {
    const faults = whenFaults(rule, merchants);
    if (rule.kind !== "challenge") return faults;
    return [
      ...faults,
      ...broken([
        [
          count <= CHALLENGE_MERCHANTS_MAX,
          `rule "${rule.id}": a card can mark ${CHALLENGE_MERCHANTS_MAX} merchants, the programme has ${count}`,
        ],
        [
          rule.distinct <= count,
          `rule "${rule.id}": distinct is ${rule.distinct}, the programme has ${count} merchants`,
        ],
      ]),
    ];
  });
}

/** Offers that rules give: each by one rule, and for something. */
function offerFaults(rules: readonly Rule[]): string[] {
  const given = offersGiven({ rules });
  const asked = rules.map((rule) => whenOf(rule).offer);
  return [...new Set(given)].flatMap((number) =>
    broken([
      [given.indexOf(number) === given.lastIndexOf(number), `rules: only one rule may give offer ${number}`],
      [
        asked.includes(number),
        `rules: offer ${number} is given, but no rule has it in its when: it would be worth nothing`,
      ],
    ]),
  );
}

/** A purse that marks where a card was used means the same merchants to every rule that looks at it. */
function alsoFaults(rules: readonly Rule[]): string[] {
  return rules.flatMap((rule, i) => {
    const also = alsoOf(rule);
    const other = rules.slice(0, i).find((one) => also !== undefined && alsoOf(one)?.purse === also.purse);
    if (also === undefined || other === undefined) return [];
    const listed = ({ merchants }: Also) => [...new Set(merchants)].sort((a, b) => a - b).join();
    if (listed(alsoOf(other)!) === listed(also)) return [];
    return [
      `rule "${rule.id}": purse ${also.purse} of when.also marks other merchants for rule "${other.id}"; give it another`,
    ];
  });
}

/** Pieces are counted by the name of their stock, whichever rule they are of. */
function stockFaults(rules: readonly Rule[]): string[] {
  const names = stocksOf({ rules }).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return [];
  return [
    `rules: "${twice}" is the name of a rule and of a gift that run out: their pieces are counted by it; rename one`,
  ];
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
    ["referral", "else one new customer would be counted twice"],
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
      if (kind === "seen") continue;
      // Whatever kind of purse a version keeps money in, another rule must not find it.
      const family = /cagnotte|points/.exec(kind)?.[0] ?? kind;
      if (purses.has(`${family} ${index}`))
        faults.push(`rule "${rule.id}": purse ${index} of kind ${kind} is taken; give it another`);
      purses.set(`${family} ${index}`, rule.id);
    }
  }
  return [
    ...faults,
    ...referenceFaults(rules),
    ...nameFaults(rules),
    ...offerFaults(rules),
    ...alsoFaults(rules),
    ...stockFaults(rules),
  ];
}
