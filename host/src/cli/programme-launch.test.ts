import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readPurchaseList } from "../workbench/purchase-list.ts";
import { samplePurchases } from "../workbench/sample-purchases.ts";
import { simulate } from "../workbench/simulate.ts";
import { goodProgramme } from "./programme-file.ts";
import { launched } from "./programme-launch.ts";
import { TEMPLATES, templateFile } from "./programme-templates.ts";

describe.each(TEMPLATES.map(({ name }) => name))("the template %s", (name) => {
  const path = templateFile(name, "programme.ts");

  it("is launched under another number and name, and nothing else of it changes", async () => {
    const source = readFileSync(path, "utf8");
    const { number, name: own } = await goodProgramme(path);
    const other = launched(source, { number: 65_535, name: 'A "$1" \\ b' });
    expect(other).toContain('  number: 65535,\n  version: 1,\n  name: "A \\"$1\\" \\\\ b",\n');
    expect(launched(other, { number, name: own })).toBe(source);
  });

  it("can be simulated with invented purchases", async () => {
    const programme = await goodProgramme(path);
    const merchants = Object.keys(programme.merchants).map(Number);
    const { purchases } = readPurchaseList(samplePurchases({ basketCents: 2_000, visits: 1, merchants }, 2_027))!;
    const { totals, unlisted } = simulate(programme, purchases, {
      redeeming: { fromCents: 500 },
      merchant: merchants[0]!,
    });
    expect(totals.visits).toBe(purchases.length);
    expect(unlisted.purchases).toBe(0);
  });
});
