import {
  type CommitStep,
  type CounterAreaReading,
  commitSteps,
  currentSequence,
  readArea,
  readCounterArea,
  type Slot,
  type SlotIndex,
} from "@cachet/card-layout";
import type { Medium } from "./thief-cards.ts";
import type { DoubtRules } from "./thief-journals.ts";

/** A medium, and how terminals treat what is in doubt on it. */
export interface Rules {
  readonly medium: Medium;
  readonly doubt: DoubtRules;
}

/** The counter at personalisation, even as it must be. */
const START = 2;

const byCounter: Medium = {
  counts: true,
  start: START,
  mayBeFree: (counter) => counter <= START + 1,
  lowest: currentSequence,
  read: (a, b, counter) => readCounterArea(a, b, counter, START),
  steps: commitSteps,
};

const believedAfterCommit: DoubtRules = {
  commit: "odd-even-counter",
  goods: "commit",
  cash: "commit",
  remembers: false,
  memoryClaims: false,
  entries: "others-oldest-first",
  powerCuts: false,
};

/**
 * Chips with a one-way counter: protocol P2, nothing in doubt is believed before a write on top has committed, and what is then
 * decided of other intents is stored before the visit's own COMMIT. That terminals also refuse cards that go back is left out:
 * it only takes moves from the holder.
 */
export const COUNTER: Rules = { medium: byCounter, doubt: believedAfterCommit };

/** NTAG: the highest sequence is current, doubt is decided on reading, and each terminal remembers the card. */
export const NTAG: Rules = {
  medium: {
    counts: false,
    start: 0,
    mayBeFree: () => true,
    lowest: () => 0,
    read: (a, b) => readArea(a, b),
    steps: (current, _counter, sequence) => [
      { step: "write", what: "new", slot: current === 0 ? 1 : 0, sequence: sequence + 1 },
    ],
  },
  doubt: { ...believedAfterCommit, commit: "highest-sequence", remembers: true, memoryClaims: true },
};

const withMedium = (medium: Partial<Medium>): Rules => ({ ...COUNTER, medium: { ...byCounter, ...medium } });
const withDoubt = (doubt: Partial<DoubtRules>): Rules => ({ ...COUNTER, doubt: { ...believedAfterCommit, ...doubt } });

/** "Write, then one increment": the current record carries the counter's very value. */
function readSingle(a: Slot, b: Slot, counter: number): CounterAreaReading {
  const fits = (slot: Slot): Slot =>
    slot.kind === "valid" && slot.state.sequence !== counter ? { kind: "older" } : slot;
  const reading = readArea(fits(a), fits(b));
  return reading.kind === "free" && counter !== START ? { kind: "behind" } : reading;
}

function singleSteps(current: SlotIndex | null, counter: number): readonly CommitStep[] {
  return [
    { step: "write", what: "new", slot: current === 0 ? 1 : 0, sequence: counter + 1 },
    { step: "count", by: 1, to: counter + 1 },
  ];
}

/** A write on top of an odd counter does not seal the current record again: it has the sequence of what was torn before it. */
function stepsWithoutReseal(current: SlotIndex | null, counter: number): readonly CommitStep[] | null {
  if (current === null || counter % 2 === 0) return commitSteps(current, counter);
  return singleSteps(current, counter);
}

/** Each leaves out one rule of `COUNTER`, and loses. */
export const UNSAFE = {
  "write, then one increment": withMedium({ lowest: (counter) => counter, read: readSingle, steps: singleSteps }),
  "no re-seal on top of an odd counter": withMedium({ steps: stepsWithoutReseal }),
  "cash back on reading": withDoubt({ cash: "reading" }),
  "cash back after the re-seal, before the commit": withDoubt({ cash: "re-seal" }),
  "goods in doubt on reading": withDoubt({ goods: "reading" }),
  "a blank area is free at any counter": withMedium({
    mayBeFree: () => true,
    read: (a, b, counter) => {
      const reading = readCounterArea(a, b, counter, START);
      return reading.kind === "behind" && a.kind === "blank" && b.kind === "blank" ? { kind: "free" } : reading;
    },
  }),
  "a state that the terminal remembers is another intent's": withDoubt({ memoryClaims: true }),
  "the visit's own COMMIT before the others, and a power cut": withDoubt({ entries: "own-first", powerCuts: true }),
  "the newest of the others first, and a power cut": withDoubt({ entries: "newest-first", powerCuts: true }),
} as const satisfies Readonly<Record<string, Rules>>;

/** A record with sequence counter + 1 is current, too: no more than what the holder gets by counting up by one himself. */
export const ONE_AHEAD: Rules = withMedium({
  read: (a, b, counter) => {
    const reading = readCounterArea(a, b, counter, START);
    return reading.kind === "current" ? reading : readCounterArea(a, b, counter + 1, START);
  },
});

/** The same rules, and a terminal whose power may go between any two journal entries. */
export const withPowerCuts = (rules: Rules): Rules => ({ ...rules, doubt: { ...rules.doubt, powerCuts: true } });
