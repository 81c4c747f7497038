import { describe, expect, it } from "vitest";
import { problemOf, problemOfError } from "./scard-code.ts";

describe("what a refused PC/SC call means", () => {
  it.each([
    [0x80100069, "no-card"],
    [0x8010000c, "no-card"],
    [0x8010000b, "in-use"],
    [0x80100009, "reader-gone"],
    [0x8010001d, "service-gone"],
    [0x80100068, "reset"],
    [0x80100016, "broken"],
    [0x80100013, "broken"],
    [0x12345678, "broken"],
  ])("%i: %s, as a negative number and in a text too", (code, problem) => {
    expect(problemOf(code)).toBe(problem);
    expect(problemOf(code | 0)).toBe(problem);
    expect(problemOfError(new Error(`SCardTransmit error: Words.(0x${code.toString(16)})`))).toBe(problem);
  });

  it.each([
    ["Card was removed", "no-card"],
    ["Sharing violation", "in-use"],
    ["PC/SC service not running", "service-gone"],
    ["Unknown PC/SC error", "broken"],
    ["something nobody foresaw", "broken"],
  ])("%s: %s", (text, problem) => {
    expect(problemOfError(new Error(text))).toBe(problem);
  });
});
