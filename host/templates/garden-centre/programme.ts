import { multiplier, points, programme, tiers } from "@cachet/firmware/rules";

/**
 * For a garden centre: a point for each euro, for money off or gifts of a catalogue; plants count double in spring.
 * Who spends 300 euros in a year earns a quarter more. Renew the dates of the season each year, with a new version.
 */
export default programme({
  number: 105,
  version: 1,
  name: "Carte Jardin",
  scope: "shop",
  merchants: { 1: { name: "Jardinerie des Bords de Loire", role: "earn-and-spend" } },
  exclude: ["carte-cadeau"],
  // A copied card takes at most 50 euros at each till before the office sees it.
  offlineCap: 5_000,
  rules: [
    points({
      id: "points",
      earn: { per: "amount", cents: 100, points: 1, groups: "whole" },
      redeem: { points: 250, cents: 500 },
      pays: "discount",
      validity: { months: 12, round: "month" },
      gifts: [
        { id: "terreau", label: "Sac de terreau 40 L", points: 500, value: 900 },
        { id: "secateur", label: "Sécateur", points: 1_200, value: 2_400 },
      ],
    }),
    multiplier({
      id: "printemps",
      of: "points",
      permille: 2_000,
      categories: ["plante"],
      when: { from: "2027-03-20", until: "2027-06-21" },
    }),
    tiers({
      id: "statut",
      of: ["points"],
      window: "year",
      levels: [
        { name: "Jardinier", from: 0, permille: 1_000 },
        { name: "Main verte", from: 30_000, permille: 1_250 },
      ],
      review: { on: "12-31", graceDays: 31, down: "one" },
    }),
  ],
});
