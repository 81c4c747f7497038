import { CARD_MAPS, type CardMap } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import {
  CARD,
  type CardOrder,
  type SlotOrder,
  sealedCard,
  UID,
  withBytes,
} from "../../../tests/fixtures/sealed-cards.ts";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import { type CardDifference, cardDifference } from "./difference.ts";
import type { Type2Dump } from "./dumps/dump.ts";
import { DumpLink } from "./dumps/dump-link.ts";
import { type CardInspection, readCard } from "./read.ts";

const ntag215 = CARD_MAPS.find(({ layout }) => layout === 3)!;
const ev1 = CARD_MAPS.find(({ layout }) => layout === 5)!;
const OTHER = UID.with(6, 9);

async function inspect(dump: Type2Dump): Promise<CardInspection> {
  const reading = await readCard(new DumpLink(dump), { card: testCardKey, area: testAreaKey });
  if (reading.result !== "read") throw new Error(reading.result);
  return reading.card;
}

const compare = async (a: Type2Dump, b: Type2Dump): Promise<CardDifference> =>
  cardDifference(await inspect(a), await inspect(b));

const slot = (sequence: number, amount: number, more: Partial<SlotOrder> = {}): SlotOrder => ({
  sequence,
  amount,
  ...more,
});
const card = (map: CardMap, areas: CardOrder["areas"], more: Omit<CardOrder, "areas"> = {}): Type2Dump =>
  sealedCard(map, { ...more, ...(areas === undefined ? {} : { areas }) });

describe("two inspections of one card", () => {
  it("of the same memory differ in nothing", async () => {
    for (const map of CARD_MAPS) {
      const difference = await compare(sealedCard(map), sealedCard(map));
      expect(difference).toMatchObject({ card: "same", counters: [], ranges: [] });
      expect(difference.programmes.map(({ relation }) => relation)).toEqual(map.areas.map(() => "same"));
    }
  });

  it("one write apart: sequence, terminal and purses, and that one follows the other", async () => {
    const before = card(ntag215, [[slot(41, 1250), null]]);
    const after = card(ntag215, [[slot(41, 1250), slot(42, 950, { terminal: 43 })]]);
    const forwards = await compare(before, after);
    expect(forwards.ranges).toEqual([]);
    expect(forwards.programmes).toEqual([
      expect.objectContaining({ programme: 20, relation: "a-older", writes: 1, follows: true }),
    ]);
    const [difference] = (await compare(after, before)).programmes;
    expect(difference).toMatchObject({ relation: "b-older", writes: 1, follows: true });
    expect(difference!.a).toMatchObject({ sequence: 42, terminal: 43 });
    expect(difference!.b).toMatchObject({ sequence: 41, terminal: 42 });
    expect(difference!.purses).toMatchObject([
      { kind: "carrying-cagnotte", index: 0, a: { cents: 950 }, b: { cents: 1250 } },
    ]);
  });

  it("several writes apart tells how many, and nothing of what follows what", async () => {
    const old = card(ntag215, [[slot(39, 100), slot(38, 50)]]);
    const [difference] = (await compare(sealedCard(ntag215), old)).programmes;
    expect(difference).toMatchObject({ relation: "b-older", writes: 3, follows: null });
  });

  it("two histories: one sequence twice, or a next record that names another one", async () => {
    const twice = await compare(
      card(ntag215, [[slot(41, 10), slot(42, 20)]]),
      card(ntag215, [[slot(41, 10), slot(42, 30)]]),
    );
    expect(twice.programmes[0]).toMatchObject({ relation: "forked", writes: 0 });
    const stranger = await compare(
      card(ntag215, [[slot(41, 10), null]]),
      card(ntag215, [[slot(41, 11), slot(42, 30)]]),
    );
    expect(stranger.programmes[0]).toMatchObject({ relation: "forked", writes: 1, follows: false });
  });

  it("on a chip with counters: at most half as many writes, and the counters", async () => {
    const before = card(ev1, [[slot(40, 10), null]], { counters: [40, 0] });
    const after = card(ev1, [[slot(40, 10), slot(42, 20)]], { counters: [43, 0], tearing: 0 });
    const difference = await compare(before, after);
    expect(difference.programmes[0]).toMatchObject({ relation: "a-older", writes: 1, follows: true });
    expect(difference.counters).toEqual([{ number: 2, a: { value: 40, torn: false }, b: { value: 43, torn: true } }]);
  });

  it("a programme that only one of them has", async () => {
    const difference = await compare(
      card(ntag215, [[slot(1, 10), null]]),
      card(ntag215, [
        [slot(1, 10), null],
        [slot(1, 5), null],
      ]),
    );
    expect(difference.programmes.map(({ programme, relation }) => [programme, relation])).toEqual([
      [20, "same"],
      [21, "only-b"],
    ]);
    expect(difference.ranges!.map(({ part }) => part)).toEqual(["area 1 slot A"]);
  });

  it("a record that was only sealed again is the same", async () => {
    const again = await compare(
      card(ntag215, [[slot(41, 10), null]]),
      card(ntag215, [[slot(41, 10, { generation: 2 }), null]]),
    );
    expect(again.programmes[0]).toMatchObject({ relation: "same" });
  });

  it("bytes outside of compared records, by name", async () => {
    const dump = sealedCard(ntag215);
    const changed = withBytes(withBytes(dump, 0x0a * 4, 3, 0, 0xfe), 0x83 * 4 + 3, 0xff);
    expect((await compare(dump, changed)).ranges).toEqual([
      { part: "NDEF", names: ["web address"] },
      { part: "configuration", names: ["AUTH0"] },
    ]);
  });

  it("an area that cannot be read as a record is told by its bytes", async () => {
    const dump = sealedCard(ntag215);
    const spoilt = withBytes(withBytes(dump, 0x18 * 4 + 17, 0xff), 0x20 * 4 + 17, 0xff);
    const difference = await compare(dump, spoilt);
    expect(difference.programmes[0]).toMatchObject({ programme: 20, relation: "only-a" });
    expect(difference.ranges!.map(({ part }) => part)).toEqual(["area 0 slot A", "area 0 slot B"]);
    expect((await compare(spoilt, withBytes(spoilt, 0x18 * 4 + 18, 0xfe))).ranges!.map(({ part }) => part)).toEqual([
      "area 0 slot A",
    ]);
  });

  it("a page that only one knows is a difference", async () => {
    const dump = sealedCard(ntag215);
    const holes = { ...dump, pages: dump.pages.with(0x79, null) };
    expect((await compare(dump, holes)).ranges).toEqual([{ part: "memory", names: ["free"] }]);
  });
});

describe("which card it is", () => {
  it("same, another, or a copy on another chip", async () => {
    const dump = sealedCard(ntag215);
    expect((await compare(dump, sealedCard(ntag215, { uid: OTHER }))).card).toBe("copy");
    expect((await compare(dump, sealedCard(ntag215, { uid: OTHER, card: CARD + 10 }))).card).toBe("other");
    expect((await compare(dump, sealedCard(ntag215, { card: CARD + 10 }))).card).toBe("other");
    const other = await compare(dump, sealedCard(ev1, { uid: OTHER }));
    expect(other).toMatchObject({ card: "copy", ranges: null });
  });
});
