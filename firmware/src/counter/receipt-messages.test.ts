import { describe, expect, it } from "vitest";
import { fr, pluralOf } from "./receipt-messages-fr.ts";

describe("counted things", () => {
  it.each([
    ["séance", "séances"],
    ["séances", "séances"],
    ["cours", "cours"],
    ["prix", "prix"],
    ["jeu", "jeux"],
    ["gâteau", "gâteaux"],
    ["séance guidée", "séances guidées"],
    ["séance de sport", "séances de sport"],
    ["coupe d'essai", "coupes d'essai"],
  ])("several of %s are %s", (name, plural) => expect(pluralOf(name)).toBe(plural));

  it("none and one are said in the singular, two in the plural", () => {
    expect([0, 1, 2].map((value) => fr.counted(value, "séance"))).toEqual(["0 séance", "1 séance", "2 séances"]);
    expect([1, 2].map((value) => fr.counted(value, "points"))).toEqual(["1 point", "2 points"]);
  });
});
