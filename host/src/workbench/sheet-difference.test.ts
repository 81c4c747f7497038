import { describe, expect, it } from "vitest";
import { bonus, cagnotte, type Programme, percent, programme, stamps } from "../../../firmware/src/rules/plain.ts";
import { sheetDifference } from "./sheet-difference.ts";

const of = (rate: number, ...more: Programme["rules"]): Programme =>
  programme({
    number: 20,
    version: 1,
    name: "Ville",
    scope: "town",
    merchants: { 1: { name: "Fleurs", role: "earn-and-spend" } },
    rules: [cagnotte({ id: "cagnotte", rate }), ...more],
  });

describe("what changes for customers", () => {
  it("is nothing from a programme to itself", () => {
    expect(sheetDifference(of(percent(5)), of(percent(5)), "fr")).toEqual([]);
  });

  it("is told by the sentences before and now, under their heading", () => {
    const [change, ...others] = sheetDifference(of(percent(5)), of(percent(3)), "en");
    expect(others).toEqual([]);
    expect(change).toEqual({
      heading: "Cagnotte",
      before: ["5% of what counts goes to the cagnotte."],
      now: ["3% of what counts goes to the cagnotte."],
    });
  });

  it("has rules that come and go", () => {
    const grid = stamps({ id: "grille", grid: 10, reward: { kind: "gift", label: "Bouquet", value: 900 } });
    const welcome = bonus({ id: "bienvenue", of: "cagnotte", gives: 200, when: { first: true } });
    const more = sheetDifference(of(percent(5)), of(percent(5), grid, welcome), "fr");
    expect(more.flatMap(({ before }) => before)).toEqual([]);
    expect(JSON.stringify(more)).toMatch(/Bouquet/);
    expect(JSON.stringify(more)).toMatch(/2,00/);
    const less = sheetDifference(of(percent(5), grid, welcome), of(percent(5)), "fr");
    expect(less.map(({ heading, before, now }) => ({ heading, before: now, now: before }))).toEqual(more);
  });
});
