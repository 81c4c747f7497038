import type { AreaReading, Slot, SlotIndex } from "./area.ts";
import { sameBytes } from "./bytes.ts";
import { SEQUENCE_MAX } from "./state.ts";

/**
 * Areas on chips with a one-way counter: protocol P2. The counter is even at rest and odd while a write is under way.
 *
 * Records carry even sequences. With the counter at c the current record is the valid one with sequence c, or c - 1 when c is
 * odd: never c + 1, which a write that was cut before its commit leaves behind. A write on top of an odd counter first writes
 * the current record once more (re-seals it) under the sequence c + 1 and counts by two, so that what was left behind can be
 * burnt by the commit that follows. "Write, then one increment" would not do: docs/threat-model.md.
 */

/** The chip's counter that area `index` of a card commits by. */
export const counterNumber = (index: number): number => 2 - index;

/** What an area with a commit counter holds. Kinds as in `AreaReading`. */
export type CounterAreaReading =
  | AreaReading
  /** Valid records are there, or were, and none fits the counter: a restored dump, or somebody counted. The office repairs it. */
  | { readonly kind: "behind" };

/** The sequence that the current record carries while the counter stands at `counter`. */
export function currentSequence(counter: number): number {
  return counter - (counter % 2);
}

/**
 * The current record by the counter. `start`: the counter's even value at personalisation.
 *
 * An area is free while its counter stands at `start`, or at `start` + 1, where a first write has begun, and no record fits:
 * no commit ever happened there. Its first record is a blank one (`blankState`), so that nothing of value is ever written over
 * a free area.
 */
export function readCounterArea(a: Slot, b: Slot, counter: number, start: number): CounterAreaReading {
  const sequence = currentSequence(counter);
  const fits = (slot: Slot) => slot.kind === "valid" && slot.state.sequence === sequence;
  if (a.kind === "valid" && b.kind === "valid" && a.state.programme !== b.state.programme) return { kind: "conflict" };
  if (a.kind === "valid" && b.kind === "valid" && fits(a) && fits(b) && !sameBytes(a.sealed, b.sealed)) {
    return { kind: "conflict" };
  }
  if (a.kind === "valid" && fits(a)) return { ...a, kind: "current", slot: 0 };
  if (b.kind === "valid" && fits(b)) return { ...b, kind: "current", slot: 1 };
  if (counter === start) return a.kind === "blank" && b.kind === "blank" ? { kind: "free" } : { kind: "behind" };
  if (counter === start + 1 && b.kind === "blank") return { kind: "free" };
  return { kind: "behind" };
}

/** One step of a write. Records go to a slot, are read back and compared before the next step; counts are read back too. */
export type CommitStep =
  | { readonly step: "count"; readonly by: 1 | 2; readonly to: number }
  /** The record that the step is for, the slot, and the sequence it is sealed with. */
  | {
      readonly step: "write";
      readonly what: "blank" | "current" | "new";
      readonly slot: SlotIndex;
      readonly sequence: number;
    };

/** The largest counter from which a write can still be begun: the longest one counts by five. */
const COUNTER_LAST = SEQUENCE_MAX - 5;

const count = (by: 1 | 2, to: number): CommitStep => ({ step: "count", by, to });

/**
 * The steps that write a new record over what an area shows. The new record is committed, and goods may be released, once the
 * last count is read back; whatever was cut before is decided by the counter at the next tap. Null when the counter is worn out.
 * `current`: the slot of the current record; null for a free area, which gets its blank record first.
 */
export function commitSteps(current: SlotIndex | null, counter: number): readonly CommitStep[] | null {
  return counter > COUNTER_LAST ? null : stepsFrom(current, counter);
}

function stepsFrom(current: SlotIndex | null, counter: number): readonly CommitStep[] {
  if (current === null) {
    const opened = counter % 2 === 0 ? [count(1, counter + 1)] : [];
    const committed = counter + 2 - (counter % 2);
    const blank: CommitStep = { step: "write", what: "blank", slot: 0, sequence: committed };
    return [...opened, blank, count(1, committed), ...stepsFrom(0, committed)];
  }
  const other = current === 0 ? 1 : 0;
  if (counter % 2 === 0) {
    const write: CommitStep = { step: "write", what: "new", slot: other, sequence: counter + 2 };
    return [count(1, counter + 1), write, count(1, counter + 2)];
  }
  return [
    { step: "write", what: "current", slot: other, sequence: counter + 1 },
    count(2, counter + 2),
    { step: "write", what: "new", slot: current, sequence: counter + 3 },
    count(1, counter + 3),
  ];
}

/**
 * The steps that write a record over an area where none fits the counter, by the office's word. On an odd counter somebody may
 * hold a record of the sequence that fits next: the first write and its count only burn that one, and the record goes to the
 * card again, under the sequence that counts. Null when the counter is worn out.
 */
export function repairSteps(counter: number): readonly CommitStep[] | null {
  if (counter > COUNTER_LAST) return null;
  const write = (slot: SlotIndex, sequence: number): CommitStep => ({ step: "write", what: "new", slot, sequence });
  if (counter % 2 === 0) return [count(1, counter + 1), write(0, counter + 2), count(1, counter + 2)];
  return [write(0, counter + 1), count(2, counter + 2), write(1, counter + 3), count(1, counter + 3)];
}

/** The sequence that the new record of these steps carries. */
export function newSequence(steps: readonly CommitStep[]): number {
  const last = steps.at(-1);
  return last?.step === "count" ? last.to : 0;
}
