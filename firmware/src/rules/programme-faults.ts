import { CARD_MAPS } from "@cachet/card-layout";
import { isZone, ZONES } from "./calendar/zone.ts";
import { SALE_CENTS_MAX } from "./evaluate.ts";
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
  shape,
  words,
} from "./field-faults.ts";
import { mediaFaults } from "./media.ts";
import { PROGRAMME_DEFAULTS, type Programme, type Rule } from "./programme.ts";
import { ruleFaults } from "./rule-faults.ts";
import { placeFaults, togetherFaults } from "./together-faults.ts";

const CHIPS: readonly unknown[] = CARD_MAPS.map(({ chip }) => chip);

const merchants: Check = (given) => {
  if (!isObject(given) || Object.keys(given).length === 0) return ["merchants: name at least one"];
  return Object.entries(given).flatMap(([merchant, facts]) => {
    if (!inRange(Number(merchant), 1, 65_535)) return [`merchants: number ${merchant} is not 1 to 65535`];
    if (!isObject(facts) || !isText(facts.name, 40)) return [`merchant ${merchant}: name must have 1 to 40 characters`];
    const role = oneOf(["earn-and-spend", "earn-only"])(facts.role, "role");
    return role.map((fault) => `merchant ${merchant}: ${fault}`);
  });
};

const media: Check = (given) => {
  const named: readonly unknown[] = Array.isArray(given) ? given : [];
  return broken([
    [given === undefined || named.length > 0, "media must be a list of chips; leave it out for any that fits"],
    [named.every((chip) => CHIPS.includes(chip)), `media must be of ${[...new Set(CHIPS)].join(", ")}`],
    [new Set(named).size === named.length, "media: a chip stands twice"],
  ]);
};

const head = shape({
  number: count(1, 65_535),
  version: count(1, 65_535),
  name: words(40),
  scope: oneOf(["shop", "town"]),
  zone: fits((zone) => typeof zone === "string" && isZone(zone), `must be a time zone of ${ZONES.join(", ")}`),
  merchants,
  exclude: fits((given) => listOf(words(40), 0, 100)(given, "").length === 0, "must be a list of categories"),
  nonEarning: listOf(words(40), 0, 50),
  stacking: oneOf(["best-of", "additive", "multiplicative"]),
  roundingStage: oneOf(["end", "each"]),
  spentPolicy: oneOf(["deduct-from-refund", "allow-negative", "clamp-to-zero"]),
  refundCap: optional(count(0, SALE_CENTS_MAX, "cents; 0 for none")),
  offlineCap: optional(count(1, SALE_CENTS_MAX, "cents; leave it out for no limit")),
  media,
  rules: () => [],
});

/** Every fault of what claims to be a programme, one sentence each; empty where there is none. Takes anything. */
export function programmeFaults(claimed: unknown): string[] {
  if (!isObject(claimed)) return ["it is no programme"];
  const given = { ...PROGRAMME_DEFAULTS, ...claimed };
  const faults = [...head(given, "")];
  const { rules }: Fields = given;
  if (!Array.isArray(rules) || rules.length === 0) return [...faults, "rules: name at least one"];
  const ofRules = rules.flatMap((rule: unknown) =>
    isObject(rule) ? ruleFaults(rule) : ["rules: one of them is no rule"],
  );
  if (ofRules.length > 0) return [...faults, ...ofRules];
  const together = [...faults, ...togetherFaults(rules as Rule[])];
  const all = together.length > 0 ? together : placeFaults(given as unknown as Programme);
  return all.length > 0 ? all : mediaFaults(given as unknown as Programme);
}
