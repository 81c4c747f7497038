import { type Mishap, Mishaps, type OperationKind } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { card, sale, terminal } from "../fixtures/town.ts";
import { stateOf, WitnessReader } from "../fixtures/witness.ts";

const REQUEST = sale(1_250);

/** A sale on a new card, cut as planned: the operations, and the state that is left. */
async function left(operation: number, mishap: Mishap): Promise<{ seen: readonly OperationKind[]; state: string }> {
  const chip = await card(7);
  const field: WitnessReader = new WitnessReader(() => shop.mishaps);
  const shop = await terminal(1, { field });
  const mishaps = new Mishaps().at(operation, mishap);
  shop.mishaps = mishaps;
  await shop.visit(REQUEST, chip);
  const state = await stateOf(shop, field, chip);
  shop.powerOff();
  return { seen: mishaps.seen, state };
}

const NEVER = 10_000;
const { seen } = await left(NEVER, { what: "card", when: "before" });
const stateAt = async (operation: number, mishap: Mishap) => (await left(operation, mishap)).state;

describe("the state that a cut visit leaves", () => {
  const read = seen.indexOf("card-read");
  const write = seen.indexOf("card-write");
  const entry = seen.indexOf("journal-append");

  it("is the same where the same was told, written and stored", async () => {
    for (const what of ["card", "power"] as const) {
      expect(await stateAt(read, { what, when: "before" })).toBe(await stateAt(read, { what, when: "after" }));
      expect(await stateAt(write, { what, when: "inside", torn: { page: "old", part: 0 } })).toBe(
        await stateAt(write, { what, when: "before" }),
      );
    }
    expect(await stateAt(entry, { what: "power", when: "after" })).toBe(
      await stateAt(entry + 1, { what: "power", when: "before" }),
    );
  });

  it("is another where the card holds something else, weak bits among it", async () => {
    const pages = ["old", "new", "weak"] as const;
    for (const what of ["card", "power"] as const) {
      const states = pages.map((page) => stateAt(write, { what, when: "inside", torn: { page, part: 0 } }));
      expect(new Set(await Promise.all(states)).size, what).toBe(pages.length);
    }
  });

  it("is another where the flash holds something else", async () => {
    const parts = [1, 100, 255].map((part) =>
      stateAt(entry, { what: "power", when: "inside", torn: { page: "old", part } }),
    );
    expect(new Set(await Promise.all(parts)).size).toBe(parts.length);
  });

  it("is another where a terminal that is on was told something else, and card and flash are the same", async () => {
    const [first, second] = seen.flatMap((kind, at) => (kind === "card-read" && at < entry ? [at] : []));
    const told = await stateAt(second!, { what: "card", when: "before" });
    expect(await stateAt(first!, { what: "card", when: "before" })).not.toBe(told);
    // What was told is forgotten without power.
    expect(await stateAt(first!, { what: "power", when: "before" })).toBe(
      await stateAt(second!, { what: "power", when: "before" }),
    );
  });
});
