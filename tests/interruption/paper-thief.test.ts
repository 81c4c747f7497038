import type { VisitRequest } from "@cachet/firmware/hal";
import { describe, expect, it } from "vitest";
import { stampsOf } from "../fixtures/audit.ts";
import { CreditWorld, isForked, type TapCut } from "../fixtures/credit-world.ts";
import { fixtureFile, imageOf, paper, refund } from "../fixtures/town.ts";

/** A holder with one paper card of six stamps, who tears his card away wherever he likes and goes to the other terminal with it. */
const PAPER = 37;
const STAMPS = 6;
const options = { programmes: [PAPER], image: await imageOf([fixtureFile("paper")]) };
const begin = (kind: "NTAG215" | "MF0UL21") => CreditWorld.begin(kind, PAPER, options, [null, null]);
const six = () => paper(PAPER, "passages", STAMPS);

/** Every way to cut a tap at one of its operations. */
const cutsAt = (operation: number): TapCut[] =>
  (["card", "power"] as const).flatMap((what) =>
    (["before", "after"] as const).map((when) => ({
      name: `${what} ${when} operation ${operation}`,
      what,
      when,
      at: (_, seen) => seen.length === operation,
    })),
  );

/** What the card holds is what the books say, and no more than the paper card had. */
async function expectOnce(world: CreditWorld, name: string): Promise<number> {
  const stamps = stampsOf(await world.shown());
  expect(stamps, name).toBeLessThanOrEqual(STAMPS);
  const books = await world.books();
  expect([books.stamps, books.forks.length, isForked(world.intents())], name).toEqual([stamps, 0, false]);
  return stamps;
}

/** Cuts a visit at the first terminal everywhere, and plays what he does then. */
async function everywhere(
  from: CreditWorld,
  visit: VisitRequest,
  then: (world: CreditWorld) => Promise<CreditWorld>,
): Promise<{ readonly stories: number; readonly ends: ReadonlySet<number> }> {
  let stories = 0;
  const ends = new Set<number>();
  for (let operation = 0; ; operation += 1) {
    const torn = await Promise.all(cutsAt(operation).map(async (cut) => ({ cut, one: await from.tap(0, visit, cut) })));
    if (torn.every(({ one }) => one === null)) return { stories, ends };
    for (const { cut, one } of torn) {
      if (one === null) continue;
      ends.add(await expectOnce(await then(one.world), cut.name));
      stories += 1;
    }
  }
}

describe.each(["NTAG215", "MF0UL21"] as const)("a paper card and a %s", (kind) => {
  it("give six stamps, wherever the card leaves, at two terminals and at the first one again", async () => {
    const visit = six();
    const { stories, ends } = await everywhere(await begin(kind), visit, async (world) => {
      const elsewhere = (await world.whole(1, six())).world;
      const again = (await elsewhere.whole(0, visit)).world;
      return (await again.whole(0, six())).world;
    });
    expect(stories).toBeGreaterThan(40);
    expect([...ends]).toEqual([STAMPS]);
  });

  it("give no more where it is cancelled, torn, and entered elsewhere meanwhile", async () => {
    const entered = (await (await begin(kind)).whole(0, six())).world;
    const cancel = refund("last");
    const { stories, ends } = await everywhere(entered, cancel, async (world) => {
      const elsewhere = (await world.whole(1, six())).world;
      const again = (await elsewhere.whole(0, cancel)).world;
      return (await again.whole(1, six())).world;
    });
    expect(stories).toBeGreaterThan(40);
    expect([...ends]).toEqual([STAMPS]);
  });
});
