import { afterAll, describe, expect, it } from "vitest";
import { CODES } from "../../host/src/cli/failure.ts";
import { REASONS } from "../../host/src/cli/reasons.ts";
import { read, sourceFiles } from "../boundaries/sources.ts";
import { expectFailure, ProgrammeDesk } from "../fixtures/programme-desk.ts";

const desk = new ProgrammeDesk("reasons");
afterAll(() => desk.remove());
const explain = (...words: readonly string[]) => desk.runAs(["explain"], ...words);

/** Words in capitals of the rules and the app that no visit gives: a form of Unicode, a time zone, a finding of `check`. */
const NO_REASONS = ["NFD", "UTC", "UNKNOWN_FACT"];

describe("cachet explain, of a reason", () => {
  it("knows every reason word of the rules and the app, and none besides", () => {
    const words = sourceFiles()
      .filter((file) => /^firmware\/src\/(app|rules)\//.test(file) && !file.endsWith(".test.ts"))
      .flatMap((file) => [...read(file).matchAll(/"([A-Z]{2,}(?:_[A-Z]+)*)"/g)].map(([, word]) => word!));
    const reasons = [...new Set(words)].filter((word) => !NO_REASONS.includes(word)).sort();
    expect(reasons.length).toBeGreaterThan(70);
    expect(Object.keys(REASONS).sort()).toEqual(reasons);
  });

  it("tells of each what it means, what staff does and what the customer is told", () => {
    for (const [word, { meaning, staff, fr, en }] of Object.entries(REASONS)) {
      for (const text of [meaning, staff, fr, en]) expect(text.length, word).toBeGreaterThan(8);
      for (const [code] of meaning.matchAll(/\bC-[A-Z]+-\d+/g)) expect(Object.keys(CODES)).toContain(code);
    }
  });

  it("in lines, in both languages, however it is typed, and for programs", () => {
    const told = explain("too_late");
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toMatch(/^TOO_LATE .*\nit is too long ago: .*\nStaff: .*\nTo the customer: le délai est passé\n$/);
    expect(explain("TOO_LATE", "--lang", "en").out).toContain("To the customer: the time for this is over");
    expect(JSON.parse(explain("IN_THE_FUTURE", "--json").out)).toMatchObject({
      reason: "IN_THE_FUTURE",
      meaning: expect.stringContaining("later"),
      customer: expect.stringContaining("à venir"),
    });
  });

  it("refuses a word that is none, and lists those that are", () => {
    expectFailure(explain("TOO_SOON"), 2, "C-USAGE-01", "TOO_SOON", "BELOW_MINIMUM", "C-SIM-09");
    expectFailure(explain("constructor"), 2, "C-USAGE-01", "constructor");
  });
});
