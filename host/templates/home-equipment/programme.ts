import { cagnotte, cap, euros, percent, programme } from "@cachet/firmware/rules";

/**
 * For furniture, household goods and clothes: 3 % of each ticket of 20 euros or more is saved up for the next one.
 * Made for few and large purchases: letters tell customers what they hold, and one ticket earns at most 150 euros.
 */
export default programme({
  number: 112,
  version: 1,
  name: "Carte Maison",
  scope: "shop",
  merchants: { 1: { name: "Maison et Confort", role: "earn-and-spend" } },
  exclude: ["livraison", "carte-cadeau"],
  // What was saved on a purchase that is brought back, and spent since, comes off the money that goes back.
  spentPolicy: "deduct-from-refund",
  // A copied card takes at most 200 euros at each till before the office sees it.
  offlineCap: euros(200),
  rules: [
    cagnotte({
      id: "remise-cumulee",
      rate: percent(3),
      when: { basket: { kind: "reaches", amount: euros(20) } },
      rounding: "floor",
      basis: "net",
      balanceMax: euros(600),
      pays: "discount",
      redeemMin: euros(10),
      validity: { months: 24 },
    }),
    cap({ id: "plafond", of: "remise-cumulee", per: "visit", most: euros(150) }),
  ],
});
