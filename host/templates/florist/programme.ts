import { euros, programme, stamps } from "@cachet/firmware/rules";

/**
 * For a florist: a bouquet on the tenth visit of 3 euros or more, given on that very visit.
 * An hour must lie between two stamps, so that one purchase in three tickets is one visit.
 */
export default programme({
  number: 103,
  version: 1,
  name: "Carte Bouquet",
  scope: "shop",
  merchants: { 1: { name: "Fleurs de la Place", role: "earn-and-spend" } },
  rules: [
    stamps({
      id: "bouquet",
      minimum: { kind: "reaches", amount: euros(3) },
      cooldownMinutes: 60,
      grid: 10,
      reward: { kind: "gift", label: "Bouquet offert", value: euros(12) },
    }),
  ],
});
