import { readFileSync } from "node:fs";
import type { Programme } from "@cachet/firmware/rules";
import { type FileFault, lineOf } from "../image/load.ts";
import { limitsOf, limitText } from "../workbench/limits.ts";
import { rulesSheet } from "../workbench/rules-sheet.ts";
import { besideFile } from "./programme-file.ts";

/** Sentences of the customers' sheet that a text does not have, in the language of which it has more. */
function untold(programme: Programme, text: string): readonly string[] {
  const said = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const [fr, en] = (["fr", "en"] as const).map((lang) =>
    rulesSheet(programme, { lang, for: "customers" })
      .split("\n")
      .filter((line) => line !== "" && !said.has(line)),
  ) as [string[], string[]];
  return en.length < fr.length ? en : fr;
}

/** General conditions beside a programme that do not say what its rules are now. */
function conditionFaults(file: string, programme: Programme): FileFault[] {
  const conditions = besideFile(file, "conditions.md");
  if (conditions === null) return [];
  const [first, ...others] = untold(programme, readFileSync(conditions, "utf8"));
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : `, and ${others.length} more of its sentences`;
  const problem = `customers are not told "${first.replace(/^[-#]+ /, "")}"${more}: write it anew with cachet programme sheet ${file} -o ${conditions}`;
  return [{ file: conditions, line: null, problem }];
}

/** What keeps a programme without faults from being used: limits of the law and of common sense, conditions that tell other rules. */
export function refusalsOf(file: string, programme: Programme): readonly FileFault[] {
  const source = readFileSync(file, "utf8");
  const limits = limitsOf(programme).filter(({ refused }) => refused);
  return [
    ...limits.map((limit) => ({ file, line: lineOf(source, limit.problem), problem: limitText(limit) })),
    ...conditionFaults(file, programme),
  ];
}
