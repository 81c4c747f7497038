import { euros, programme, stamps } from "@cachet/firmware/rules";

/**
 * For a dry cleaner: ten garments cleaned bring one more, however many come in one bag.
 * Repairs and sales of products are no garments and are not counted.
 */
export default programme({
  number: 104,
  version: 1,
  name: "Carte Pressing",
  scope: "shop",
  merchants: { 1: { name: "Pressing de la Gare", role: "earn-and-spend" } },
  rules: [
    stamps({
      id: "vetements",
      count: { per: "item", category: "vetement" },
      grid: 10,
      excess: "carry",
      reward: { kind: "gift", label: "Nettoyage d'un vêtement offert", value: euros(9) },
    }),
  ],
});
