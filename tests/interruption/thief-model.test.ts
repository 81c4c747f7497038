import { describe, expect, it } from "vitest";
import { type Finding, findGains, type Options, type Start } from "./thief-model.ts";
import { REDUCTIONS, type Reduction, WITH_POWER_CUTS } from "./thief-normal-form.ts";
import { COUNTER, NTAG, ONE_AHEAD, type Rules, UNSAFE, withPowerCuts } from "./thief-rules.ts";

const STARTS: readonly Start[] = ["free", "opened"];
const SOAK = process.env.CACHET_SOAK === "1";
const MINUTES = 60_000;

const nothingGained = (depth: number): number[] => Array<number>(depth + 1).fill(0);

function told(name: string, { start, depth }: Options, { places, moves, worth, paths }: Finding): void {
  console.log(`${name}, ${start} area: ${places} places, ${moves} moves to depth ${depth}; worth ${worth.join(" ")}`);
  const first = paths.findIndex((path) => path !== null);
  if (first > 0) console.log(`  gains ${worth[first]} by:\n    ${paths[first]!.join("\n    ")}`);
}

function look(name: string, rules: Rules, options: Options): Finding {
  const finding = findGains(rules, options);
  told(name, options, finding);
  return finding;
}

describe("on chips with a one-way counter the holder gains nothing", () => {
  const full = SOAK ? 5 : 4;
  it.each(STARTS)(`every story to depth ${full}, nothing left out, %s area`, { timeout: 30 * MINUTES }, (start) => {
    const { worth } = look("P2, everything", COUNTER, { start, depth: full });
    expect(worth).toEqual(nothingGained(full));
  });

  const deep = SOAK ? 8 : 7;
  it.each(STARTS)(`every story to depth ${deep}, reduced, %s area`, { timeout: 60 * MINUTES }, (start) => {
    const { worth } = look("P2, reduced", COUNTER, { start, depth: deep, reductions: REDUCTIONS });
    expect(worth).toEqual(nothingGained(deep));
  });

  it.each(STARTS)("nor where terminals lose their power between journal entries, %s area", (start) => {
    const rules = withPowerCuts(COUNTER);
    expect(look("P2, power cuts, everything", rules, { start, depth: 3 }).worth).toEqual(nothingGained(3));
    const reduced = look("P2, power cuts, reduced", rules, { start, depth: 5, reductions: WITH_POWER_CUTS });
    expect(reduced.worth).toEqual(nothingGained(5));
  });

  it.each(STARTS)("nor over two days, so that the same sale has two new states, %s area", (start) => {
    expect(look("P2, two days, everything", COUNTER, { start, depth: 3, days: 2 }).worth).toEqual(nothingGained(3));
    const reduced = look("P2, two days, reduced", COUNTER, { start, depth: 4, days: 2, reductions: REDUCTIONS });
    expect(reduced.worth).toEqual(nothingGained(4));
  });

  it.each(STARTS)("nor if sequence counter + 1 is current, too: he can count by one himself, %s area", (start) => {
    const { worth } = look("sequence counter + 1", ONE_AHEAD, { start, depth: 5, reductions: REDUCTIONS });
    expect(worth).toEqual(nothingGained(5));
  });
});

/** How soon the holder gains where a rule is left out: moves and gain, from a fresh area and from one with five points. */
const SOONEST: Readonly<Record<keyof typeof UNSAFE, Readonly<Record<Start, readonly [number, number] | null>>>> = {
  "write, then one increment": { free: [2, 2], opened: [2, 5] },
  "no re-seal on top of an odd counter": { free: [2, 2], opened: [2, 5] },
  "cash back on reading": { free: [2, 2], opened: [2, 2] },
  "cash back after the re-seal, before the commit": { free: [2, 2], opened: [2, 2] },
  "goods in doubt on reading": { free: [4, 1], opened: [3, 3] },
  // An area that was opened before the story begins has no intents of its opening left.
  "a blank area is free at any counter": { free: [3, 1], opened: null },
  "a state that the terminal remembers is another intent's": { free: [3, 2], opened: [3, 2] },
  "the visit's own COMMIT before the others, and a power cut": { free: [4, 1], opened: [3, 3] },
  "the newest of the others first, and a power cut": { free: [4, 1], opened: [3, 3] },
};

