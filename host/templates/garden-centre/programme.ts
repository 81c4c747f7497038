import { cents, euros, localDate, multiplier, points, programme, pts, tiers } from "@cachet/firmware/rules";

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
  roundingStage: "end",
  // What a refund takes back and was spent since comes off the money that goes back.
  spentPolicy: "deduct-from-refund",
  // A copied card takes at most 50 euros at each till before the office sees it.
  offlineCap: euros(50),
  rules: [
    points({
      id: "points",
      earn: { per: "amount", cents: euros(1), points: pts(1), groups: "whole" },
      redeem: { points: pts(250), cents: euros(5) },
      rounding: "floor",
      basis: "net",
      pays: "discount",
      validity: { months: 12, round: "month" },
      gifts: [
        { id: "terreau", label: "Sac de terreau 40 L", points: pts(500), value: euros(9) },
        { id: "secateur", label: "Sécateur", points: pts(1_200), value: euros(24) },
      ],
    }),
    multiplier({
      id: "printemps",
      of: "points",
      permille: 2_000,
      categories: ["plante"],
      when: { from: localDate("2027-03-20"), until: localDate("2027-06-21") },
    }),
    tiers({
      id: "statut",
      of: ["points"],
      window: "year",
      crossing: "before",
      levels: [
        { name: "Jardinier", from: cents(0), permille: 1_000 },
        { name: "Main verte", from: euros(300), permille: 1_250 },
      ],
      review: { on: "12-31", graceDays: 31, down: "one" },
    }),
  ],
});
