import { discount, euros, percent, programme, units } from "@cachet/firmware/rules";

/**
 * For a video rental shop: rentals bought in packs, one more for every ten.
 * A rental paid singly costs a fifth less from Monday to Thursday, when the shop is quiet.
 */
export default programme({
  number: 108,
  version: 1,
  name: "Carte Vidéo",
  scope: "shop",
  merchants: { 1: { name: "Vidéo Club du Port", role: "earn-and-spend" } },
  rules: [
    units({
      id: "locations",
      unitName: "location",
      packs: [
        { units: 10, price: euros(30) },
        { units: 20, price: euros(56) },
      ],
      bonusRate: percent(10),
      spendFirst: "bonus",
    }),
    discount({
      id: "semaine",
      off: { rate: percent(20) },
      categories: ["location"],
      when: { weekdays: [1, 2, 3, 4] },
    }),
  ],
});
