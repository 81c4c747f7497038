import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { mediaReport, type Programme, programme, programmeFaults, stamps } from "../../../firmware/src/rules/plain.ts";
import { differenceText, ExampleFault, readExamples, runExamples } from "./examples.ts";
import { limitsOf, limitText } from "./limits.ts";
import { readingsOf, readingText } from "./readings.ts";

const FOLDER = new URL("../../templates/", import.meta.url);
const NAMES = readdirSync(fileURLToPath(FOLDER)).sort();
const TRADES = ["bakery", "dry-cleaner", "fast-food", "florist", "garden-centre"];
const ALL = [
  ...TRADES,
  ...["gym", "hairdresser", "home-equipment", "photo-lab", "photocopies", "restaurant"],
  ...["supermarket-partner", "town", "video-rental"],
].sort();

const sourceOf = (name: string, file: string): string => readFileSync(new URL(`${name}/${file}`, FOLDER), "utf8");
const examplesOf = (name: string) => readExamples(JSON.parse(sourceOf(name, "examples.json")));
async function programmeOf(name: string): Promise<Programme> {
  const loaded: { readonly default: Programme } = await import(new URL(`${name}/programme.ts`, FOLDER).href);
  return loaded.default;
}

describe.each(ALL)("template %s", (name) => {
  it("has no fault, and fits on a card that can be bought", async () => {
    const loaded = await programmeOf(name);
    expect(programmeFaults(loaded)).toEqual([]);
    const [report] = mediaReport([loaded]).programmes;
    expect(report!.faults).toEqual([]);
    expect(report!.usable.length).toBeGreaterThan(0);
  });

  it("leaves nothing open, and nothing that the law or common sense minds", async () => {
    const loaded = await programmeOf(name);
    expect(readingsOf(loaded).map(readingText)).toEqual([]);
    expect(limitsOf(loaded).map(limitText)).toEqual([]);
  });

  it("comes out as its examples say", async () => {
    expect(runExamples(await programmeOf(name), examplesOf(name)).map(differenceText)).toEqual([]);
    expect(examplesOf(name).length).toBeGreaterThanOrEqual(3);
  });

  it("says in two lines what it is for, and imports the language alone", () => {
    const source = sourceOf(name, "programme.ts");
    expect(source).toMatch(
      /^import \{[\w,\s]+\} from "@cachet\/firmware\/rules";\n\n\/\*\*\n \* For .+\n \* .+\n \*\/\nexport default/,
    );
    expect([...source.matchAll(/^import /gm)]).toHaveLength(1);
  });
});

describe("the templates together", () => {
  it("are the ones that are announced, each with a number of its own", async () => {
    expect(NAMES).toEqual(ALL);
    const numbers = await Promise.all(ALL.map(async (name) => (await programmeOf(name)).number));
    expect(new Set(numbers).size).toBe(ALL.length);
  });
});

describe("examples", () => {
  const grid = (count: number) =>
    programme({
      ...{ number: 1, version: 1, name: "Essai", scope: "shop" },
      merchants: { 1: { name: "Un", role: "earn-and-spend" } },
      rules: [stamps({ id: "grille", grid: count, reward: { kind: "gift", label: "Pain", value: 100 } })],
    });
  const sale = { type: "sale", lines: [{ amount: 500 }] };
  const tenth = (expect: object) => [{ title: "dixième", card: { grille: 9 }, events: [sale], expect: [expect] }];

  it("names every word that came out otherwise, and asks nothing about the others", () => {
    const examples = readExamples(tenth({ stamps: { grille: 1 }, rewards: { grille: 1 }, card: { grille: 0 } }));
    expect(runExamples(grid(10), examples)).toEqual([]);
    expect(runExamples(grid(11), examples).map(differenceText)).toEqual([
      'dixième, event 1: rewards is {}, the example says {"grille":1}',
      'dixième, event 1: card is {"grille":10}, the example says {"grille":0}',
    ]);
    expect(runExamples(grid(10), readExamples(tenth({ rewards: {} })))).toHaveLength(1);
    expect(runExamples(grid(10), readExamples(tenth({ skipped: { grille: "COOLDOWN" } })))).toHaveLength(1);
    expect(runExamples(grid(10), readExamples(tenth({ stamps: { grille: 1, autre: 1 } })))).toHaveLength(1);
  });

  it("says so where an example cannot be played", () => {
    const [difference] = runExamples(grid(10), readExamples([{ ...tenth({ payable: 1 })[0], card: { autre: 1 } }]));
    expect(differenceText(difference!)).toMatch(/^dixième: events is "autre: no rule of this name/);
  });

  it.each([
    ["no list", {}, "a list"],
    ["an empty list", [], "a list"],
    ["a text", ["x"], "example 1 must be an object"],
    ["no title", [{}], "example 1: title"],
    ["a field that nobody knows", [{ ...tenth({ payable: 1 })[0], cards: {} }], '"cards"'],
    ["a card that is none", [{ ...tenth({ payable: 1 })[0], card: 3 }], "card must be"],
    ["no events", [{ ...tenth({ payable: 1 })[0], events: [] }], "events must be"],
    ["an answer too few", [{ ...tenth({ payable: 1 })[0], expect: [] }], "each of the 1 events"],
    ["an answer that says nothing", tenth({}), "expect[0] must say something"],
    ["a word that nobody knows", tenth({ earnt: {} }), 'nothing is called "earnt"'],
  ])("refuses %s", (_, given, said) => {
    expect(() => readExamples(given)).toThrow(ExampleFault);
    expect(() => readExamples(given)).toThrow(said);
  });
});
