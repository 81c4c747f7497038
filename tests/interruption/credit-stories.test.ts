import { dayOf } from "@cachet/card-layout";
import type { VisitRequest } from "@cachet/firmware/hal";
import type { Credit } from "@cachet/firmware/wire";
import { Chance } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { centsOf, history } from "../fixtures/audit.ts";
import { cagnotte, HandList, numbered } from "../fixtures/credit-list.ts";
import { appliedTimes, CreditWorld, CUTS, isForked, type TapCut } from "../fixtures/credit-world.ts";
import { fixtureFile, imageOf, NOON, sale, settle } from "../fixtures/town.ts";
import { checkArea } from "./sweep.ts";

/** Three terminals hold the same list: in whatever order a card is tapped and torn, every credit is applied exactly once. */
const PURSE = 33;
const options = { programmes: [PURSE], image: await imageOf([fixtureFile("purse")]) };
const CHIPS = ["NTAG215", "MF0UL21"] as const;
const SOAK = process.env.CACHET_SOAK === "1";

const CREDITS: readonly Credit[] = [
  cagnotte(500),
  { kind: "void" },
  { kind: "add", label: "Anniversaire", amounts: [{ purse: "prepaid", index: 0, value: 1_000 }] },
  cagnotte(9_000, { lastDay: dayOf(NOON, 120) - 1 }),
  { kind: "adopt", state: new Uint8Array(32) },
  cagnotte(70),
];
const LIST = new HandList(numbered(PURSE, CREDITS));
const LAST = CREDITS.length;

/** Value that credits put on a card, all of them applied once. */
const CREDITED = 500 + 1_000 + 70;

interface Action {
  readonly terminal: number;
  readonly request: () => VisitRequest;
  readonly cut: TapCut | null;
}

const REQUESTS = [() => sale(1_000), settle] as const;
const actionsOf = (requests: readonly (() => VisitRequest)[]): readonly Action[] =>
  [0, 1, 2].flatMap((terminal) =>
    requests.flatMap((request) => [null, ...CUTS].map((cut): Action => ({ terminal, request, cut }))),
  );

const labelOf = (path: readonly Action[]) =>
  path.map(({ terminal, request, cut }) => `T${terminal + 1} ${request().kind} ${cut?.name ?? "whole"}`).join(", ");

/** Everybody asks at last: what is on the card is what every journal says, and every credit is in, once. */
async function checkHonest(path: readonly Action[], from: CreditWorld): Promise<void> {
  const label = labelOf(path);
  let world = from;
  for (const index of [0, 1, 2, 0]) {
    const tapped = await world.whole(index, settle());
    expect(["done", "nothing-to-do"], label).toContain(tapped.report.result);
    world = tapped.world;
  }
  const intents = world.intents();
  checkArea(label, await world.shown(), world.origin, intents, false, LAST);
  const times = appliedTimes(intents);
  // An intent may stay in doubt for the office; what is committed stands there once.
  for (const [number, often] of times) expect(often, `${label}: credit ${number}`).toBe(1);
  expect(isForked(intents), label).toBe(false);
}

/** Every path of so many actions, all terminals being alike at the first one. Gives the number of paths. */
async function everyPath(
  world: CreditWorld,
  actions: readonly Action[],
  depth: number,
  path: readonly Action[] = [],
): Promise<number> {
  if (path.length === depth) {
    await checkHonest(path, world);
    return 1;
  }
  let paths = 0;
  for (const action of path.length === 0 ? actions.filter(({ terminal }) => terminal === 0) : actions) {
    const tapped = await world.tap(action.terminal, action.request(), action.cut);
    if (tapped !== null) paths += await everyPath(tapped.world, actions, depth, [...path, action]);
  }
  return paths;
}

