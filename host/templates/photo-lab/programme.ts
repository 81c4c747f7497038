import { discount, euros, percent, programme, units } from "@cachet/firmware/rules";

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
        { units: 50, price: euros(9) },
        { units: 200, price: euros(30) },
      ],
      bonusRate: percent(10),
      spendFirst: "bonus",
    }),
    discount({
      id: "albums",
      off: { cents: euros(5) },
      categories: ["album"],
      when: { basket: { kind: "reaches", amount: euros(40) } },
    }),
  ],
});