const variants = Object.entries(UNSAFE) as [keyof typeof UNSAFE, Rules][];

describe("each rule is needed: without it the holder gains", () => {
  it.each(variants)("%s", (name, rules) => {
    for (const start of STARTS) {
      const { worth, paths } = look(name, rules, { start, depth: SOONEST[name][start]?.[0] ?? 3 });
      const at = worth.findIndex((gain) => gain > 0);
      expect(at < 0 ? null : [at, worth[at]], start).toEqual(SOONEST[name][start]);
      expect(paths.findLast((path) => path !== null)?.length ?? -1).toBe(at);
    }
  });
});

/** The reductions that may be used with a set of rules. */
function allowed({ doubt }: Rules): readonly Reduction[] {
  if (doubt.memoryClaims) return [];
  return doubt.powerCuts ? WITH_POWER_CUTS : REDUCTIONS;
}

describe("looking at less finds the same", () => {
  const all: [string, Rules][] = [
    ["P2", COUNTER],
    ["P2, power cuts", withPowerCuts(COUNTER)],
    ["sequence counter + 1", ONE_AHEAD],
    ...variants.filter(([, rules]) => allowed(rules).length > 0),
  ];

  it.each(all)(
    "%s: the best worth by depth, with each reduction alone, with all, and with none",
    (_, rules) => {
      const compare = (start: Start, depth: number, sets: readonly (readonly Reduction[])[]) => {
        const whole = findGains(rules, { start, depth, goOn: true });
        for (const reductions of sets) {
          const { worth, places } = findGains(rules, { start, depth, goOn: true, reductions });
          expect(worth, `${start}, ${reductions}`).toEqual(whole.worth);
          expect(places, `${start}, ${reductions}`).toBeLessThanOrEqual(whole.places);
        }
      };
      const alone = allowed(rules).map((one) => [one]);
      for (const start of STARTS) compare(start, 3, [...alone, allowed(rules)]);
      compare("free", 4, [allowed(rules)]);
      if (SOAK) compare("opened", 4, [...alone, allowed(rules)]);
    },
    SOAK ? 30 * MINUTES : 2 * MINUTES,
  );

  it("each reduction leaves places out", () => {
    const places = (reductions: readonly Reduction[]) =>
      findGains(COUNTER, { start: "opened", depth: 3, reductions }).places;
    const whole = places([]);
    // The slot shown changes no place, and is there to save time.
    const useful = REDUCTIONS.filter((one) => one !== "slots");
    for (const one of useful) expect(places(one === "records" ? [one] : ["records", one]), one).toBeLessThan(whole);
    expect(places(REDUCTIONS) * 5).toBeLessThan(whole);
  });

  it("refuses to reduce what terminals remember", () => {
    expect(() => findGains(NTAG, { start: "opened", depth: 1, reductions: ["records"] })).toThrow(RangeError);
  });
});

describe("on NTAG the holder gains", () => {
  it("the most that two terminals can lose, by depth", () => {
    const depth = 4;
    const finding = findGains(NTAG, { start: "opened", depth, goOn: true });
    console.log(`NTAG: ${finding.places} places, ${finding.moves} moves to depth ${depth}`);
    finding.worth.forEach((worth, moves) => {
      console.log(`NTAG: largest gain in ${moves} moves: ${worth}`);
    });
    console.log(`  by:\n    ${finding.paths.at(-1)!.join("\n    ")}`);
    expect(finding.worth[0]).toBe(0);
    expect(finding.worth[1]).toBe(3);
    for (let moves = 1; moves <= depth; moves += 1) {
      expect(finding.worth[moves]).toBeGreaterThanOrEqual(finding.worth[moves - 1]!);
    }
  });
});
