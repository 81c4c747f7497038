import type { Programme } from "@cachet/firmware/rules";
import type { ReplayedVisit } from "./replay.ts";
import { keeperOf, type Moves, type PurseName, unitOf } from "./value.ts";

/** One purse, as the cards had it and as they would have had it. In the purse's unit: cents, stamps, points, units. */
export interface Difference {
  readonly purse: PurseName;
  /** The rule that keeps it: of the right version, or of the wrong one where only that has it. */
  readonly rule: string;
  readonly unit: ReturnType<typeof unitOf>;
  /** What the visits gave, under the wrong version, less what expired and what refunds took back. */
  readonly given: number;
  readonly right: number;
  /** `right` less `given`: above zero the customer got too little. */
  readonly difference: number;
  readonly spent: number;
  /** The part of `spent` that would not have been there under the right version. */
  readonly uncovered: number;
}

/** Visits of one card, or of one merchant, taken together. */
export interface Differences {
  readonly visits: number;
  readonly purses: readonly Difference[];
  /** Cents that came off tickets at once, and would have. No purse holds them: nothing is posted for them. */
  readonly off: { readonly given: number; readonly right: number };
}

interface Sums {
  given: number;
  right: number;
  spent: number;
  spentRight: number;
}

function add(all: Map<PurseName, Sums>, { purses }: Moves, isRight: boolean): void {
  for (const [name, { given, spent }] of purses) {
    const sums = all.get(name) ?? { given: 0, right: 0, spent: 0, spentRight: 0 };
    if (isRight) [sums.right, sums.spentRight] = [sums.right + given, sums.spentRight + spent];
    else [sums.given, sums.spent] = [sums.given + given, sums.spent + spent];
    all.set(name, sums);
  }
}

/** The sums of visits, purses by name. */
export function differencesOf(wrong: Programme, right: Programme, visits: readonly ReplayedVisit[]): Differences {
  const all = new Map<PurseName, Sums>();
  const off = { given: 0, right: 0 };
  for (const visit of visits) {
    add(all, visit.stored, false);
    add(all, visit.right, true);
    off.given += visit.stored.offCents;
    off.right += visit.right.offCents;
  }
  const names = [...all.keys()].sort((a, b) => (a < b ? -1 : 1));
  const purses = names.map((purse): Difference => {
    const sums = all.get(purse)!;
    const { rule = purse } = keeperOf(right, purse) ?? keeperOf(wrong, purse) ?? {};
    const { given, right: should, spent, spentRight } = sums;
    const difference = should - given;
    return {
      ...{ purse, rule, unit: unitOf(purse), given, right: should, difference },
      ...{ spent, uncovered: Math.max(0, spent - spentRight) },
    };
  });
  return { visits: visits.length, purses, off };
}

/** Visits by a key of theirs, keys in ascending order. */
export function grouped<T>(
  visits: readonly T[],
  keyOf: (visit: T) => number,
): readonly (readonly [number, readonly T[]])[] {
  const groups = new Map<number, T[]>();
  for (const visit of visits) {
    const group = groups.get(keyOf(visit));
    if (group === undefined) groups.set(keyOf(visit), [visit]);
    else group.push(visit);
  }
  return [...groups].sort(([a], [b]) => a - b);
}
