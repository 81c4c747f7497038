import { describe, expect, it } from "vitest";
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

  it("is named where an engine does not look at it", () => {
    const blind = plays.map((play): Play => {
      const { roundingStage } = play.programme;
      return { ...play, holds: (mutant) => play.holds({ ...mutant, roundingStage }) };
    });
    const named = survivors(blind).map((which) => which.split(",")[0]);
    expect(new Set(named)).toEqual(new Set(["programme.roundingStage"]));
  });
});
