import { cagnotte, percent, programme } from "@cachet/firmware/rules";

/** A town's common programme: 5 % anywhere, spent at any member; nobody loses the fractions of a cent. */
export default programme({
  number: 20,
  version: 1,
  name: "Ville commerçante",
  scope: "town",
  merchants: {
    1: { name: "Boulangerie du Marché", role: "earn-and-spend" },
    2: { name: "Librairie des Halles", role: "earn-and-spend" },
    3: { name: "Fleurs de la Place", role: "earn-and-spend" },
  },
  exclude: ["tobacco"],
  // What a refund takes back and was spent since comes off the money that goes back.
  spentPolicy: "deduct-from-refund",
  rules: [cagnotte({ id: "cagnotte", rate: percent(5), rounding: "carry", basis: "net", pays: "tender" })],
});
