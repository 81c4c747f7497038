import type { Programme } from "@cachet/firmware/rules";
import { customerSections, type Section, severalOf } from "./rules-sheet.ts";

/** Sentences of one heading of the customers' sheet that were true before, and those that are true now. */
export interface SheetDifference {
  readonly heading: string;
  readonly before: readonly string[];
  readonly now: readonly string[];
}

/** One heading in both versions; null where a version has it no more, or not yet. */
type Pair = readonly [before: Section | null, now: Section | null];

const kindOf = ({ about }: Section): string => about.split(" ")[0]!;

/** The heading that another one became: the same part or rule by its id, else the only rule of its kind that has another id. */
function partnerOf(section: Section, own: readonly Section[], others: readonly Section[]): Section | null {
  const same = others.find(({ about }) => about === section.about);
  if (same !== undefined) return same;
  const unmatched = (of: readonly Section[], against: readonly Section[]) =>
    of.filter((one) => kindOf(one) === kindOf(section) && !against.some(({ about }) => about === one.about));
  const [renamed, ...more] = unmatched(others, own);
  return more.length === 0 && unmatched(own, others).length === 1 ? (renamed ?? null) : null;
}

function pairsOf(before: readonly Section[], now: readonly Section[]): readonly Pair[] {
  return [
    ...before.map((section): Pair => [section, partnerOf(section, before, now)]),
    ...now.flatMap((section): Pair[] => (partnerOf(section, now, before) === null ? [[null, section]] : [])),
  ];
}

/** What changes for customers, by the sentences that they are told; empty where nothing does. Sentences that only moved are the same. */
export function sheetDifference(a: Programme, b: Programme, lang: "fr" | "en"): readonly SheetDifference[] {
  const several = new Set([...severalOf(a), ...severalOf(b)]);
  const [before, now] = [customerSections(a, lang, several), customerSections(b, lang, several)];
  return pairsOf(before, now).flatMap(([was, is]): SheetDifference[] => {
    const [old, fresh] = [was?.lines ?? [], is?.lines ?? []];
    const gone = old.filter((sentence) => !fresh.includes(sentence));
    const added = fresh.filter((sentence) => !old.includes(sentence));
    return gone.length + added.length === 0 ? [] : [{ heading: (is ?? was)!.title, before: gone, now: added }];
  });
}
