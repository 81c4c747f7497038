import { discount, euros, percent, programme, stamps } from "@cachet/firmware/rules";

/**
 * For a bakery: many small visits, which a grid of ten turns into one more.
 * From 18:30 on, what is left of the day's bread goes at 30 % off instead of being thrown away.
 */
export default programme({
  number: 101,
  version: 1,
  name: "Carte Boulangerie",
  scope: "shop",
  merchants: { 1: { name: "Boulangerie du Marché", role: "earn-and-spend" } },
  exclude: ["presse"],
  rules: [
    stamps({
      id: "grille",
      minimum: { kind: "reaches", amount: euros(3), of: "running" },
      grid: 10,
      reward: { kind: "gift", label: "Assortiment de viennoiseries", value: euros(8) },
    }),
    discount({
      id: "pain-du-soir",
      off: { rate: percent(30) },
      categories: ["pain"],
      // Minutes of the day: 18:30 to midnight.
      when: { hours: { from: 1_110, to: 1_440 } },
    }),
  ],
});
