import { type Programme, type Rule, stocksOf, type When } from "@cachet/firmware/rules";
import type { PurchaseList } from "./purchase-list.ts";

/** Something that purchases do not say, so that rules which ask for it come out otherwise than at a counter. */
export interface Caution {
  readonly missing:
    | "merchant"
    | "time"
    | "category"
    | "tender"
    | "top-up"
    | "fee"
    | "birthday"
    | "offer"
    | "referral"
    | "stock";
  /** Rules that ask for it, by id; empty where it concerns the whole programme. */
  readonly rules: readonly string[];
}

const whenOf = (rule: Rule): When => ("when" in rule ? (rule.when ?? {}) : {});

function asksForCategory(rule: Rule): boolean {
  if (rule.kind === "stamps") return rule.count.per === "item" || rule.reward.kind === "free-item";
  if (rule.kind === "points") return rule.earn.per === "item";
  return "categories" in rule && rule.categories !== undefined;
}

const asksForTime = (rule: Rule): boolean =>
  whenOf(rule).hours !== undefined || (rule.kind === "stamps" && rule.cooldownMinutes > 0);

/** An offer that none of these rules puts on a card. */
const isOfferOfOthers = (offer: number | undefined, rules: readonly Rule[]): boolean =>
  offer !== undefined &&
  !rules.some((rule) => rule.kind === "stamps" && rule.reward.kind === "offer" && rule.reward.offer === offer);

const runsOut = (rule: Rule): boolean => stocksOf({ rules: [rule] }).length > 0;

/** What rules ask for and no list of purchases says. */
const NEVER_SAID: readonly {
  readonly missing: Caution["missing"];
  readonly asks: (rule: Rule, programme: Programme) => boolean;
}[] = [
  { missing: "tender", asks: (rule) => whenOf(rule).tender !== undefined },
  { missing: "top-up", asks: ({ kind }) => kind === "prepaid" || kind === "units" },
  { missing: "fee", asks: (rule) => rule.kind === "club" || whenOf(rule).memberOf !== undefined },
  { missing: "referral", asks: ({ kind }) => kind === "referral" },
  { missing: "birthday", asks: (rule) => whenOf(rule).birthday !== undefined },
  { missing: "offer", asks: (rule, { rules }) => isOfferOfOthers(whenOf(rule).offer, rules) },
  { missing: "stock", asks: runsOut },
];

/** What a programme asks for that these purchases do not say. */
export function cautionsOf(programme: Programme, columns: PurchaseList["columns"]): readonly Caution[] {
  const { rules, merchants, exclude } = programme;
  const found: Caution[] = [];
  const say = (missing: Caution["missing"], asks: (rule: Rule, of: Programme) => boolean): void => {
    const asking = rules.filter((rule) => asks(rule, programme)).map(({ id }) => id);
    if (asking.length > 0) found.push({ missing, rules: asking });
  };
  if (!columns.has("merchant") && Object.keys(merchants).length > 1) found.push({ missing: "merchant", rules: [] });
  if (!columns.has("time")) say("time", asksForTime);
  const counting = rules.filter(asksForCategory).map(({ id }) => id);
  if (!columns.has("category") && exclude.length + counting.length > 0)
    found.push({ missing: "category", rules: counting });
  for (const { missing, asks } of NEVER_SAID) say(missing, asks);
  return found;
}
