import type { CardLists } from "@cachet/firmware/hal";
import type { Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { entriesOf, shown } from "../fixtures/audit.ts";
import { BAKERY, buy, card, fixtureFile, imageOf, programmeFile, sale, TOWN, terminal } from "../fixtures/town.ts";

const MEMBERS = 36;
/** Lists that say nothing but the layout. */
const layout = (writeLayout: number): CardLists => ({
  onCard: () => ({ blocked: null, credits: [], revoked: [], listDays: 0, writeLayout }),
});
const layoutOn = async (chip: Type2Chip, programme: number) => {
  const { reading } = await shown(chip, programme);
  return reading.kind === "current" ? reading.state.layout : null;
};
const valueOn = async (chip: Type2Chip, programme: number) => (await shown(chip, programme)).purses;

describe("state layouts", () => {
  it("go from 1 to 2 as cards come, once the list says so, with the value as it was", async () => {
    const [before, after] = [await terminal(1, { lists: layout(1) }), await terminal(2, { lists: layout(2) })];
    const chip = await card(1);
    await before.visit(sale(20_000), chip);
    expect([await layoutOn(chip, BAKERY), await layoutOn(chip, TOWN)]).toEqual([1, 1]);
    expect(await valueOn(chip, TOWN)).toEqual([{ kind: "carrying-cagnotte", index: 0, cents: 1_000, remainder: 0 }]);
    expect(await after.visit(sale(2_000, 500), chip)).toMatchObject({ result: "done", spentCents: 500 });
    expect([await layoutOn(chip, BAKERY), await layoutOn(chip, TOWN)]).toEqual([2, 2]);
    expect(await valueOn(chip, TOWN)).toEqual([{ kind: "carrying-cagnotte", index: 0, cents: 575, remainder: 0 }]);
    // A terminal whose list is older still reads it, and writes what it may: nobody is sent away.
    expect(await before.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    expect(await layoutOn(chip, TOWN)).toBe(1);
    expect(await valueOn(chip, TOWN)).toEqual([{ kind: "carrying-cagnotte", index: 0, cents: 625, remainder: 0 }]);
  });

  it("that not every terminal reads yet are not written: the programme waits, the card goes on with the others", async () => {
    const image = await imageOf([fixtureFile("members"), programmeFile("ville")]);
    const both = { programmes: [MEMBERS, TOWN], image };
    const [early, later] = [
      await terminal(1, { ...both, lists: layout(1) }),
      await terminal(1, { ...both, lists: layout(2) }),
    ];
    const chip = await card(2, { chip: "NTAG216", areas: 2 });
    expect(await early.visit(sale(1_000), chip)).toMatchObject({ result: "done", committed: [TOWN] });
    expect(await valueOn(chip, MEMBERS)).toEqual([]);
    const noted = entriesOf(await early.journalBytes()).flatMap((entry) =>
      entry.kind === "refusal" ? [entry.body] : [],
    );
    expect(noted).toMatchObject([{ reason: "TO_REPLACE", programme: MEMBERS }]);
    const pack = buy(10_000, MEMBERS, "seances", 2);
    expect(await early.visit(pack, chip)).toMatchObject({
      result: "refused",
      reason: "LAYOUT_NOT_YET",
      giveBackCents: 10_000,
    });
    expect(await later.visit(buy(10_000, MEMBERS, "seances", 2), chip)).toMatchObject({ result: "done" });
    expect(await layoutOn(chip, MEMBERS)).toBe(2);
  });

  it("newer than the image knows are not written by it, whatever the list says", async () => {
    const shop = await terminal(1, { lists: layout(9) });
    const chip = await card(3);
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    expect(await layoutOn(chip, TOWN)).toBe(2);
  });

  it("do not fit where a programme has grown beyond its place: the old record stays, and the card is counted", async () => {
    const [small, grown] = [fixtureFile("stamps-shop"), fixtureFile("stamps-grown")];
    const chip = await card(4, { chip: "NTAG213", areas: 2 });
    const before = await terminal(1, { programmes: [31], image: await imageOf([small]) });
    expect(await before.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    const held = await valueOn(chip, 31);
    const after = await terminal(2, { programmes: [31], image: await imageOf([grown]) });
    expect(await after.visit(sale(1_000), chip)).toMatchObject({ result: "refused", reason: "TO_REPLACE" });
    expect(await valueOn(chip, 31)).toEqual(held);
    const noted = entriesOf(await after.journalBytes()).flatMap((entry) =>
      entry.kind === "refusal" ? [entry.body] : [],
    );
    expect(noted[0]).toMatchObject({ reason: "TO_REPLACE", programme: 31 });
    // The terminal that had it before still serves it.
    expect(await before.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
  });
});
