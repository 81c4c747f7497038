import { bonus, cagnotte, euros, multiplier, percent, programme } from "@cachet/firmware/rules";

/**
 * For a town whose supermarket takes part: it brings visits and gives 2 %, and what is saved is spent at the independents.
 * The independents give 5 %; a first visit brings 2 euros, paid by the association.
 */
export default programme({
  number: 114,
  version: 1,
  name: "Carte Ville et Grande Surface",
  scope: "town",
  merchants: {
    1: { name: "Boulangerie du Marché", role: "earn-and-spend" },
    2: { name: "Librairie des Halles", role: "earn-and-spend" },
    3: { name: "Fleurs de la Place", role: "earn-and-spend" },
    9: { name: "Supermarché de la Rocade", role: "earn-only" },
  },
  exclude: ["tabac", "carburant", "carte-cadeau"],
  roundingStage: "end",
  // What a refund takes back and was spent since comes off the money that goes back.
  spentPolicy: "deduct-from-refund",
  // A copied card takes at most 50 euros at each till before the office sees it.
  offlineCap: euros(50),
  rules: [
    cagnotte({
      id: "cagnotte",
      rate: percent(2),
      rounding: "floor",
      basis: "net",
      pays: "tender",
      balanceMax: euros(300),
      validity: { months: 18 },
    }),
    // 2 % times 2.5: what an independent gives.
    multiplier({ id: "independants", of: "cagnotte", permille: 2_500, when: { merchants: [1, 2, 3] } }),
    bonus({ id: "bienvenue", of: "cagnotte", gives: euros(2), funder: "association", when: { first: true } }),
  ],
});
