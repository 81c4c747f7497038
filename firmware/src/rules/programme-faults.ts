import { CARD_MAPS } from "@cachet/card-layout";
import { SALE_CENTS_MAX } from "./evaluate.ts";
import { broken, type Fields, fieldFaults, inRange, isObject, isText, wordFault } from "./field-faults.ts";
import { mediaFaults } from "./media.ts";
import type { Programme, Rule } from "./programme.ts";
import { ruleFaults, togetherFaults } from "./rule-faults.ts";

const PROGRAMME_FIELDS = [
  "number",
  "version",
  "name",
  "scope",
  "zone",
  "merchants",
  "exclude",
  "rules",
  "offlineCap",
  "media",
];
const CHIPS: readonly unknown[] = CARD_MAPS.map(({ chip }) => chip);

function headFaults({ number, version, name, scope, zone, exclude }: Fields): string[] {
  const checks: [boolean, string][] = [
    [inRange(number, 1, 65_535), "number must be 1 to 65535"],
    [inRange(version, 1, 65_535), "version must be 1 to 65535"],
    [isText(name, 40), "name must have 1 to 40 characters"],
    [isText(zone, 40), "zone must be the name of a time zone"],
    [
      Array.isArray(exclude) && exclude.every((category) => isText(category, 40)),
      "exclude must be a list of categories",
    ],
  ];
  return [...broken(checks), ...wordFault("scope", scope)];
}

function merchantFaults(merchants: unknown): string[] {
  if (!isObject(merchants) || Object.keys(merchants).length === 0) return ["merchants: name at least one"];
  return Object.entries(merchants).flatMap(([merchant, facts]) => {
    if (!inRange(Number(merchant), 1, 65_535)) return [`merchants: number ${merchant} is not 1 to 65535`];
    if (!isObject(facts) || !isText(facts.name, 40)) return [`merchant ${merchant}: name must have 1 to 40 characters`];
    return wordFault("role", facts.role).map((fault) => `merchant ${merchant}: ${fault}`);
  });
}

function limitFaults({ offlineCap, media }: Fields): string[] {
  const named: readonly unknown[] = Array.isArray(media) ? media : [];
  return broken([
    [
      offlineCap === undefined || inRange(offlineCap, 1, SALE_CENTS_MAX),
      `offlineCap must be 1 to ${SALE_CENTS_MAX} cents; leave it out for no limit`,
    ],
    [media === undefined || named.length > 0, "media must be a list of chips; leave it out for any that fits"],
    [named.every((chip) => CHIPS.includes(chip)), `media must be of ${[...new Set(CHIPS)].join(", ")}`],
    [new Set(named).size === named.length, "media: a chip stands twice"],
  ]);
}

/** Every fault of what claims to be a programme, one sentence each; empty where there is none. Takes anything. */
export function programmeFaults(given: unknown): string[] {
  if (!isObject(given)) return ["it is no programme"];
  const faults = [
    ...fieldFaults(given, PROGRAMME_FIELDS),
    ...headFaults(given),
    ...merchantFaults(given.merchants),
    ...limitFaults(given),
  ];
  const { rules } = given;
  if (!Array.isArray(rules) || rules.length === 0) return [...faults, "rules: name at least one"];
  const ofRules = rules.flatMap((rule: unknown) =>
    isObject(rule) ? ruleFaults(rule) : ["rules: one of them is no rule"],
  );
  if (ofRules.length > 0) return [...faults, ...ofRules];
  const all = [...faults, ...togetherFaults(rules as Rule[])];
  return all.length > 0 ? all : mediaFaults(given as unknown as Programme);
}
