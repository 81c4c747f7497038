import {
  bigEndian,
  cardKey,
  concat,
  fromHex,
  MAC_BYTES,
  PAGE_BYTES,
  packState,
  pursesSize,
  seal,
} from "@cachet/card-layout";
import { CARDS_REMEMBERED, type VisitReport } from "@cachet/firmware/hal";
import { type Credit, encodeCbor, Intent, sumsOf } from "@cachet/firmware/wire";
import { Chance, Mishaps, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { JournalKeeper } from "../../firmware/src/supervisor/journal-keeper.ts";
import { testAreaKey, testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { hmacSha256 } from "../../host/src/ports/crypto.ts";
import { journalFile } from "../../terminal-sim/src/device/storage.ts";
import { centsOf, type ShownArea } from "../fixtures/audit.ts";
import { cagnotte, HandList, numbered } from "../fixtures/credit-list.ts";
import { appliedTimes, CreditWorld, CUTS, isForked, type TapCut } from "../fixtures/credit-world.ts";
import { fixtureFile, imageOf, NOON, sale, settle, topUp } from "../fixtures/town.ts";

/** Credits that rewrite a card, and a holder who can make his card unreadable, torn or old whenever he likes. */
const PURSE = 33;
const options = { programmes: [PURSE], image: await imageOf([fixtureFile("purse")]) };
type Kind = "NTAG215" | "MF0UL21";

/** A card with 50 euros on it, put there by terminal 3. */
async function loaded(kind: Kind): Promise<CreditWorld> {
  const world = await CreditWorld.begin(kind, PURSE, options, [null, null, null]);
  return (await world.whole(2, topUp(5_000))).world;
}

/** Where the programme's area lies: its index, and the pages of both slots. */
const AREAS = { MF0UL21: { area: 0, first: 0x0b, last: 0x22 }, NTAG215: { area: 2, first: 0x38, last: 0x57 } } as const;

/** No seal of the area is right any more; what it says of itself stays. */
function spoilt(kind: Kind) {
  return (chip: Type2Chip) => {
    const dump = chip.dump();
    const { first, last } = AREAS[kind];
    for (const page of [(first + last - 1) / 2, last]) dump[page * PAGE_BYTES] = dump[page * PAGE_BYTES]! ^ 0x5a;
    chip.restore(dump);
  };
}

/** The office's credit for a card that shows nothing: what its books say, for terminal 1. */
function restoreOf(
  { reading, hash }: ShownArea,
  counter: number | null,
  over: Partial<Credit & { kind: "restore" }> = {},
): Credit {
  if (reading.kind !== "current") throw new Error("nothing in the books");
  const purses = reading.sealed.slice(17, 17 + pursesSize(reading.state.purses.map(({ kind }) => kind)));
  const { sequence } = reading.state;
  return {
    kind: "restore",
    terminal: 1,
    area: AREAS[counter === null ? "NTAG215" : "MF0UL21"].area,
    state: fromHex(hash),
    sequence,
    purses,
    ...(counter === null ? {} : { counter }),
    ...over,
  };
}

const counterOf = (kind: Kind, { chip }: CreditWorld) => (kind === "MF0UL21" ? chip.counter(2) : null);
const listed = (credit: Credit) => {
  const lists = new HandList(numbered(PURSE, [credit]));
  return [{ lists }, { lists }, { lists }];
};

/** The office gives a restore credit for what the card showed before it was made unreadable. */
async function repaired(kind: Kind, spoil: (world: CreditWorld) => CreditWorld) {
  const before = await loaded(kind);
  const area = await before.shown();
  const unreadable = spoil(before);
  const world = unreadable.with(listed(restoreOf(area, counterOf(kind, unreadable))));
  return { before, area, world };
}

const refused = { result: "refused", spentCents: 0, creditedCents: 0 };
const spend = () => sale(4_000);

/** What left the card as goods, over all terminals, and what it still shows, less what purchases earned: never more than was paid. */
async function taken(world: CreditWorld): Promise<number> {
  const committed = world.intents().filter(({ outcome }) => outcome === "committed");
  const { spentCents, earnedCents } = sumsOf(
    committed.flatMap(({ body }) => body.areas.flatMap(({ effects }) => effects)),
  );
  const area = await world.shown();
  return spentCents - earnedCents + (area.reading.kind === "current" ? centsOf(area) : 0);
}

describe("a restored card with a counter", () => {
  const spoil = (world: CreditWorld) => world.counted(2);

  it("holds again what the books say, at the terminal that the credit names and at no other", async () => {
    const { world } = await repaired("MF0UL21", spoil);
    expect((await world.whole(1, spend())).report).toMatchObject({ ...refused, reason: "COUNTER_ROLLBACK" });
    const { world: after, report } = await world.whole(0, spend());
    expect(report).toMatchObject({ result: "done", spentCents: 4_000 });
    expect(centsOf(await after.shown())).toBe(1_000);
    const { forks, cents } = await after.books();
    expect([forks, cents]).toEqual([[], 1_000]);
  });

  it("is not restored again, however it is made unreadable after the money was spent", async () => {
    const { world } = await repaired("MF0UL21", spoil);
    const { world: spent } = await world.whole(0, spend());
    const { world: empty } = await spent.whole(1, sale(1_000));
    for (const made of [empty.counted(2), empty.counted(3), empty.changed(spoilt("MF0UL21"))]) {
      expect((await made.whole(0, spend())).report).toMatchObject({ ...refused, reason: "COUNTER_ROLLBACK" });
    }
    expect(await taken(empty)).toBe(5_000);
  });

  it("is not restored where he hid his records, showed them elsewhere and spent, and hid them again", async () => {
    const { before, world } = await repaired("MF0UL21", (one) => one.changed(spoilt("MF0UL21")));
    const dump = before.chip.dump();
    const shown = world.changed((chip) => chip.restore(dump));
    const { world: spent, report } = await shown.whole(1, spend());
    expect(report).toMatchObject({ result: "done", spentCents: 4_000 });
    for (let counts = 0; counts < 4; counts += 1) {
      const hidden = spent.changed(spoilt("MF0UL21")).counted(counts);
      expect((await hidden.whole(0, spend())).report).toMatchObject(refused);
    }
    expect(await taken(spent)).toBe(5_000);
  });

  it("gives its value once, wherever the restoring tap is torn and whatever he counts, shows and spends then", async () => {
    const { world } = await repaired("MF0UL21", spoil);
    const odd = await repaired("MF0UL21", (one) => one.counted(3));
    let stories = 0;
    for (const [name, from] of [["even", world] as const, ["odd", odd.world] as const]) {
      for (let operation = 0; ; operation += 1) {
        const cuts = (["before", "after"] as const).map(
          (when): TapCut => ({
            name: `${name} ${when} ${operation}`,
            what: "card",
            when,
            at: (_, seen) => seen.length === operation,
          }),
        );
        const torn = await Promise.all(cuts.map((cut) => from.tap(0, settle(), cut)));
        if (torn.every((one) => one === null)) break;
        for (const one of torn) {
          for (let counts = 0; counts < 5 && one !== null; counts += 1) {
            // He counts, spends where the card is taken, makes it unreadable again, and goes back to the first terminal.
            let now = one.world.counted(counts);
            now = (await now.whole(1, spend())).world;
            for (const change of [spoilt("MF0UL21"), () => {}]) {
              const again = await now.changed(change).whole(0, spend());
              const last = await again.world.whole(1, sale(1_000));
              expect(await taken(last.world), `${name}, ${operation}, ${counts}`).toBeLessThanOrEqual(5_000);
              expect(isForked(last.world.intents()), `${name}, ${operation}, ${counts}`).toBe(false);
              stories += 1;
            }
          }
        }
      }
    }
    console.log(`torn restore: ${stories} stories`);
    expect(stories).toBeGreaterThan(150);
  }, 600_000);
});

/** One move of a holder: a tap at one of three terminals, torn or whole, a dump put back, a count, or spoilt records. */
async function move(world: CreditWorld, chance: Chance, kept: Uint8Array[]): Promise<CreditWorld> {
  const drawn = chance.below(10);
  if (drawn < 5) {
    const request = [spend, () => sale(1_000), settle][chance.below(3)]!;
    const cut = [null, null, ...CUTS][chance.below(2 + CUTS.length)]!;
    const tapped = await world.tap(chance.below(3), request(), cut);
    kept.push((tapped?.world ?? world).chip.dump());
    return tapped?.world ?? world;
  }
  if (drawn < 8) return world.changed((chip) => chip.restore(kept[chance.below(kept.length)]!));
  return drawn === 8 ? world.counted(1) : world.changed(spoilt("MF0UL21"));
}

it("a restore credit gains nothing on a chip with a counter, in random stories", async () => {
  const stories = process.env.CACHET_SOAK === "1" ? 20_000 : 250;
  let [restored, readable] = [0, 0];
  for (let seed = 1; seed <= stories; seed += 1) {
    const chance = new Chance(seed);
    let before = await loaded("MF0UL21");
    const area = await before.shown();
    const kept = [before.chip.dump()];
    // A torn purchase may be under way when the office looks at the card, and the count anywhere.
    if (chance.happens(1, 2)) before = (await before.tap(1, spend(), CUTS[chance.below(2)]!))?.world ?? before;
    kept.push(before.chip.dump());
    const unreadable = before.changed(spoilt("MF0UL21")).counted(chance.below(3));
    let world = unreadable.with(listed(restoreOf(area, unreadable.chip.counter(2))));
    for (let step = 4 + chance.below(8); step > 0; step -= 1) world = await move(world, chance, kept);
    // He makes the most of it at last.
    for (const index of [0, 1, 2]) world = (await world.whole(index, spend())).world;
    expect(isForked(world.intents()), `seed ${seed}`).toBe(false);
    expect(await taken(world), `seed ${seed}`).toBeLessThanOrEqual(5_000);
    const effects = world.intents().filter(({ outcome }) => outcome === "committed");
    if (effects.some(({ body }) => body.areas[0]!.effects[0]?.type === "restore")) restored += 1;
    if ((await world.shown()).reading.kind === "current") readable += 1;
  }
  console.log(
    `MF0UL21: ${stories} stories of a thief with a restore credit, ${restored} restored, ${readable} end readable`,
  );
  expect(restored).toBeGreaterThan(stories / 10);
}, 3_600_000);

describe("a restored card without a counter", () => {
  const spoil = (world: CreditWorld) => world.changed(spoilt("NTAG215"));

  it("is not restored again at the terminal that did it, whatever became of the money", async () => {
    const { world } = await repaired("NTAG215", spoil);
    const { world: spent, report } = await world.whole(0, spend());
    expect(report).toMatchObject({ result: "done", spentCents: 4_000 });
    expect((await spent.changed(spoilt("NTAG215")).whole(0, spend())).report).toMatchObject(refused);
  });

  it("is not restored again once the terminal has seen so many cards since that it remembers no state of this one", async () => {
    const { world } = await repaired("NTAG215", spoil);
    const { world: spent } = await world.whole(0, spend());
    const busy = spent.afterwards(0, await manyVisits(spent.journal(0), CARDS_REMEMBERED + 1));
    const dump = spent.chip.dump();
    const [hidden, readable] = [busy.changed(spoilt("NTAG215")), busy.changed((chip) => chip.restore(dump))];
    expect((await hidden.whole(0, spend())).report).toMatchObject(refused);
    expect((await readable.whole(0, sale(1_000))).report).toMatchObject({ result: "done", spentCents: 1_000 });
  }, 120_000);

  it("torn after its record was whole, spent elsewhere, spoilt and finished: a roll-back's gain, and import finds the fork", async () => {
    const { world } = await repaired("NTAG215", spoil);
    const cut: TapCut = {
      name: "before it is read back",
      what: "card",
      when: "before",
      at: (kind, seen) => kind === "card-read" && seen.at(-1) === "card-write",
    };
    const torn = (await world.tap(0, settle(), cut))!.world;
    const { world: spent } = await torn.whole(1, spend());
    const { world: twice, report } = await spent.changed(spoilt("NTAG215")).whole(0, spend());
    expect(report).toMatchObject({ result: "done", spentCents: 4_000 });
    expect((await twice.books()).forks).toHaveLength(1);
  });
});

it("an older restore credit is over once there is a newer one, and a visit that the terminal saw later bars both", async () => {
  const before = await loaded("MF0UL21");
  const area = await before.shown();
  const counted = before.counted(2);
  const mine = restoreOf(area, counted.chip.counter(2));
  const lists = new HandList(numbered(PURSE, [mine, { ...mine, terminal: 2 } as Credit]));
  const world = counted.with([{ lists }, { lists }, { lists }]);
  expect((await world.whole(0, spend())).report).toMatchObject(refused);
  expect((await world.whole(1, spend())).report).toMatchObject({ result: "done", spentCents: 4_000 });

  // Terminal 1 itself made a visit that the office did not know of.
  const { world: later } = await before.whole(0, sale(500));
  const unknown = later.counted(2);
  const late = unknown.with(listed(restoreOf(area, unknown.chip.counter(2))));
  expect((await late.whole(0, spend())).report).toMatchObject({ ...refused, reason: "COUNTER_ROLLBACK" });
});

/** Terminal 1's journal after as many visits of other cards. */
async function manyVisits(journal: Uint8Array, visits: number): Promise<Uint8Array> {
  const file = journalFile(() => new Mishaps(), journal);
  const clock = { now: () => ({ utc: NOON, offset: 120, suspect: false }) };
  const keeper = await JournalKeeper.load(
    { journal: file, checkpoint: journalFile(() => new Mishaps()) },
    clock,
    1,
    testTerminalSigner(1).publicKey,
  );
  const state = { layout: 1, generation: 1, programme: PURSE, sequence: 1, terminal: 1, day: 1, credit: 0 };
  const record = packState({ ...state, predecessor: new Uint8Array(4), purses: [] }, 39);
  const [oldHash, newHash] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const area = { programme: PURSE, version: 1, area: 2, oldHash, newHash, oldSequence: 0, oldTerminal: 0, record };
  for (let card = 1; card <= visits; card += 1) {
    const sale = { lines: [], tip: 0, payable: 0 };
    const body = { card, uid: new Uint8Array(7), visit: 0, merchant: 1, sale, areas: [{ ...area, effects: [] }] };
    const number = await keeper.intend(encodeCbor(Intent.encode(body)));
    if (typeof number !== "number") throw new Error(number);
    await keeper.settle(number, PURSE, "committed");
  }
  return file.read();
}

/** Who stole the key of generation 1 can seal any record with it. Writes the record of a state anew, under another sequence. */
function forge(chip: Type2Chip, card: number, kind: Kind, sealed: Uint8Array, sequence: number): void {
  const bearer = { uid: chip.uid, card };
  const record = concat(sealed.subarray(0, 4), bigEndian(sequence, 3), sealed.subarray(7));
  const mac = seal(hmacSha256, cardKey(hmacSha256, testAreaKey(PURSE, 1), "area", bearer), bearer, record);
  const dump = chip.dump();
  const { first, last } = AREAS[kind];
  const slotBytes = ((last - first + 1) / 2) * PAGE_BYTES;
  expect(record.length + MAC_BYTES).toBe(slotBytes);
  const at = first * PAGE_BYTES;
  dump.set(concat(record, mac), at);
  dump.set(new Uint8Array(slotBytes), at + slotBytes);
  chip.restore(dump);
}

describe.each(["NTAG215", "MF0UL21"] as const)("a record of a revoked generation on an %s", (kind) => {
  const revoked = [{ programme: PURSE, generation: 1 }];
  const generation = 2;
  const withList = (credits: readonly Credit[]) => {
    const one = { generation, lists: new HandList(numbered(PURSE, credits), revoked) };
    return [one, one, one];
  };

  it("is neither spent nor written on without an adopt credit that names its very state", async () => {
    const world = await loaded(kind);
    const other: Credit = { kind: "adopt", state: new Uint8Array(32).fill(7) };
    for (const credits of [[], [cagnotte(500)], [other]]) {
      const tried = world.with(withList(credits));
      const dump = tried.chip.dump();
      const { world: after, report } = await tried.whole(0, spend());
      expect(report).toMatchObject({ ...refused, reason: "KEY_REVOKED" });
      expect(after.chip.dump()).toEqual(dump);
    }
  });

  it("is adopted once, at one of three terminals, and goes on at all of them", async () => {
    const world = await loaded(kind);
    const state = fromHex((await world.shown()).hash);
    const adopting = world.with(withList([{ kind: "adopt", state }]));
    const { world: adopted, report } = await adopting.whole(1, spend());
    expect(report).toMatchObject({ result: "done", spentCents: 4_000 });
    const { world: after } = await adopted.whole(2, sale(500));
    const area = await after.shown();
    if (area.reading.kind !== "current") throw new Error("no record");
    expect([area.reading.state.generation, area.reading.state.credit, centsOf(area)]).toEqual([2, 1, 500]);
    expect(appliedTimes(after.intents())).toEqual(new Map([[1, 1]]));
    expect((await after.books()).cents).toBe(500);
  });

  it("forged again by who stole the key: refused by its sequence on a chip with a counter, found as a fork elsewhere", async () => {
    const world = await loaded(kind);
    const area = await world.shown();
    if (area.reading.kind !== "current") throw new Error("no record");
    const { sealed, state } = area.reading;
    const adopt: Credit = { kind: "adopt", state: fromHex(area.hash), sequence: state.sequence };
    const { world: spent } = await world.with(withList([adopt])).whole(0, spend());
    const card = world.intents()[0]!.body.card;
    const sequence = kind === "MF0UL21" ? spent.chip.counter(2) : state.sequence;
    const forged = spent.changed((chip) => forge(chip, card, kind, sealed, sequence));
    const again = await forged.whole(1, spend());
    if (kind === "MF0UL21") expect(again.report).toMatchObject({ ...refused, reason: "KEY_REVOKED" });
    else expect((await again.world.books()).forks).toHaveLength(1);
  });

  it("is not gone on with by an intent from before the revocation", async () => {
    const world = await loaded(kind);
    const request = spend();
    const cut: TapCut = { name: "first write", what: "card", when: "before", at: (k) => k === "card-write" };
    const torn = (await world.tap(0, request, cut))!.world;
    expect((await torn.with(withList([])).whole(0, request)).report).toMatchObject({ reason: "KEY_REVOKED" });
    const state = fromHex((await torn.shown()).hash);
    const { world: after, report } = await torn.with(withList([{ kind: "adopt", state }])).whole(0, request);
    expect(report as VisitReport).toMatchObject({ result: "done", spentCents: 4_000 });
    expect(after.intents().map(({ outcome, credits }) => [outcome, credits])).toEqual([
      ["aborted", []],
      ["committed", [1]],
      ["committed", []],
    ]);
  });

  it("bars the terminal whose own generation it is", async () => {
    const world = await loaded(kind);
    const own = [{ lists: new HandList([], revoked) }];
    expect((await world.with(own).whole(0, spend())).report).toMatchObject({ ...refused, reason: "KEY_REVOKED" });
  });
});