describe.each(CHIPS)("three terminals with one list and an honest %s", (kind) => {
  const fresh = () => CreditWorld.begin(kind, PURSE, options, [LIST, LIST, LIST]);

  it("apply every credit once, in every order of taps and cuts", async () => {
    const opened = (
      await (await CreditWorld.begin(kind, PURSE, options, [null, null, null])).whole(2, sale(2_000))
    ).world.with([LIST, LIST, LIST].map((lists) => ({ lists })));
    const blank = await fresh();
    const all = actionsOf(REQUESTS);
    const counts = [
      await everyPath(opened, all, 2),
      await everyPath(blank, all, 2),
      await everyPath(opened, SOAK ? all : actionsOf([REQUESTS[0]]), 3),
    ];
    console.log(`${kind}: every path of two taps ${counts[0]}, on a blank card ${counts[1]}, of three ${counts[2]}`);
    expect(Math.min(...counts)).toBeGreaterThan(100);
  }, 3_600_000);

  it("apply every credit once in random stories, and the books say what the card holds", async () => {
    const stories = SOAK ? 3_000 : 60;
    const all = actionsOf([...REQUESTS, () => sale(300, "max")]);
    let [taps, inDoubt] = [0, 0];
    for (let seed = 1; seed <= stories; seed += 1) {
      const chance = new Chance(seed);
      let world = await fresh();
      const path: Action[] = [];
      for (let step = 4 + chance.below(8); step > 0; step -= 1) {
        const action = all[chance.below(all.length)]!;
        const tapped = await world.tap(action.terminal, action.request(), action.cut);
        if (tapped === null) continue;
        world = tapped.world;
        path.push(action);
        taps += 1;
      }
      await checkHonest(path, world);
      const { forks, cents } = await world.books();
      expect(forks, `seed ${seed}`).toEqual([]);
      // What happened and is in doubt, for the office to decide, is not in the books yet.
      const area = await world.shown();
      const open = [...history(area, world.origin, world.intents())!].filter(({ outcome }) => outcome === "open");
      const notPosted = open.reduce((sum, { centsMoved }) => sum + centsMoved, 0);
      expect(cents + notPosted, `seed ${seed}: the books`).toBe(centsOf(area));
      if (open.length > 0) inDoubt += 1;
    }
    console.log(`${kind}: ${stories} stories, ${taps} taps, ${inDoubt} leave the office a doubt`);
    expect(taps).toBeGreaterThan(4 * stories);
  }, 3_600_000);
});

/** One thief's story: taps, torn or whole, one terminal with an older list or one that lacks credits; dumps kept and put back; counts. */
async function thiefStory(kind: (typeof CHIPS)[number], seed: number): Promise<CreditWorld> {
  const chance = new Chance(seed);
  const other = chance.happens(1, 2) ? LIST.before(1 + chance.below(3)) : LIST.without(1 + chance.below(3));
  let world = await CreditWorld.begin(kind, PURSE, options, [LIST, LIST, other]);
  const all = actionsOf([...REQUESTS, () => sale(300, "max")]);
  const kept: Uint8Array[] = [world.chip.dump()];
  for (let step = 6 + chance.below(10); step > 0; step -= 1) {
    const move = chance.below(10);
    if (move < 6) {
      const action = all[chance.below(all.length)]!;
      world = (await world.tap(action.terminal, action.request(), action.cut))?.world ?? world;
      kept.push(world.chip.dump());
    } else if (move < 9) {
      const dump = kept[Math.max(0, kept.length - 1 - chance.below(4))]!;
      world = world.changed((chip) => chip.restore(dump));
    } else world = world.counted(1);
  }
  return world;
}

describe("a thief with the list's credits in view", () => {
  it("gains nothing on a chip with a counter, whatever he keeps, puts back, tears and counts", async () => {
    const stories = SOAK ? 10_000 : 200;
    let [readable, applied] = [0, 0];
    for (let seed = 1; seed <= stories; seed += 1) {
      const world = await thiefStory("MF0UL21", seed);
      const intents = world.intents();
      expect(isForked(intents), `seed ${seed}: two histories`).toBe(false);
      for (const [number, often] of appliedTimes(intents)) {
        expect(often, `seed ${seed}: credit ${number}`).toBe(1);
        applied += 1;
      }
      const area = await world.shown();
      if (area.reading.kind !== "current") continue;
      readable += 1;
      checkArea(`seed ${seed}`, area, world.origin, intents, false);
    }
    console.log(`MF0UL21: ${stories} stories of a thief, ${readable} end readable, ${applied} credits applied`);
    expect(readable).toBeGreaterThan(stories / 10);
    expect(applied).toBeGreaterThan(stories / 10);
  }, 3_600_000);

  it("gains on a chip without one what a roll-back gives anyway, and import finds every fork", async () => {
    const stories = SOAK ? 3_000 : 150;
    let twice = 0;
    for (let seed = 1; seed <= stories; seed += 1) {
      const world = await thiefStory("NTAG215", seed);
      const intents = world.intents();
      const doubled = [...appliedTimes(intents).values()].some((often) => often > 1);
      if (doubled) twice += 1;
      if (doubled) expect(isForked(intents), `seed ${seed}: a credit twice without two histories`).toBe(true);
      if (isForked(intents)) expect((await world.books()).forks.length, `seed ${seed}: forks`).toBeGreaterThan(0);
    }
    console.log(`NTAG215: ${stories} stories of a thief, a credit applied twice in ${twice}, each found as a fork`);
    expect(twice).toBeGreaterThan(0);
  }, 3_600_000);
});

it("all credits together are worth what the list says", async () => {
  const world = await CreditWorld.begin("MF0UL21", PURSE, options, [LIST, null, null]);
  const { world: after, report } = await world.whole(0, settle());
  expect(report).toMatchObject({ result: "done", creditedCents: CREDITED });
  expect(centsOf(await after.shown())).toBe(CREDITED);
});
