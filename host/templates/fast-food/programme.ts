import { cents, euros, programme, stamps } from "@cachet/firmware/rules";

/**
 * For fast food: ten menus paid, the next one offered, however many are bought at once.
 * A second grid of one case rewards the large ticket: more than 25 euros brings a dessert at once.
 */
export default programme({
  number: 102,
  version: 1,
  name: "Carte Menu",
  scope: "shop",
  merchants: { 1: { name: "Le Comptoir Rapide", role: "earn-and-spend" } },
  rules: [
    stamps({
      id: "menus",
      count: { per: "item", category: "menu" },
      grid: 10,
      reward: { kind: "free-item", label: "Menu offert", category: "menu" },
    }),
    stamps({
      id: "grand-ticket",
      purse: 1,
      minimum: { kind: "exceeds", amount: euros(25), of: "running" },
      grid: 1,
      reward: { kind: "gift", label: "Dessert offert", value: cents(350) },
    }),
  ],
});
