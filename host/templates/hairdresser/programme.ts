import { euros, percent, prepaid, programme } from "@cachet/firmware/rules";

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
  offlineCap: euros(150),
  rules: [
    prepaid({
      id: "compte",
      balanceMax: euros(300),
      topUpMin: euros(20),
      topUpMax: euros(200),
      spendFirst: "bonus",
      suggestBelow: euros(20),
      bonus: {
        bands: [
          { from: euros(50), rate: percent(10) },
          { from: euros(100), rate: percent(12), reason: "voulu pour les grandes recharges" },
        ],
        counts: "whole",
        purse: 0,
        rounding: "floor",
        validity: { months: 12 },
        lots: 2,
        funder: "merchant",
      },
    }),
  ],
});
