import { club, discount, euros, percent, programme, units } from "@cachet/firmware/rules";

/**
 * For a gym: sessions bought in packs, one more for every ten, used one by one at the door.
 * Members of the club, who pay a fee each year, get 10 % off drinks and equipment.
 */
export default programme({
  number: 107,
  version: 1,
  name: "Carte Salle de Sport",
  scope: "shop",
  merchants: { 1: { name: "Salle du Stade", role: "earn-and-spend" } },
  rules: [
    units({
      id: "seances",
      unitName: "séance",
      packs: [
        { units: 10, price: euros(250) },
        { units: 20, price: euros(480) },
      ],
      bonusRate: percent(10),
      spendFirst: "bonus",
    }),
    club({ id: "adhesion", fee: euros(30), months: 12 }),
    discount({
      id: "remise-membre",
      off: { rate: percent(10) },
      categories: ["boisson", "equipement"],
      when: { memberOf: "adhesion" },
    }),
  ],
});
