import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ruleLines } from "./rule-words.ts";

describe("a rule in few words", () => {
  it.each([
    [
      { kind: "stamps", grid: 10, count: { per: "visit" }, reward: { label: "Bouquet" }, minimum: { amount: 500 } },
      ["10 passages : Bouquet (dès 5,00 €)"],
      ["10 visits: Bouquet (from €5.00)"],
    ],
    [
      { kind: "stamps", grid: 6, count: { per: "item", category: "pain" }, reward: { label: "Pain" } },
      ["6 articles pain : Pain"],
      ["6 items pain: Pain"],
    ],
    [
      { kind: "cagnotte", rate: 350, when: {} },
      ["Cagnotte : 3,5 % de l'achat (sous conditions)"],
      ["Balance: 3.5% of the purchase (on conditions)"],
    ],
    [
      {
        kind: "points",
        unitName: "points",
        earn: { per: "amount", cents: 100, points: 1 },
        redeem: { points: 100, cents: 500 },
        gifts: [{ label: "Mug", points: 250 }],
      },
      ["1 point par 1,00 €", "100 points = 5,00 €", "250 points = Mug"],
      ["1 point per €1.00", "100 points = €5.00", "250 points = Mug"],
    ],
    [
      { kind: "points", unitName: "minute", earn: { per: "visit", points: 5 }, redeem: null, gifts: [] },
      ["5 minutes par passage"],
      ["5 minute per visit"],
    ],
    [
      { kind: "prepaid", bonus: { bands: [{ from: 5_000, rate: 1_000 }] } },
      ["Compte prépayé : RECHARGE, puis il paie tout seul", "Recharge dès 50,00 € : 10 % offerts"],
      ["Prepaid account: TOP-UP, then it pays by itself", "Top-up from €50.00: 10% on top"],
    ],
    [
      { kind: "units", unitName: "séance", packs: [{ units: 10, price: 9_000 }] },
      ["10 séances = 90,00 €"],
      ["10 séance = €90.00"],
    ],
    [{ kind: "discount", off: { rate: 1_000 } }, ["Remise 10 %"], ["Discount 10%"]],
    [{ kind: "discount", off: { cents: 250 } }, ["Remise 2,50 €"], ["Discount €2.50"]],
    [
      { kind: "multiplier", permille: 1_500, when: {} },
      ["Gains x1,5 (sous conditions)"],
      ["Earnings x1.5 (on conditions)"],
    ],
    [{ kind: "tiers", levels: [{ name: "Or", from: 20_000 }] }, ["Statut Or dès 200,00 €"], ["Status Or from €200.00"]],
    [{ kind: "club", fee: 3_000, months: 12 }, ["Adhésion 30,00 € pour 12 mois"], ["Membership €30.00 for 12 months"]],
    [{ kind: "challenge", distinct: 5 }, ["Défi : 5 commerces visités"], ["Challenge: 5 shops visited"]],
    [{ kind: "draw", cents: 1_000 }, ["Tirage : une participation par 10,00 €"], ["Draw: one entry per €10.00"]],
    [{ kind: "parking", minutes: 60 }, ["Stationnement : 60 min offertes"], ["Parking: 60 min free"]],
    [{ kind: "bonus" }, ["Bonus"], ["Bonus"]],
    [{ kind: "referral" }, ["Parrainage d'un nouveau client"], ["A new customer is recommended"]],
    [{ kind: "cap" }, [], []],
    [{ kind: "of a newer app" }, [], []],
  ])("%j", (rule, french, english) => {
    expect(ruleLines(rule, "fr")).toEqual(french);
    expect(ruleLines(rule, "en")).toEqual(english);
  });

  it("says something, or nothing, of whatever comes as a rule", () => {
    const kinds = fc.constantFrom("stamps", "points", "prepaid", "units", "discount", "tiers", "club", "multiplier");
    const any = fc.anything({ maxDepth: 2 });
    const rule = fc.record({
      kind: kinds,
      earn: any,
      off: any,
      levels: any,
      packs: any,
      bonus: any,
      reward: any,
      gifts: any,
      unitName: any,
      permille: any,
      minimum: any,
      when: any,
    });
    fc.assert(
      fc.property(rule, (one) => {
        for (const line of [...ruleLines(one, "fr"), ...ruleLines(one, "en")]) expect(typeof line).toBe("string");
      }),
    );
  });
});
