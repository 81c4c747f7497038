import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Slot } from "./area.ts";
import { commitSteps, currentSequence, newSequence, readCounterArea, repairSteps } from "./counter-area.ts";
import { type CardState, SEQUENCE_MAX } from "./state.ts";

const START = 8;
const state = (sequence: number, programme = 11): CardState => ({
  layout: 1,
  generation: 1,
  programme,
  sequence,
  terminal: 1,
  day: 1,
  predecessor: new Uint8Array(4),
  credit: 0,
  purses: [],
});
const valid = (sequence: number, content = 0, programme = 11): Slot => ({
  kind: "valid",
  sealed: Uint8Array.of(sequence, content),
  state: state(sequence, programme),
});
const BLANK: Slot = { kind: "blank" };
const OLDER: Slot = { kind: "older" };
const INVALID: Slot = { kind: "invalid" };
const kind = (a: Slot, b: Slot, counter: number) => {
  const reading = readCounterArea(a, b, counter, START);
  return reading.kind === "current" ? `current ${reading.slot}` : reading.kind;
};

describe("an area with a commit counter", () => {
  it("shows the record whose sequence is the counter's, or one less while a write is under way", () => {
    expect(kind(valid(10), OLDER, 10)).toBe("current 0");
    expect(kind(OLDER, valid(10), 10)).toBe("current 1");
    expect(kind(valid(10), valid(12), 11)).toBe("current 0");
    expect(kind(valid(10), valid(12), 12)).toBe("current 1");
  });

  it("never shows a record one ahead of the counter: its write was cut before the commit", () => {
    expect(kind(OLDER, valid(12), 11)).toBe("behind");
    expect(kind(OLDER, valid(11), 10)).toBe("behind");
    expect(kind(valid(11), OLDER, 11)).toBe("behind");
  });

  it("shows nothing where the counter has moved on: a restored dump, or somebody counted", () => {
    for (const counter of [12, 13, 14, 20]) expect(kind(valid(10), valid(8), counter)).toBe("behind");
    expect(kind(BLANK, BLANK, START + 2)).toBe("behind");
    expect(kind(INVALID, INVALID, 12)).toBe("behind");
  });

  it("is a conflict where two records fit and differ, or belong to two programmes", () => {
    expect(kind(valid(10, 1), valid(10, 2), 10)).toBe("conflict");
    expect(kind(valid(10, 1), valid(10, 2), 11)).toBe("conflict");
    expect(kind(valid(10, 1), valid(10, 1), 11)).toBe("current 0");
    expect(kind(valid(10, 1, 11), valid(8, 1, 12), 10)).toBe("conflict");
  });

  it("is free where the counter never committed: at its start, and one behind, whatever a first write left in slot A", () => {
    expect(kind(BLANK, BLANK, START)).toBe("free");
    for (const a of [BLANK, INVALID, OLDER, { kind: "unfinished" } as const, valid(START + 2)]) {
      expect(kind(a, BLANK, START + 1)).toBe("free");
      if (a !== BLANK) expect(kind(a, BLANK, START)).toBe("behind");
      expect(kind(a, INVALID, START + 1)).toBe("behind");
    }
    expect(kind(BLANK, BLANK, START + 3)).toBe("behind");
  });
});

describe("the steps of a write", () => {
  it("open the counter, write the other slot, and commit", () => {
    expect(commitSteps(0, 10)).toEqual([
      { step: "count", by: 1, to: 11 },
      { step: "write", what: "new", slot: 1, sequence: 12 },
      { step: "count", by: 1, to: 12 },
    ]);
  });

  it("seal the current record again first where the counter is odd", () => {
    expect(commitSteps(1, 11)).toEqual([
      { step: "write", what: "current", slot: 0, sequence: 12 },
      { step: "count", by: 2, to: 13 },
      { step: "write", what: "new", slot: 1, sequence: 14 },
      { step: "count", by: 1, to: 14 },
    ]);
  });

  it("open a free area with a blank record before anything of value", () => {
    const [first, ...rest] = commitSteps(null, 8)!;
    expect(first).toEqual({ step: "count", by: 1, to: 9 });
    expect(rest).toEqual(commitSteps(null, 9));
    expect(rest.slice(0, 2)).toEqual([
      { step: "write", what: "blank", slot: 0, sequence: 10 },
      { step: "count", by: 1, to: 10 },
    ]);
    expect(rest.slice(2)).toEqual(commitSteps(0, 10));
  });

  it("never overwrite the current record before another one fits the counter, and end on the new one", () => {
    const counters = fc.integer({ min: START + 2, max: SEQUENCE_MAX - 5 });
    fc.assert(
      fc.property(counters, fc.constantFrom(0 as const, 1 as const), (begin, slot) => {
        const slots: [Slot, Slot] =
          slot === 0 ? [valid(currentSequence(begin)), OLDER] : [OLDER, valid(currentSequence(begin))];
        let counter = begin;
        const steps = commitSteps(slot, begin)!;
        for (const step of steps) {
          if (step.step === "count") counter = step.to;
          else {
            // While the slot is being written it holds nothing: what is current must not be there.
            const torn = slots.with(step.slot, INVALID) as [Slot, Slot];
            expect(readCounterArea(torn[0], torn[1], counter, START).kind).toBe("current");
            slots[step.slot] = valid(step.sequence, step.what === "new" ? 1 : 0);
          }
          expect(readCounterArea(slots[0], slots[1], counter, START).kind).toBe("current");
        }
        const end = readCounterArea(slots[0], slots[1], counter, START);
        expect(end.kind === "current" && end.state.sequence).toBe(newSequence(steps));
        expect(counter % 2).toBe(0);
      }),
    );
  });

  it("stop before the counter is worn out", () => {
    expect(commitSteps(0, SEQUENCE_MAX - 5)).not.toBeNull();
    for (const slot of [0, 1, null] as const) expect(commitSteps(slot, SEQUENCE_MAX - 4)).toBeNull();
  });
});

describe("a record written over an area where none fits", () => {
  it("counts once around the record on an even counter", () => {
    expect(repairSteps(12)).toEqual([
      { step: "count", by: 1, to: 13 },
      { step: "write", what: "new", slot: 0, sequence: 14 },
      { step: "count", by: 1, to: 14 },
    ]);
  });

  it("burns on an odd counter what somebody may hold, before the record that counts", () => {
    const steps = repairSteps(13)!;
    expect(steps).toEqual([
      { step: "write", what: "new", slot: 0, sequence: 14 },
      { step: "count", by: 2, to: 15 },
      { step: "write", what: "new", slot: 1, sequence: 16 },
      { step: "count", by: 1, to: 16 },
    ]);
    expect(newSequence(steps)).toBe(16);
    // What fitted 14 is behind once it is done.
    expect(kind(valid(14), OLDER, 16)).toBe("behind");
  });

  it("is not begun on a counter that is worn out", () => {
    expect(repairSteps(SEQUENCE_MAX - 5)).not.toBeNull();
    expect(repairSteps(SEQUENCE_MAX - 4)).toBeNull();
  });
});
