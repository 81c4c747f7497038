import { describe, expect, it } from "vitest";
import {
  bonus,
  cagnotte,
  club,
  discount,
  points,
  prepaid,
  programme,
  type Rule,
  stamps,
  type Validity,
} from "../../../firmware/src/rules/plain.ts";
import { limitsOf, limitText } from "./limits.ts";

const shop = { name: "Un", role: "earn-and-spend" } as const;
const of = (rules: readonly Rule[], more: object = {}) =>
  programme({
    number: 1,
    version: 1,
    name: "Essai",
    scope: "shop",
    merchants: { 1: shop },
    offlineCap: 2_000,
    ...more,
    rules,
  });
const found = (rules: readonly Rule[], more: object = {}): string[] =>
  limitsOf(of(rules, more)).map((limit) => `${limit.refused ? "refused" : "warning"}: ${limitText(limit)}`);

describe("how long value lasts", () => {
  const lasting = (validity: Validity | null, until?: string) =>
    found([cagnotte({ id: "c", rate: 500, validity, ...(until === undefined ? {} : { when: { until } }) })]);

  it("is a month or more", () => {
    for (const validity of [null, { days: 30 }, { months: 1 }] as const) expect(lasting(validity)).toEqual([]);
    expect(lasting({ days: 29 })).toEqual([
      'refused: rule "c": validity of 29 days is under a month; make it longer, or say why in validity.reason (unfair terms, article L. 212-1 of the French consumer code)',
    ]);
    expect(lasting({ days: 7, reason: "cadeau d'anniversaire" })).toEqual([]);
  });

  it("leaves a month to spend after the last day of earning", () => {
    expect(lasting({ through: "2027-12-31" })[0]).toMatch(
      /^refused: rule "c": what is earned until 2027-12-31 ends that same day/,
    );
    expect(lasting({ through: "2027-12-31" }, "2027-12-03")[0]).toMatch(
      /earning stops before 2027-12-03 .+: 29 days in between/,
    );
    expect(lasting({ through: "2027-12-31" }, "2027-12-02")).toEqual([]);
    expect(lasting({ through: "2027-12-31" }, "2028-02-01")[0]).toMatch(/: 0 days in between/);
    expect(lasting({ through: "2027-12-31", reason: "fin de bail" })).toEqual([]);
  });

  it("counts for what is given on top of a top-up, too", () => {
    const bands = [{ from: 5_000, rate: 1_000 }];
    const account = prepaid({
      id: "a",
      bonus: { bands, purse: 1, rounding: "floor", validity: { days: 10 }, lots: 2, funder: "merchant" },
    });
    expect(found([account])[0]).toContain("say why in bonus.validity.reason");
  });
});

