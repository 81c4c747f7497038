import { bonus, cagnotte, euros, multiplier, percent, programme } from "@cachet/firmware/rules";

/**
 * For a restaurant: 5 % of the meal is saved up, wine and other alcohol left out, and never a cent of a tip.
 * Weekday lunches count double; around the birthday the card gets 10 euros, once a year.
 */
export default programme({
  number: 111,
  version: 1,
  name: "Carte Gourmande",
  scope: "shop",
  merchants: { 1: { name: "Restaurant du Vieux Pont", role: "earn-and-spend" } },
  exclude: ["alcool"],
  roundingStage: "end",
  // What a refund takes back and was spent since comes off the money that goes back.
  spentPolicy: "deduct-from-refund",
  // A copied card takes at most 60 euros at each till before the office sees it.
  offlineCap: euros(60),
  rules: [
    cagnotte({
      id: "cagnotte",
      rate: percent(5),
      rounding: "floor",
      basis: "net",
      balanceMax: euros(200),
      pays: "discount",
      redeemMin: euros(10),
      redeemShareMax: percent(50),
      validity: { months: 12 },
    }),
    multiplier({
      id: "midi",
      of: "cagnotte",
      permille: 2_000,
      // Monday to Friday, minutes of the day: noon to 14:00.
      when: { weekdays: [1, 2, 3, 4, 5], hours: { from: 720, to: 840 } },
    }),
    bonus({
      id: "anniversaire",
      of: "cagnotte",
      gives: euros(10),
      when: { birthday: { before: 7, after: 7, leap: "28-february" } },
      limit: { times: 1, per: "year", purse: 0 },
    }),
  ],
});
