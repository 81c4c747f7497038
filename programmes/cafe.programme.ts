import { euros, prepaid, programme, stamps } from "@cachet/firmware/rules";

/** A café's own programme: money paid in beforehand pays by itself, and the eleventh coffee is free. */
export default programme({
  number: 12,
  version: 1,
  name: "Café de la Gare",
  scope: "shop",
  merchants: { 4: { name: "Café de la Gare", role: "earn-and-spend" } },
  // A copied card takes at most 20 euros at each till before the office sees it.
  offlineCap: euros(20),
  rules: [
    prepaid({ id: "compte", balanceMax: euros(50), topUpMin: euros(5), topUpMax: euros(50) }),
    stamps({
      id: "cafes",
      count: { per: "item", category: "cafe" },
      grid: 10,
      onZeroPayable: true,
      reward: { kind: "free-item", label: "Café offert", category: "cafe" },
    }),
  ],
});
