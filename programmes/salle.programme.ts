import { cents, euros, percent, points, programme, pts, units } from "@cachet/firmware/rules";

/** A gym's own programme: sessions bought in packs, and a point for each euro of drinks and equipment. */
export default programme({
  number: 13,
  version: 1,
  name: "Salle du Stade",
  scope: "shop",
  merchants: { 5: { name: "Salle du Stade", role: "earn-and-spend" } },
  spentPolicy: "deduct-from-refund",
  rules: [
    units({
      id: "seances",
      unitName: "séance",
      packs: [
        { units: 1, price: euros(12) },
        { units: 10, price: euros(100) },
      ],
      bonusRate: percent(10),
      spendFirst: "bonus",
    }),
    points({
      id: "points",
      earn: { per: "amount", cents: cents(100), points: pts(1), groups: "exact" },
      rounding: "carry",
      gifts: [{ id: "barre", label: "Barre offerte", points: pts(20), value: euros(2) }],
    }),
  ],
});
