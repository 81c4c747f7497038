import type { Programme } from "@cachet/firmware/rules";
import { rulesSheet } from "./rules-sheet.ts";

/** Sentences of one heading of the customers' sheet that were true before, and those that are true now. */
export interface SheetDifference {
  readonly heading: string;
  readonly before: readonly string[];
  readonly now: readonly string[];
}

/** The sentences of a sheet by their headings. */
function sentencesOf(sheet: string): Map<string, string[]> {
  const byHeading = new Map<string, string[]>();
  let sentences: string[] = [];
  for (const line of sheet.split("\n")) {
    if (line.startsWith("## ")) {
      sentences = [];
      byHeading.set(line.slice(3), sentences);
    } else if (line.startsWith("- ")) sentences.push(line.slice(2));
  }
  return byHeading;
}

/** What changes for customers, by the sentences that they are told; empty where nothing does. Sentences that only moved are the same. */
export function sheetDifference(a: Programme, b: Programme, lang: "fr" | "en"): readonly SheetDifference[] {
  const [before, now] = [a, b].map((one) => sentencesOf(rulesSheet(one, { lang, for: "customers" }))) as [
    Map<string, string[]>,
    Map<string, string[]>,
  ];
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((heading): SheetDifference[] => {
    const [old, fresh] = [before.get(heading) ?? [], now.get(heading) ?? []];
    const gone = old.filter((sentence) => !fresh.includes(sentence));
    const added = fresh.filter((sentence) => !old.includes(sentence));
    return gone.length + added.length === 0 ? [] : [{ heading, before: gone, now: added }];
  });
}
