import { euros, programme, stamps } from "@cachet/firmware/rules";

/** A bakery's own programme: the tenth visit of 3 euros or more gives a bouquet of viennoiseries. */
export default programme({
  number: 11,
  version: 1,
  name: "Boulangerie du Marché",
  scope: "shop",
  merchants: { 1: { name: "Boulangerie du Marché", role: "earn-and-spend" } },
  rules: [
    stamps({
      id: "grille",
      minimum: { kind: "reaches", amount: euros(3) },
      grid: 10,
      reward: { kind: "gift", label: "Assortiment offert", value: euros(8) },
    }),
  ],
});
