import { euros, programme, units } from "@cachet/firmware/rules";

/**
 * For a copy shop: copies paid in advance, counted off one by one.
 * The larger the pack, the cheaper the copy; nothing is given on top, so nothing is lost when a card is closed.
 */
export default programme({
  number: 110,
  version: 1,
  name: "Carte Copies",
  scope: "shop",
  merchants: { 1: { name: "Papeterie de l'Université", role: "earn-and-spend" } },
  rules: [
    units({
      id: "copies",
      unitName: "copie",
      packs: [
        { units: 100, price: euros(8) },
        { units: 500, price: euros(35) },
      ],
    }),
  ],
});
