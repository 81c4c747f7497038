import { CAGNOTTE_CENTS_MAX, PREPAID_CENTS_MAX } from "@cachet/card-layout";
import { CAGNOTTE_DEFAULTS } from "./cagnotte-rule.ts";
import { broken, type Fields, fieldFaults, inRange, isObject, isText, wordFault } from "./field-faults.ts";
import { PREPAID_DEFAULTS } from "./prepaid-rule.ts";
import type { Rule } from "./programme.ts";
import { STAMPS_DEFAULTS } from "./stamps-rule.ts";

const RULE_ID = /^[a-z][a-z0-9-]{0,39}$/;

/** Every field that may stand in a rule of a kind. */
const RULE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  stamps: ["kind", "id", ...Object.keys(STAMPS_DEFAULTS), "grid", "reward"],
  cagnotte: ["kind", "id", ...Object.keys(CAGNOTTE_DEFAULTS), "rate"],
  prepaid: ["kind", "id", ...Object.keys(PREPAID_DEFAULTS)],
};

function stampsFaults({ count, minimum, reward, excess, grid, cooldownMinutes, onZeroPayable }: Fields): string[] {
  if (!isObject(count) || !isObject(minimum)) return ["count and minimum must be objects"];
  if (!isObject(reward)) return ["reward is missing"];
  const counted = count.per === "item" ? count.category : null;
  const checks: [boolean, string][] = [
    [inRange(grid, 1, 200), "grid must be 1 to 200 stamps"],
    [inRange(cooldownMinutes, 0, 525_600), "cooldownMinutes must be whole minutes, at most a year"],
    [typeof onZeroPayable === "boolean", "onZeroPayable must be true or false"],
    [count.per !== "visit" || inRange(count.stamps, 1, 50), "stamps per visit must be 1 to 50"],
    [count.per !== "item" || isText(counted, 40), "count.category must have 1 to 40 characters"],
    [inRange(minimum.amount, 0, 10_000_000), "minimum must be whole cents"],
    [isText(reward.label, 60), "reward label must have 1 to 60 characters"],
    [reward.kind !== "gift" || inRange(reward.value, 0, 90_000), "reward value must be 0 to 90000 cents"],
    [reward.kind !== "free-item" || counted === reward.category, "a free item must be of the category that is counted"],
  ];
  return [
    ...wordFault("count.per", count.per),
    ...wordFault("minimum.kind", minimum.kind),
    ...wordFault("reward.kind", reward.kind),
    ...wordFault("excess", excess),
    ...broken(checks),
  ];
}

function cagnotteFaults({ rate, balanceMax, rounding }: Fields): string[] {
  const checks: [boolean, string][] = [
    [inRange(rate, 1, 10_000), "rate must be 1 to 10000 basis points; write percent(5) for 5 %"],
    [inRange(balanceMax, 1, CAGNOTTE_CENTS_MAX), `balanceMax must be 1 to ${CAGNOTTE_CENTS_MAX} cents`],
  ];
  return [...wordFault("rounding", rounding), ...broken(checks)];
}

function prepaidFaults({ balanceMax, topUpMin, topUpMax }: Fields): string[] {
  const isCents = (value: unknown): value is number => inRange(value, 1, PREPAID_CENTS_MAX);
  const most = Math.min(...[balanceMax, topUpMax].filter(isCents), PREPAID_CENTS_MAX);
  return broken([
    [isCents(balanceMax), `balanceMax must be 1 to ${PREPAID_CENTS_MAX} cents`],
    [isCents(topUpMax), `topUpMax must be 1 to ${PREPAID_CENTS_MAX} cents`],
    [inRange(topUpMin, 1, most), "topUpMin must be 1 cent to balanceMax and topUpMax, else no top-up is ever taken"],
  ]);
}

const FAULTS: { readonly [K in Rule["kind"]]: (rule: Fields) => string[] } = {
  stamps: stampsFaults,
  cagnotte: cagnotteFaults,
  prepaid: prepaidFaults,
};

/** What is wrong with one rule, each sentence naming it. */
export function ruleFaults(rule: Fields): string[] {
  const kind = wordFault("kind", rule.kind);
  const faults =
    kind.length > 0
      ? kind
      : [
          ...fieldFaults(rule, RULE_FIELDS[String(rule.kind)]!),
          ...(RULE_ID.test(String(rule.id)) ? [] : ["id must be lower-case letters, digits and hyphens, at most 40"]),
          ...(inRange(rule.purse, 0, 7) ? [] : ["purse must be 0 to 7"]),
          ...wordFault("funder", rule.funder),
          ...FAULTS[rule.kind as Rule["kind"]](rule),
        ];
  return faults.map((fault) => `rule "${String(rule.id)}": ${fault}`);
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
  if (rules.filter(({ kind }) => kind === "prepaid").length > 1) {
    faults.push("rules: only one rule may be prepaid, else a top-up would not know where to go");
  }
  const ids = new Set<string>();
  const purses = new Set<string>();
  for (const { id, kind, purse } of rules) {
    if (ids.has(id)) faults.push(`rule "${id}" stands twice`);
    if (purses.has(`${kind} ${purse}`))
      faults.push(`rule "${id}": purse ${purse} of kind ${kind} is taken; give it another`);
    ids.add(id);
    purses.add(`${kind} ${purse}`);
  }
  return faults;
}
