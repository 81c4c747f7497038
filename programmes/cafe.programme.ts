import { prepaid, programme, stamps } from "@cachet/firmware/rules";

/** A café's own programme: money paid in beforehand pays by itself, and the eleventh coffee is free. */
export default programme({
  number: 12,
  version: 1,
  name: "Café de la Gare",
  scope: "shop",
  merchants: { 4: { name: "Café de la Gare", role: "earn-and-spend" } },
  // A copied card takes at most 20 euros at each till before the office sees it.
  offlineCap: 2000,
  rules: [
    prepaid({ id: "compte", balanceMax: 5000, topUpMin: 500, topUpMax: 5000 }),
    stamps({
      id: "cafes",
      count: { per: "item", category: "cafe" },
      grid: 10,
      reward: { kind: "free-item", label: "Café offert", category: "cafe" },
    }),
  ],
});
