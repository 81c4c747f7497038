import { describe, expect, it } from "vitest";
import {
  cagnotte,
  discount,
  multiplier,
  type Programme,
  points,
  prepaid,
  programme,
  programmeOfJson,
  type Rule,
  referral,
  stamps,
  tiers,
  units,
} from "../../../firmware/src/rules/plain.ts";
import { readingsOf, readingText } from "./readings.ts";

type Head = Partial<Pick<Programme, "stacking" | "roundingStage" | "spentPolicy">>;
const HEAD = {
  number: 1,
  version: 1,
  name: "Essai",
  scope: "shop",
  offlineCap: 2_000,
  merchants: { 1: { name: "Un", role: "earn-and-spend" } },
} as const;
const of = (head: Head, ...rules: readonly Rule[]): Programme => programme({ ...HEAD, rules, ...head });
/** The fields that are left open, by rule. */
const open = (head: Head, ...rules: readonly Rule[]): string[] =>
  readingsOf(of(head, ...rules)).map(({ rule, field }) => `${rule ?? "-"} ${field}`);

const SPENT = { spentPolicy: "deduct-from-refund" } as const;
const ROUNDED = { ...SPENT, roundingStage: "end" } as const;
const SETTLED = { rounding: "floor", basis: "net", pays: "discount" } as const;
const saving = cagnotte({ id: "c", rate: 500, ...SETTLED });
const gift = { kind: "gift", label: "Pain", value: 100 } as const;
const grid = (more: Partial<Parameters<typeof stamps>[0]> = {}) => stamps({ id: "s", grid: 10, reward: gift, ...more });
const bands = [{ from: 5_000, rate: 1_000 }];
const BONUS = { bands, purse: 1, rounding: "floor", validity: null, lots: 0, funder: "merchant" } as const;

describe("what an author left open", () => {
  it.each<[what: string, open: readonly string[], head: Head, rules: readonly Rule[]]>([
    ["nothing of a grid of visits", [], {}, [grid()]],
    [
      "stamps beyond a full grid, where several come at once",
      ["s excess"],
      {},
      [grid({ count: { per: "visit", stamps: 2 } })],
    ],
    ["nor once it is said", [], {}, [grid({ count: { per: "visit", stamps: 2 }, excess: "carry" })]],
    ["a visit that the cagnotte pays", ["s onZeroPayable"], SPENT, [saving, grid()]],
    ["nor once it is said", [], SPENT, [saving, grid({ onZeroPayable: true })]],
    [
      "a cagnotte's fractions, base and taxes, and what was spent at a refund",
      ["- spentPolicy", "c rounding", "c basis", "c pays"],
      {},
      [cagnotte({ id: "c", rate: 500 })],
    ],
    [
      "nothing of taxes where points only buy gifts",
      ["p rounding"],
      SPENT,
      [points({ id: "p", earn: { per: "amount", cents: 100, points: 1, groups: "whole" } })],
    ],
    [
      "nothing of fractions where a visit gives points",
      [],
      SPENT,
      [points({ id: "p", earn: { per: "visit", points: 1 } })],
    ],
    [
      "the bands of a bonus, and what is spent first",
      ["a bonus.counts", "a spendFirst"],
      {},
      [prepaid({ id: "a", bonus: BONUS })],
    ],
    ["nor once it is said", [], {}, [prepaid({ id: "a", bonus: { ...BONUS, counts: "whole" }, spendFirst: "bonus" })]],
    ["nothing of prepaid money without a bonus", [], {}, [prepaid({ id: "a" })]],
    [
      "the units given on top",
      ["u spendFirst"],
      {},
      [units({ id: "u", unitName: "copie", packs: [{ units: 10, price: 100 }], bonusRate: 1_000 })],
    ],
    [
      "one multiplier: where it is rounded",
      ["- roundingStage"],
      SPENT,
      [saving, multiplier({ id: "m", of: "c", permille: 2_000 })],
    ],
    [
      "two multipliers of one rule",
      ["- stacking"],
      ROUNDED,
      [saving, multiplier({ id: "m", of: "c", permille: 2_000 }), multiplier({ id: "n", of: "c", permille: 3_000 })],
    ],
    [
      "nor once it is said",
      [],
      { ...ROUNDED, stacking: "best-of" },
      [saving, multiplier({ id: "m", of: "c", permille: 2_000 }), multiplier({ id: "n", of: "c", permille: 3_000 })],
    ],
    ["two discounts", ["d basis", "e basis"], {}, ["d", "e"].map((id) => discount({ id, off: { rate: 500 } }))],
    [
      "a basket beside a discount",
      ["s minimum.of"],
      {},
      [grid({ minimum: { kind: "reaches", amount: 300 } }), discount({ id: "d", off: { rate: 500 } })],
    ],
    [
      "the minimum of a referral beside a discount",
      ["r minimum.of"],
      ROUNDED,
      [
        saving,
        referral({ id: "r", of: "c", minimum: { kind: "reaches", amount: 300 }, godchild: 1, godparent: 1 }),
        discount({ id: "d", off: { rate: 500 } }),
      ],
    ],
    [
      "a condition on the basket beside a free item",
      ["d when.basket.of"],
      {},
      [
        discount({ id: "d", off: { rate: 500 }, when: { basket: { kind: "exceeds", amount: 300 } } }),
        grid({
          count: { per: "item", category: "pain" },
          reward: { kind: "free-item", label: "Pain", category: "pain" },
        }),
      ],
    ],
    [
      "a condition on the basket beside money off for a full grid, and stamps that overshoot it",
      ["d when.basket.of", "s excess"],
      {},
      [
        discount({ id: "d", off: { rate: 500 }, when: { basket: { kind: "exceeds", amount: 300 } } }),
        grid({ count: { per: "visit", stamps: 2 }, reward: { kind: "money", label: "Bon", value: 500 } }),
      ],
    ],
    [
      "levels",
      ["t crossing", "t window", "t review"],
      SPENT,
      [
        saving,
        tiers({
          id: "t",
          of: ["c"],
          levels: [
            { name: "a", from: 0, permille: 1_000 },
            { name: "b", from: 100, permille: 2_000 },
          ],
        }),
      ],
    ],
  ])("%s", (_, fields, head, rules) => {
    expect(open(head, ...rules)).toEqual(fields);
  });

  it("is said with what happens now and what may stand there", () => {
    const [first, ...others] = readingsOf(of({}, cagnotte({ id: "c", rate: 500, basis: "net", pays: "tender" })));
    expect(readingText(first!)).toMatch(
      /^what a refund takes back .+; settle it with spentPolicy: deduct-from-refund \| allow-negative/,
    );
    expect(others.map(readingText)).toEqual([
      'rule "c": what is less than a whole one is lost at every visit; settle it with rounding: floor | half-up | ceil | carry',
    ]);
  });

  it("is found in JSON as well, and nowhere in data where every field is written", () => {
    const rule = { kind: "cagnotte", id: "c", rate: 500 };
    const found = readingsOf(programmeOfJson({ ...HEAD, rules: [rule] }));
    expect(found.map(({ field }) => field)).toEqual(["spentPolicy", "rounding", "basis", "pays"]);
    const written: Programme = JSON.parse(JSON.stringify(of({}, cagnotte({ id: "c", rate: 500 }))));
    expect(readingsOf(written)).toEqual([]);
  });
});
