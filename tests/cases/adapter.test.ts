import { describe, expect, it } from "vitest";
import { cardsOf, cardValues } from "./case-cards.ts";
import { eventOf } from "./case-events.ts";
import { programmeOf } from "./case-programme.ts";
import type { Case, Json } from "./written-case.ts";

const EARN = { unit: "points", per_cents: 10, points: 1 };
const BASE = JSON.parse(`{
  "id": "Z",
  "title": "A purchase",
  "programme": { "earn": ${JSON.stringify(EARN)} },
  "given": { "card": { "points": 0 } },
  "when": [{ "type": "purchase", "lines": [{ "amount": 100 }] }],
  "then": [{}],
  "final": {}
}`) as Case;

/** Everything that the adapter reads of a case before it is played. */
function read(worked: Case): void {
  const programme = programmeOf(worked, worked.programme);
  for (const card of Object.keys(cardsOf(worked))) cardValues(worked, card, programme, worked.programme);
  for (const step of worked.when.keys()) eventOf(worked, step, worked.programme);
}

const programmeWith = (more: Json): Case => ({ ...BASE, programme: { earn: EARN, ...more } });
const cardWith = (more: Json): Case => ({ ...BASE, given: { card: more } });
const purchaseWith = (more: Json): Case => ({ ...BASE, when: [{ ...BASE.when[0]!, ...more }] });

describe("the adapter", () => {
  it("reads a case whose words it knows", () => expect(() => read(BASE)).not.toThrow());

  it.each([
    ["a rule", programmeWith({ raffle: {} }), /raffle/],
    ["a field of earning", programmeWith({ earn: { ...EARN, delay_days: 14 } }), /delay_days/],
    ["another unit", programmeWith({ earn: { ...EARN, unit: "miles" } }), /miles/],
    ["another basis", programmeWith({ earn: { ...EARN, basis: "margin" } }), /margin/],
    ["another rounding", programmeWith({ earn: { ...EARN, rounding: "bankers" } }), /bankers/],
    ["tips that earn", programmeWith({ tips_earn: true }), /tips_earn/],
    ["another order", programmeWith({ order: ["base", "bonuses", "multipliers", "caps"] }), /order/],
    ["another day", programmeWith({ multipliers: [{ id: "a", days: ["JEU"], permille: 2_000 }] }), /JEU/],
    ["a field of a multiplier", programmeWith({ multipliers: [{ id: "a", weather: "rain" }] }), /weather/],
    ["a bonus of nothing", programmeWith({ bonuses: [{ id: "a", euros: 1 }] }), /bonus/],
    ["another period", programmeWith({ caps: [{ per: "quarter", points: 1 }] }), /quarter/],
    ["a cap elsewhere", programmeWith({ caps: [{ per: "day", points: 1, tz: "Asia/Tokyo" }] }), /Tokyo/],
    ["another excess", programmeWith({ stamps: { grid: 5, excess: "double" } }), /double/],
    ["another reward", programmeWith({ stamps: { grid: 5, reward: { kind: "lottery" } } }), /lottery/],
    ["a later reward", programmeWith({ stamps: { grid: 5, reward: { when: "next_visit" } } }), /next_visit/],
    ["the dearest item", programmeWith({ stamps: { per_item_of: "x", reward: { choose: "dearest" } } }), /dearest/],
    ["another role", programmeWith({ merchants: { A: { role: "burn_only" } } }), /burn_only/],
    ["a step of half cents", programmeWith({ redeem: { points: 100, for_cents: 1, step_points: 50 } }), /whole number/],
    ["a bonus that goes back", programmeWith({ refundable: ["paid", "bonus"] }), /refundable/],
    ["points of two cents", programmeWith({ recharge: { unit: "points", point_value_cents: 2 } }), /point_value/],
    ["a band of cents", programmeWith({ recharge: { bonus_table: [{ min: 1, bonus: 500 }] } }), /bonus/],
    ["another end", programmeWith({ recharge: { bonus_validity: { months: 1, until: "noon" } } }), /noon/],
    ["a level's gift", programmeWith({ tiers: [{ name: "a", min_spend: 0, gift: 1 }] }), /gift/],
    ["another window", programmeWith({ tiers: [], window: "rolling_6_months" }), /rolling_6_months/],
    ["another stacking", programmeWith({ stacking: "worst_of" }), /worst_of/],
    ["another policy", programmeWith({ negative_policy: "forgive" }), /forgive/],
    [
      "a tender of neither list",
      {
        ...purchaseWith({ tenders: [{ kind: "gold", amount: 100 }] }),
        programme: { earn: EARN, earning_tenders: ["card"], non_earning_tenders: ["cash"] },
      },
      /gold/,
    ],
    ["a tender of both lists", programmeWith({ earning_tenders: ["card"], non_earning_tenders: ["card"] }), /card/],
    ["buckets in another order", { ...BASE, programme: { buckets: { order: ["issued_at asc"] } } }, /issued_at/],
    ["a fact beside the card", { ...BASE, given: { card: {}, weather: "rain" } }, /weather/],
    ["a field of the card", cardWith({ miles: 3 }), /miles/],
    ["stamps that no rule keeps", cardWith({ stamps: 3 }), /stamps/],
    ["a level that no rule knows", cardWith({ tier: "or", spend_12m: 1 }), /tiers/],
    ["a field of a bucket", cardWith({ buckets: [{ id: "A", amount: 1, frozen: true }] }), /frozen/],
    ["an event", { ...BASE, when: [{ type: "dance" }] }, /dance/],
    ["a field of an event", purchaseWith({ mood: "good" }), /mood/],
    ["a field of a line", purchaseWith({ lines: [{ amount: 100, vat_bp: 2_000 }] }), /vat_bp/],
    ["a line of no price", purchaseWith({ lines: [{ id: "L1" }] }), /amount/],
    ["a field of a tender", purchaseWith({ tenders: [{ kind: "card", amount: 1, currency: "USD" }] }), /currency/],
    [
      "two packs",
      { ...BASE, programme: { recharge: { pack: { sessions: 10, price: 1 } } }, when: [{ type: "recharge", pack: 2 }] },
      /pack/,
    ],
  ] as const)("refuses %s", (_what, worked, named) => {
    expect(() => read(worked)).toThrow(named);
  });
});
