import { discount, percent, programme, units } from "@cachet/firmware/rules";

/**
 * For a photo lab: prints bought in packs, a tenth more on top, used as the pictures come.
 * From 40 euros of albums and frames on, 5 euros off the albums at once.
 */
export default programme({
  number: 109,
  version: 1,
  name: "Carte Tirages",
  scope: "shop",
  merchants: { 1: { name: "Labo Photo du Centre", role: "earn-and-spend" } },
  rules: [
    units({
      id: "tirages",
      unitName: "tirage",
      packs: [
        { units: 50, price: 900 },
        { units: 200, price: 3_000 },
      ],
      bonusRate: percent(10),
    }),
    discount({
      id: "albums",
      off: { cents: 500 },
      categories: ["album"],
      when: { basket: { kind: "reaches", amount: 4_000 } },
    }),
  ],
});
