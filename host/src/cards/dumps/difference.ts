import { sameBytes } from "@cachet/card-layout";
import type { ClassicBlock, Dump, DumpCounter } from "./dump.ts";

/** Pages, or blocks of a MIFARE Classic, from `first` to `last`, both included. */
export interface PageRange {
  readonly first: number;
  readonly last: number;
}

export interface DumpDifference {
  readonly sameUid: boolean;
  /** What both dumps know and give different bytes for. */
  readonly different: readonly PageRange[];
  /** What only one of the two dumps knows, where nothing known differs. */
  readonly knownToOne: readonly PageRange[];
  /** Numbers of the counters that both know and that differ. */
  readonly counters: readonly number[];
}

type Comparison = "same" | "different" | "known-to-one";

function comparePages(a: Uint8Array | null, b: Uint8Array | null): Comparison {
  if (a === null || b === null) return a === b ? "same" : "known-to-one";
  return sameBytes(a, b) ? "same" : "different";
}

function compareBlocks(a: ClassicBlock | null, b: ClassicBlock | null): Comparison {
  if (a === null || b === null) return "known-to-one";
  const open = a.unknown | b.unknown;
  if (a.bytes.some((byte, i) => ((open >> i) & 1) === 0 && byte !== b.bytes[i])) return "different";
  return a.unknown === b.unknown ? "same" : "known-to-one";
}

function rangesOf(comparisons: readonly Comparison[], wanted: Comparison): PageRange[] {
  const ranges: PageRange[] = [];
  for (const [page, comparison] of comparisons.entries()) {
    if (comparison !== wanted) continue;
    const before = ranges.at(-1);
    if (before?.last === page - 1) ranges[ranges.length - 1] = { first: before.first, last: page };
    else ranges.push({ first: page, last: page });
  }
  return ranges;
}

function unitsOf(a: Dump, b: Dump): Comparison[] | null {
  const each = <T>(
    one: readonly (T | null)[],
    other: readonly (T | null)[],
    compare: (x: T | null, y: T | null) => Comparison,
  ) => Array.from({ length: Math.max(one.length, other.length) }, (_, i) => compare(one[i] ?? null, other[i] ?? null));
  if (a.family === "type2" && b.family === "type2") return each(a.pages, b.pages, comparePages);
  if (a.family === "classic" && b.family === "classic") return each(a.blocks, b.blocks, compareBlocks);
  return null;
}

const countersOf = (dump: Dump): readonly (DumpCounter | null)[] => (dump.family === "type2" ? dump.counters : []);

/** What differs between two dumps; null when they are of different families of chips. Passwords and keys are in neither. */
export function dumpDifference(a: Dump, b: Dump): DumpDifference | null {
  const units = unitsOf(a, b);
  if (units === null) return null;
  const others = countersOf(b);
  const counters = countersOf(a).flatMap((counter, i) => {
    const other = others[i] ?? null;
    if (counter === null || other === null) return [];
    return counter.value === other.value && counter.tearing === other.tearing ? [] : [i];
  });
  return {
    sameUid: a.uid !== null && b.uid !== null && sameBytes(a.uid, b.uid),
    different: rangesOf(units, "different"),
    knownToOne: rangesOf(units, "known-to-one"),
    counters,
  };
}
