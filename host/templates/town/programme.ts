import {
  cagnotte,
  cap,
  challenge,
  draw,
  euros,
  localDate,
  multiplier,
  percent,
  programme,
} from "@cachet/firmware/rules";

/**
 * For a town's association of shops: 5 % saved up anywhere, spent at any member, double on Thursdays.
 * Before Christmas, three different shops bring 5 euros, and every 10 euros an entry of the draw.
 */
export default programme({
  number: 113,
  version: 1,
  name: "Carte de Ville",
  scope: "town",
  merchants: {
    1: { name: "Boulangerie du Marché", role: "earn-and-spend" },
    2: { name: "Librairie des Halles", role: "earn-and-spend" },
    3: { name: "Fleurs de la Place", role: "earn-and-spend" },
    4: { name: "Fromagerie du Centre", role: "earn-and-spend" },
    5: { name: "Chaussures de la Grand-Rue", role: "earn-and-spend" },
  },
  exclude: ["tabac", "presse", "carte-cadeau"],
  roundingStage: "end",
  // What a refund takes back and was spent since comes off the money that goes back.
  spentPolicy: "deduct-from-refund",
  // A copied card takes at most 30 euros at each till before the office sees it.
  offlineCap: euros(30),
  rules: [
    // The fraction of a cent stays on the card: small baskets lose nothing.
    cagnotte({
      id: "cagnotte",
      rate: percent(5),
      rounding: "carry",
      basis: "net",
      pays: "tender",
      balanceMax: euros(300),
    }),
    multiplier({ id: "jeudi", of: "cagnotte", permille: 2_000, when: { weekdays: [4] } }),
    cap({ id: "plafond-jour", of: "cagnotte", per: "day", most: euros(20) }),
    challenge({
      id: "defi-noel",
      of: "cagnotte",
      gives: euros(5),
      distinct: 3,
      when: { from: localDate("2027-12-01"), until: localDate("2027-12-25") },
    }),
    draw({
      id: "tombola",
      cents: euros(10),
      entriesMax: 20,
      when: { from: localDate("2027-12-01"), until: localDate("2027-12-25") },
    }),
  ],
});
