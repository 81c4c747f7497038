import {
  FORBIDDEN_SOURCE,
  forbiddenFact,
  isAfterZones,
  type Programme,
  parseDay,
  type Rule,
  type Validity,
  ZONE_YEARS,
} from "@cachet/firmware/rules";
import { falsePromises } from "./rules-sheet.ts";

/** Something that the law or common sense minds. What is refused keeps a programme from being good; the rest is a warning. */
export interface Limit {
  readonly refused: boolean;
  /** Begins with the rule, where one is meant. */
  readonly problem: string;
  /** Where the limit comes from. */
  readonly source: string;
}

const UNFAIR_TERMS = "unfair terms, article L. 212-1 of the French consumer code";
const FALSE_FREE = "unfair commercial practices, directive 2005/29/EC, annex I, point 20";
const LIMITED_NETWORK =
  "articles L. 521-3 and L. 525-5 of the French monetary and financial code, ACPR position 2022-P-01";
const USUAL_BONUS = "usage of the trade: neither too generous nor too mean, 5 to 10 %";
const USUAL_RATE = "usage of the trade";

const ZONE_TABLE = "the table of time zones that images carry";

const refuse = (problem: string, source: string): Limit => ({ refused: true, problem, source });
const warn = (problem: string, source: string): Limit => ({ refused: false, problem, source });
const percentText = (basisPoints: number): string => `${basisPoints / 100} %`;

/** Least days of value on a card: the shortest that a person calls a month. */
const MONTH_DAYS = 30;

/** How few days what is earned last can be spent; null where that is a month or more, or has a reason. */
function shortLife(validity: Validity | null, until: string | undefined): string | null {
  if (validity === null || "months" in validity || validity.reason !== undefined) return null;
  if ("days" in validity)
    return validity.days < MONTH_DAYS ? `validity of ${validity.days} days is under a month` : null;
  const { through } = validity;
  if (until === undefined)
    return `what is earned until ${through} ends that same day; stop earning a month before with when.until`;
  const left = parseDay(through)! - parseDay(until)! + 1;
  return left < MONTH_DAYS
    ? `earning stops before ${until} and spending ends on ${through}: ${Math.max(0, left)} days in between are under a month`
    : null;
}

function validityLimits(rule: Rule): Limit[] {
  const [field, validity, until] =
    rule.kind === "cagnotte" || rule.kind === "points"
      ? (["validity", rule.validity, rule.when?.until] as const)
      : rule.kind === "prepaid"
        ? (["bonus.validity", rule.bonus?.validity ?? null, undefined] as const)
        : (["validity", null, undefined] as const);
  const short = shortLife(validity, until);
  const what = `rule "${rule.id}": ${short}; make it longer, or say why in ${field}.reason`;
  return short === null ? [] : [refuse(what, UNFAIR_TERMS)];
}

const [BONUS_LEAST, BONUS_MOST, RATE_MOST] = [500, 1_000, 1_000];
/** Basis points under which nobody means a rate. */
const RATE_LEAST = 20;

function bonusLimits(rule: Rule): Limit[] {
  if (rule.kind !== "prepaid") return [];
  return (rule.bonus?.bands ?? []).flatMap(({ rate, reason }) =>
    reason !== undefined || (rate >= BONUS_LEAST && rate <= BONUS_MOST)
      ? []
      : [
          warn(
            `rule "${rule.id}": a bonus of ${percentText(rate)} is not 5 to 10 %; reason in its band accepts it`,
            USUAL_BONUS,
          ),
        ],
  );
}

/** What a rule gives back of every purchase, in basis points rounded down; null where that does not show. */
function rateOf(rule: Rule): number | null {
  if (rule.kind === "cagnotte") return rule.rate;
  if (rule.kind !== "points" || rule.redeem === null || rule.earn.per !== "amount") return null;
  const { earn, redeem } = rule;
  return Math.floor((earn.points * redeem.cents * 10_000) / (earn.cents * redeem.points));
}

/** A rate that looks like per cents where hundredths of them are meant. */
function tinyRate(rule: Rule): Limit[] {
  const rate =
    rule.kind === "cagnotte" ? rule.rate : rule.kind === "discount" && "rate" in rule.off ? rule.off.rate : null;
  if (rate === null || rate >= RATE_LEAST) return [];
  return [
    warn(
      `rule "${rule.id}": ${percentText(rate)} is next to nothing; ${rate} per cent are percent(${rate})`,
      USUAL_RATE,
    ),
  ];
}

