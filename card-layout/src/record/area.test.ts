import { describe, expect, it } from "vitest";
import { type AreaReading, readArea, type Slot } from "./area.ts";
import { type CardState, packState } from "./state.ts";

function valid(over: Partial<CardState> = {}): Slot {
  const state: CardState = {
    layout: 1,
    generation: 1,
    programme: 7,
    sequence: 5,
    terminal: 42,
    day: 9_557,
    predecessor: new Uint8Array(4),
    credit: 0,
    purses: [],
    ...over,
  };
  return { kind: "valid", sealed: packState(state, 7), state };
}

const SLOTS = {
  blank: { kind: "blank" },
  unfinished: { kind: "unfinished" },
  invalid: { kind: "invalid" },
  older: { kind: "older" },
  "valid 5": valid(),
  "valid 6": valid({ sequence: 6 }),
  "valid 5, other content": valid({ terminal: 43 }),
  "valid 6, other programme": valid({ sequence: 6, programme: 8 }),
} as const satisfies Record<string, Slot>;

/** Lines: slot A; columns: slot B, in the order of `SLOTS`. "A" and "B" name the slot that is current. */
const TABLE: Record<keyof typeof SLOTS, string> = {
  blank: "free damaged damaged damaged B B B B",
  unfinished: "free damaged damaged damaged B B B B",
  invalid: "damaged damaged damaged damaged B B B B",
  older: "damaged damaged damaged damaged B B B B",
  "valid 5": "A A A A A B conflict conflict",
  "valid 6": "A A A A A A A conflict",
  "valid 5, other content": "A A A A conflict B A conflict",
  "valid 6, other programme": "A A A A conflict conflict conflict A",
};

const shown = (reading: AreaReading) => (reading.kind === "current" ? "AB"[reading.slot] : reading.kind);

describe("reading an area", () => {
  for (const [a, line] of Object.entries(TABLE)) {
    it(`with ${a} in slot A`, () => {
      const slotA = SLOTS[a as keyof typeof SLOTS];
      expect(
        Object.values(SLOTS)
          .map((b) => shown(readArea(slotA, b)))
          .join(" "),
      ).toBe(line);
    });
  }

  it("hands on the record of the slot that is current", () => {
    const { sealed, state } = SLOTS["valid 6"] as Extract<Slot, { kind: "valid" }>;
    expect(readArea(SLOTS["valid 5"], SLOTS["valid 6"])).toEqual({ kind: "current", slot: 1, sealed, state });
  });
});
