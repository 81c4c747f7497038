import { describe, expect, it } from "vitest";
import { around, KINDS } from "../fixtures/rule-options.ts";
import { mutantsOf } from "./option-mutants.ts";
import { allPlays, ELSEWHERE, optionOutcomes, type Play } from "./option-run.ts";

describe("every option of the language", async () => {
  const plays = await allPlays();
  const survivors = (of: readonly Play[]) =>
    optionOutcomes(of).flatMap(({ option, way, caughtBy }) => (caughtBy === null ? [`${option}, ${way}`] : []));

  it("with any other value makes some play come out otherwise", () => {
    expect(plays.filter(({ holds, programme }) => !holds(programme)).map(({ name }) => name)).toEqual([]);
    const outcomes = optionOutcomes(plays);
    const survived = outcomes.filter(({ caughtBy }) => caughtBy === null);
    console.log(`options: ${outcomes.length} other values in ${plays.length} plays, ${survived.length} survived`);
    expect(survived).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(600);
    // What is said to be told elsewhere is, and no play tells it.
    const told = outcomes.filter(({ caughtBy }) => !plays.some(({ name }) => name === caughtBy));
    const needed = ELSEWHERE.filter(({ which }) => told.some(({ option, way }) => which.test(`${option}, ${way}`)));
    expect(needed).toEqual(ELSEWHERE);
  });

  it.each([
    ["stamps.funder", ['= "association"', '= "sponsor"', '= "partner"']],
    ["stamps.minimum.kind", ['= "exceeds"']],
    ["cagnotte.rounding", ['= "half-up"', '= "ceil"', '= "carry"']],
    ["cagnotte.lots", ["= 0", "= 2", "= 8"]],
    ["cagnotte.rate", ["one more", "one less", "twice"]],
    ["cagnotte.validity.months", ["left out", "one more", "one less", "twice"]],
  ])("gets every other value of %s", (wanted, ways) => {
    const mutants = [...mutantsOf(around(KINDS.stamps.rule, KINDS.cagnotte.rule))];
    expect(mutants.flatMap(({ option, way }) => (option === wanted ? [way] : []))).toEqual(
      expect.arrayContaining(ways),
    );
  });

  it("is named where an engine does not look at it", () => {
    const blind = plays.map((play): Play => {
      const { roundingStage } = play.programme;
      return { ...play, holds: (mutant) => play.holds({ ...mutant, roundingStage }) };
    });
    const named = survivors(blind).map((which) => which.split(",")[0]);
    expect(new Set(named)).toEqual(new Set(["programme.roundingStage"]));
  });
});
