import type { Purse } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { addMonths } from "./calendar/period.ts";
import { type CreditedAmount, creditPurses } from "./credited.ts";
import { cagnotte, points, prepaid, programme, stamps } from "./draft.ts";

const TODAY = 9_600;
const gift = { kind: "gift", label: "Cadeau", value: 300 } as const;
const everything = programme({
  number: 33,
  version: 1,
  name: "Tout",
  scope: "shop",
  merchants: { 1: { name: "Boutique", role: "earn-and-spend" } },
  offlineCap: 1_000,
  rules: [
    prepaid({ id: "compte", balanceMax: 10_000 }),
    cagnotte({ id: "cagnotte", rate: 500, rounding: "carry", balanceMax: 9_000 }),
    cagnotte({ id: "autre", rate: 100, purse: 1, funder: "association" }),
    stamps({ id: "grille", grid: 10, reward: gift }),
    stamps({ id: "lente", purse: 1, cooldownMinutes: 60, grid: 10, reward: gift }),
  ],
});
const amount = (purse: CreditedAmount["purse"], value: number, index = 0): CreditedAmount => ({ purse, index, value });
const credit = (purses: readonly Purse[], ...amounts: readonly CreditedAmount[]) =>
  creditPurses(everything, purses, amounts, TODAY);

describe("a credit on purses", () => {
  it("raises the purse that is there and leaves everything else of it as it was", () => {
    const held: readonly Purse[] = [
      { kind: "carrying-cagnotte", index: 0, cents: 100, remainder: 77 },
      { kind: "timed-stamps", index: 1, count: 3, last: 5_000 },
    ];
    expect(credit(held, amount("cagnotte", 50), amount("stamps", 4, 1))).toEqual({
      purses: [
        { kind: "carrying-cagnotte", index: 0, cents: 150, remainder: 77 },
        { kind: "timed-stamps", index: 1, count: 7, last: 5_000 },
      ],
      credited: [
        { rule: "cagnotte", unit: "cents", value: 50, funder: "merchant" },
        { rule: "lente", unit: "stamps", value: 4, funder: "merchant" },
      ],
    });
  });

  it("makes the purse that the programme keeps where there is none yet", () => {
    const amounts = [
      amount("prepaid", 1),
      amount("cagnotte", 2),
      amount("cagnotte", 3, 1),
      amount("stamps", 4),
      amount("stamps", 5, 1),
    ];
    expect(credit([], ...amounts)?.purses).toEqual([
      { kind: "prepaid", index: 0, cents: 1 },
      { kind: "carrying-cagnotte", index: 0, cents: 2, remainder: 0 },
      { kind: "cagnotte", index: 1, cents: 3 },
      { kind: "stamps", index: 0, count: 4 },
      { kind: "timed-stamps", index: 1, count: 5, last: 0 },
    ]);
  });

  it("goes to the purse of another version of the programme, under the kind it was kept in", () => {
    const held: readonly Purse[] = [{ kind: "cagnotte", index: 0, cents: 10 }];
    expect(credit(held, amount("cagnotte", 5))?.purses).toEqual([{ kind: "cagnotte", index: 0, cents: 15 }]);
  });

  it("is applied whole or not at all", () => {
    expect(credit([], amount("prepaid", 10_000))).not.toBeNull();
    expect(credit([], amount("prepaid", 10_001))).toBeNull();
    expect(credit([], amount("cagnotte", 1), amount("cagnotte", 9_000))).toBeNull();
    expect(credit([], amount("stamps", 255))).not.toBeNull();
    expect(credit([{ kind: "stamps", index: 0, count: 1 }], amount("stamps", 255))).toBeNull();
    expect(credit([], amount("cagnotte", 1), amount("prepaid", 1, 1))).toBeNull();
  });

  it("changes nothing it was given", () => {
    const held: readonly Purse[] = Object.freeze([Object.freeze({ kind: "prepaid", index: 0, cents: 5 } as const)]);
    expect(credit(held, amount("prepaid", 5))?.purses).toEqual([{ kind: "prepaid", index: 0, cents: 10 }]);
  });

  const month = { months: 1 } as const;
  const lasting = programme({
    number: 34,
    version: 1,
    name: "Avec des dates",
    scope: "shop",
    merchants: { 1: { name: "Boutique", role: "earn-and-spend" } },
    offlineCap: 1_000,
    rules: [
      cagnotte({ id: "euros", rate: 500, validity: month, lots: 4 }),
      points({ id: "points", earn: { per: "visit", points: 1 }, validity: month, lots: 4, balanceMax: 700 }),
      prepaid({ id: "compte", bonus: { purse: 1, bands: [{ from: 1_000, rate: 1_000 }] } }),
    ],
  });
  const old = { value: 300, expires: TODAY + 3, issued: TODAY - 27 };
  const later = { value: 200, expires: TODAY + 20, issued: TODAY - 10 };

  it("keeps the days that value had elsewhere, beside what is there", () => {
    const held: readonly Purse[] = [{ kind: "points-lots-4", index: 0, lots: [{ ...later, value: 1 }] }];
    const amounts = [{ ...amount("points", 500), lots: [old, later] }];
    expect(creditPurses(lasting, held, amounts, TODAY)).toEqual({
      purses: [{ kind: "points-lots-4", index: 0, lots: [old, { ...later, value: 201 }] }],
      credited: [{ rule: "points", unit: "points", value: 500, funder: "merchant", lots: [old, later] }],
    });
    expect(
      creditPurses(lasting, [], [{ ...amounts[0]!, value: 800, lots: [{ ...old, value: 800 }] }], TODAY),
    ).toBeNull();
  });

  it("lets value without days come today, for as long as the rule says, and wait where the day is not known", () => {
    const after = creditPurses(lasting, [], [amount("cagnotte", 50)], TODAY);
    expect(after?.purses).toEqual([
      { kind: "cagnotte-lots-4", index: 0, lots: [{ value: 50, expires: addMonths(TODAY, 1), issued: TODAY }] },
    ]);
    expect(creditPurses(lasting, [], [amount("cagnotte", 50)], null)).toBeNull();
  });

  it("finds the money that was given on top of prepaid money", () => {
    const after = creditPurses(lasting, [], [amount("prepaid", 5), amount("cagnotte", 50, 1)], TODAY);
    expect(after?.purses).toEqual([
      { kind: "prepaid", index: 0, cents: 5 },
      { kind: "cagnotte", index: 1, cents: 50 },
    ]);
    expect(after?.credited.map(({ rule }) => rule)).toEqual(["compte", "compte"]);
  });
});
