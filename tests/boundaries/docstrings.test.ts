import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./sources.ts";

const LANGUAGE = [
  "programme",
  "stamps-rule",
  "saving-rule",
  "prepaid-rule",
  "modifier-rules",
  "status-rules",
  "referral-rule",
  "when",
];

/** Fields of the interfaces in a file that no docstring stands above: an editor would show their type alone. */
function silentFields(source: string): string[] {
  const lines = source.split("\n");
  return lines.flatMap((line, i) => {
    const field = /^ {2}readonly (\w+)\??:/.exec(line)?.[1];
    return field === undefined || /\*\/\s*$/.test(lines[i - 1]!) ? [] : [field];
  });
}

describe("the language explains itself in an editor", () => {
  it.each(LANGUAGE)("every field of %s has a docstring", (name) => {
    expect(silentFields(readFileSync(join(ROOT, `firmware/src/rules/${name}.ts`), "utf8"))).toEqual([]);
  });

  it("so does every word that makes a rule, a modifier or a quantity", () => {
    for (const name of ["language", "quantity"]) {
      const lines = readFileSync(join(ROOT, `firmware/src/rules/${name}.ts`), "utf8").split("\n");
      const silent = lines.filter((line, i) => /^export (const|function) /.test(line) && !/\*\/$/.test(lines[i - 1]!));
      expect(silent).toEqual([]);
    }
  });
});