describe("the bonus of prepaid money", () => {
  const bonusOf = (rate: number, reason?: string) => {
    const band = { from: 5_000, rate, ...(reason === undefined ? {} : { reason }) };
    const on = { bands: [band], purse: 1, rounding: "floor", validity: null, lots: 0, funder: "merchant" } as const;
    return found([prepaid({ id: "a", bonus: on })]);
  };

  it("is 5 to 10 %, or has a reason", () => {
    for (const rate of [500, 1_000]) expect(bonusOf(rate)).toEqual([]);
    for (const rate of [300, 499, 1_001, 1_400]) expect(bonusOf(rate), String(rate)).toHaveLength(1);
    expect(bonusOf(1_400)[0]).toMatch(/^warning: rule "a": a bonus of 14 % is not 5 to 10 %; .+ \(usage of the trade/);
    expect(bonusOf(1_200, "palier de lancement")).toEqual([]);
  });

  it("of several merchants needs a limited network", () => {
    const both = { merchants: { 1: shop, 2: shop } };
    expect(found([prepaid({ id: "a" })], both)[0]).toMatch(/^warning: rule "a": .+ 2 merchants .+ \(articles L. 521-3/);
    expect(found([prepaid({ id: "a" })], { merchants: { 1: shop, 2: { ...shop, role: "earn-only" } } })).toEqual([]);
  });
});

describe("other limits", () => {
  it("warns of a rate that looks like per cents", () => {
    expect(found([cagnotte({ id: "c", rate: 3 })])[0]).toMatch(
      /^warning: rule "c": 0\.03 % is next to nothing; 3 per cent are percent\(3\)/,
    );
    expect(found([cagnotte({ id: "c", rate: 20 })])).toEqual([]);
  });

  it("warns above 10 % of every purchase, in cents or in points that are worth money", () => {
    expect(found([cagnotte({ id: "c", rate: 1_000 })])).toEqual([]);
    expect(found([cagnotte({ id: "c", rate: 1_250 })])[0]).toMatch(
      /^warning: rule "c": 12.5 % is above the usual 10 %/,
    );
    const worth = (cents: number) =>
      found([
        points({
          id: "p",
          earn: { per: "amount", cents: 100, points: 1, groups: "whole" },
          redeem: { points: 100, cents },
        }),
      ]);
    expect(worth(1_000)).toEqual([]);
    expect(worth(1_200)[0]).toMatch(/^warning: rule "p": 12 % is above/);
  });

  it("refuses an offer that is called after what persons are", () => {
    const offer = (id: string, when: object) => found([discount({ id, off: { rate: 500 }, when })]);
    expect(offer("remise-femmes", { offer: 3 })[0]).toMatch(
      /^refused: rule "remise-femmes": no offer may depend on a customer's sex \(articles 225-1 and 225-2/,
    );
    expect(offer("habitants", { offer: 3 })[0]).toContain("place of residence");
    expect(offer("remise-femmes", { weekdays: [1] })).toEqual([]);
    expect(offer("hommage", { offer: 3 })).toEqual([]);
  });

  it("warns of what a function or an offer tells customers of whom it is for", () => {
    const of = points({ id: "p", earn: { per: "visit", points: 1 } });
    const said = (says: string) => found([of, bonus({ id: "b", of: "p", gives: { says, earn: () => 1 } })]);
    expect(said("Dix points de plus pour les femmes")).toEqual([
      expect.stringMatching(/^warning: rule "b": "Dix .+ customer's sex, which no rule may; .+ \(articles 225-1 and/),
    ]);
    expect(said("Deux bouteilles : un point")).toEqual([]);
    const opened = (label: string) =>
      found([
        stamps({ id: "s", grid: 10, reward: { kind: "offer", label, offer: 3, days: 30 } }),
        discount({ id: "d", off: { rate: 500 }, when: { offer: 3 } }),
      ]);
    expect(opened("Remise des habitants")).toEqual([expect.stringContaining("place of residence")]);
    expect(opened("Remise du mois")).toEqual([]);
    expect(
      found([
        of,
        club({ id: "k", fee: 2_000 }),
        bonus({ id: "b", of: "p", gives: { says: "Un café offert", earn: () => 1 } }),
      ]),
    ).toEqual([expect.stringMatching(/^warning: "Un café offert" promises something free/)]);
  });

  it("warns of a gift that is called free where there is a fee, in French or English", () => {
    const called = (label: string, fee: number) =>
      found([club({ id: "k", fee }), stamps({ id: "s", grid: 10, reward: { kind: "gift", label, value: 100 } })]);
    for (const label of ["Pain offert", "Boissons offertes", "Café gratuit", "À titre gracieux", "Free bread"]) {
      expect(called(label, 2_000)[0], label).toMatch(
        /^warning: ".+" promises something free, .+ \(.+2005\/29\/EC, annex I, point 20\)$/,
      );
      expect(called(label, 0), label).toEqual([]);
    }
    expect(called("Offre de rentrée", 2_000)).toEqual([]);
  });

  it("warns of dates after the years that time zones are known for, wherever they stand", () => {
    const off = (until: string) => found([discount({ id: "d", off: { rate: 500 }, when: { until } })]);
    expect(off("2046-01-01")).toEqual([
      expect.stringMatching(
        /^warning: rule "d": when.until is 2046-01-01, and time zones are known to the end of 2045: .+winter time/,
      ),
    ]);
    expect(off("2045-12-31")).toEqual([]);
    const through = { through: "2050-06-30", reason: "longue" } as const;
    expect(found([cagnotte({ id: "c", rate: 500, validity: through })])).toEqual([
      expect.stringMatching(/^warning: rule "c": validity.through is 2050-06-30/),
    ]);
  });

  it("warns of items that are counted and excluded", () => {
    const counting = stamps({
      id: "s",
      grid: 10,
      count: { per: "item", category: "pain" },
      reward: { kind: "gift", label: "Pain", value: 100 },
    });
    expect(found([counting], { exclude: ["pain"] })[0]).toMatch(
      /items of "pain" give nothing, exclude leaves them out/,
    );
    expect(found([counting], { exclude: ["tabac"] })).toEqual([]);
  });
});
