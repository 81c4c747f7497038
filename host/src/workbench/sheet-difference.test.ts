import { describe, expect, it } from "vitest";
import {
  bonus,
  cagnotte,
  discount,
  type Programme,
  percent,
  programme,
  stamps,
} from "../../../firmware/src/rules/plain.ts";
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

  it("matches rules by their ids, whatever they are called beside others", () => {
    const off = (id: string, rate: number) => discount({ id, off: { rate } });
    const changes = sheetDifference(of(500, off("a", 500)), of(500, off("b", 1_000), off("a", 500)), "en");
    expect(changes.map(({ heading, before, now }) => [heading, before.length, now.length])).toEqual([
      ["Immediate discount “a”", 0, 1],
      ["Immediate discount “b”", 0, 4],
    ]);
    expect(changes[0]!.now[0]).toMatch(/1.*2/);
    const lower = sheetDifference(
      of(500, off("b", 1_000), off("a", 500)),
      of(500, off("a", 400), off("b", 1_000)),
      "en",
    );
    expect(lower.map(({ heading, before, now }) => [heading, before.length, now.length])).toEqual([
      ["Immediate discount “a”", 1, 1],
    ]);
    // The only one of its kind with another name is the same discount.
    expect(sheetDifference(of(500, off("a", 500)), of(500, off("z", 500)), "en")).toEqual([]);
    const both = [of(500, off("a", 500), off("b", 500)), of(500, off("c", 500), off("d", 500))] as const;
    expect(sheetDifference(...both, "en")).toHaveLength(4);
  });

  it("tells another name of the programme and another reach, and not its version", () => {
    const ville = of(500);
    const [change] = sheetDifference(ville, { ...ville, name: "Village", scope: "shop", version: 2 }, "fr");
    expect(change).toEqual({
      heading: "Le programme",
      before: ["Ville : les règles", "Programme commun à une ville."],
      now: ["Village : les règles", "Programme propre au commerce."],
    });
  });
});
