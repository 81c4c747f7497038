import type { EntryBody } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { clockFacts, clockMarks } from "./facts.ts";

const START = 1_000_000;

/** What entries of a terminal from a number on, each with its time, tell of its clock. */
const entries = (
  first: number,
  ...all: readonly (readonly [utc: number, body: EntryBody])[]
): ReturnType<typeof clockMarks> =>
  clockMarks(
    all.map(([utc, body], i) => ({ number: first + i, utc, offset: 0, previous: new Uint8Array(32), ...body })),
  );

const powerUp = (clockSuspect: boolean): EntryBody => ({
  kind: "power-up",
  body: { image: new Uint8Array(32), ...(clockSuspect ? { clockSuspect } : {}) },
});
const set = (before: number, after: number): EntryBody => ({
  kind: "clock-change",
  body: { before, after, by: "office" },
});
const told = (rows: ReturnType<typeof clockFacts>) =>
  rows.map(({ number, what, before, after }) => `${number} ${what} ${before} ${after}`);

describe("what entries say of a clock", () => {
  it("is where it began to be suspect, once, and where it was set, however little that was", () => {
    const facts = clockFacts(
      1,
      entries(
        1,
        [START, powerUp(false)],
        [50, powerUp(true)],
        [60, powerUp(true)],
        [70, set(68, 70)],
        [80, set(79, 80)],
        [90, powerUp(true)],
      ),
      null,
      null,
    );
    expect(told(facts)).toEqual([`2 suspect ${START} 50`, "4 set 68 70", "6 suspect 80 90"]);
  });

  it("goes on from the entries before", () => {
    const later = entries(7, [START - 700, powerUp(true)], [START, set(START, START)]);
    expect(told(clockFacts(1, later, { what: "suspect" }, START))).toEqual([`8 set ${START} ${START}`]);
    expect(told(clockFacts(1, later, { what: "set" }, START))).toEqual([
      `7 suspect ${START} ${START - 700}`,
      `8 set ${START} ${START}`,
    ]);
    const fell = entries(7, [START - 600, powerUp(false)]);
    expect(told(clockFacts(1, fell, null, START))).toEqual([`7 back ${START} ${START - 600}`]);
    expect(clockFacts(1, fell, null, START - 1)).toEqual([]);
    expect(clockFacts(1, fell, null, null)).toEqual([]);
  });
});
