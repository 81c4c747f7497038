import { basisPoints, percent, prepaid, programme } from "@cachet/firmware/rules";

/**
 * For a hairdresser: an account paid in advance that pays each visit by itself, with a bonus on larger top-ups.
 * What was paid in is the customer's and is given back on request; the bonus lasts a year and is not.
 */
export default programme({
  number: 106,
  version: 1,
  name: "Compte Coiffure",
  scope: "shop",
  merchants: { 1: { name: "Salon des Halles", role: "earn-and-spend" } },
  // A copied card takes at most 150 euros at each till before the office sees it.
  offlineCap: 15_000,
  rules: [
    prepaid({
      id: "compte",
      balanceMax: 30_000,
      topUpMin: 2_000,
      topUpMax: 20_000,
      suggestBelow: 2_000,
      bonus: {
        bands: [
          { from: 5_000, rate: percent(10) },
          { from: 10_000, rate: basisPoints(1_200) },
        ],
        purse: 0,
        rounding: "floor",
        validity: { months: 12 },
        lots: 2,
        funder: "merchant",
      },
    }),
  ],
});