function rateLimits(rule: Rule): Limit[] {
  const rate = rateOf(rule);
  if (rate === null || rate <= RATE_MOST) return [];
  return [warn(`rule "${rule.id}": ${percentText(rate)} is above the usual ${percentText(RATE_MOST)}`, USUAL_RATE)];
}

/** An offer goes to the persons that the office picks: a rule for it that is called after what they are says how they are picked. */
function personLimits(rule: Rule): Limit[] {
  if (!("when" in rule) || rule.when?.offer === undefined) return [];
  const fact = forbiddenFact(rule.id);
  if (fact === null) return [];
  return [refuse(`rule "${rule.id}": no offer may depend on a customer's ${fact}`, FORBIDDEN_SOURCE)];
}

/** What a rule tells customers of whom it is for: of a function of its author, or of an offer that it opens. */
function saidOf(rule: Rule): string | null {
  if (rule.kind === "bonus") return typeof rule.gives === "object" && "says" in rule.gives ? rule.gives.says : null;
  return rule.kind === "stamps" && rule.reward.kind === "offer" ? rule.reward.label : null;
}

/** A text may name goods ("coupe femme"), so that it is no more than a warning. */
function textLimits(rule: Rule): Limit[] {
  const said = saidOf(rule);
  const fact = said === null ? null : forbiddenFact(said);
  if (fact === null) return [];
  const what = `rule "${rule.id}": "${said}" reads as if it depended on a customer's ${fact}, which no rule may; say it otherwise`;
  return [warn(what, FORBIDDEN_SOURCE)];
}

/** A rule that counts items which the programme leaves out. */
function emptyLimits(rule: Rule, { exclude }: Programme): Limit[] {
  const counting = rule.kind === "stamps" ? rule.count : rule.kind === "points" ? rule.earn : null;
  if (counting?.per !== "item" || !exclude.includes(counting.category)) return [];
  const what = `rule "${rule.id}": items of "${counting.category}" give nothing, exclude leaves them out`;
  return [warn(what, "an excluded category earns nothing")];
}

/** Dates anywhere in a rule, each with the field that it stands in: `when.until`. */
function datesIn(value: unknown, field = ""): [field: string, date: string][] {
  if (typeof value === "string") return /^\d{4}-\d{2}-\d{2}$/.test(value) ? [[field, value]] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => datesIn(inner, field === "" ? name : `${field}.${name}`));
}

function zoneLimits(rule: Rule): Limit[] {
  return datesIn(rule).flatMap(([field, date]) => {
    const day = parseDay(date);
    if (day === null || !isAfterZones(day)) return [];
    const [, last] = ZONE_YEARS;
    const what = `rule "${rule.id}": ${field} is ${date}, and time zones are known to the end of ${last}: later days go by winter time all year`;
    return [warn(what, ZONE_TABLE)];
  });
}

function networkLimits(rule: Rule, { merchants }: Programme): Limit[] {
  const places = Object.values(merchants).filter(({ role }) => role === "earn-and-spend").length;
  if (rule.kind !== "prepaid" || places < 2) return [];
  const what = `rule "${rule.id}": prepaid money that ${places} merchants take needs a limited network, declared above 1 million euros in 12 months`;
  return [warn(what, LIMITED_NETWORK)];
}

/** What the law or common sense minds in a programme without faults, what is refused and what is a warning, in the order of the file. */
export function limitsOf(programme: Programme): readonly Limit[] {
  return [
    ...falsePromises(programme).map((text) =>
      warn(`"${text}" promises something free, and the club asks a fee`, FALSE_FREE),
    ),
    ...programme.rules.flatMap((rule) => [
      ...validityLimits(rule),
      ...bonusLimits(rule),
      ...rateLimits(rule),
      ...tinyRate(rule),
      ...personLimits(rule),
      ...textLimits(rule),
      ...emptyLimits(rule, programme),
      ...zoneLimits(rule),
      ...networkLimits(rule, programme),
    ]),
  ];
}

/** A limit in one line, its source in brackets. */
export const limitText = ({ problem, source }: Limit): string => `${problem} (${source})`;
