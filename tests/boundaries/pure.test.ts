import { globSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeOf, ROOT, read, sourceFiles } from "./sources.ts";

/** What runs in the terminal's sandbox, or decides about value, knows no clock, no chance, no locale and no host. */
const FORBIDDEN =
  /\b(Date|Intl|setTimeout|setInterval|setImmediate|console|process|require|performance|TextEncoder|TextDecoder|Buffer|parseFloat|structuredClone|toFixed|toLocaleString|localeCompare)\b|\bMath\.random\b|\bnode:/;
const PURE = /^(card-layout\/src\/|firmware\/src\/(app|rules|wire|hal|journal|counter)\/)/;

describe("code that decides is pure", () => {
  it("names no clock, chance, locale or host", () => {
    const found = sourceFiles()
      .filter((file) => PURE.test(file))
      .flatMap((file) =>
        codeOf(read(file))
          .split("\n")
          .flatMap((line, i) => (FORBIDDEN.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
      );
    expect(found).toEqual([]);
  });

  it("writes no fraction: money and rates are whole numbers", () => {
    const found = sourceFiles()
      .filter((file) => /^firmware\/src\/(app|rules)\//.test(file))
      .flatMap(
        (file) =>
          codeOf(read(file))
            .match(/(?<![\w.])\d+\.\d+/g)
            ?.map((number) => `${file}: ${number}`) ?? [],
      );
    expect(found).toEqual([]);
  });

  it("the check finds what it looks for", () => {
    expect(FORBIDDEN.test(codeOf("const now = Date.now();"))).toBe(true);
    expect(FORBIDDEN.test(codeOf('/** a Date */ const text = "Date";'))).toBe(false);
  });
});

describe("everything committed speaks of the project alone", () => {
  const files = globSync("**/*.{ts,mjs,md,json,c,csv}", {
    cwd: ROOT,
    exclude: ["**/node_modules/**", ".types/**", ".node/**", "out/**", "package-lock.json"],
  });

  it("no path of a machine, no leftover marker, no secret key", () => {
    // Put together here so that this file does not find itself.
    const words = [
      ["/wo", "rk/"],
      ["/ho", "me/"],
      ["/ro", "ot/"],
      ["TO", "DO"],
      ["FIX", "ME"],
      ["BEGIN PRI", "VATE KEY"],
    ];
    const marks = words.map((parts) => parts.join(""));
    const found = files.flatMap((file) => {
      const text = read(file);
      return marks.filter((mark) => text.includes(mark)).map((mark) => `${file}: ${mark}`);
    });
    expect(files.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });
});
