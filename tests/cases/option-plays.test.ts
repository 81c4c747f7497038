import { describe, expect, it } from "vitest";
import { playDifferences, playProgramme, readOptionPlays } from "./option-plays.ts";

describe("what each option does", () => {
  it.each(readOptionPlays().map((play) => [play.title, play] as const))("%s", (_title, play) => {
    expect(play.expect).toHaveLength(play.events.length);
    expect(playDifferences(play, playProgramme(play))).toEqual([]);
  });
});
