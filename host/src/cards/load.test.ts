import { CARD_MAPS, concat, PAGE_BYTES, type2 } from "@cachet/card-layout";
import { chipInField, Mishaps, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { CARD, chipWith, PASSWORD, sealedCard, UID, withBytes } from "../../../tests/fixtures/sealed-cards.ts";
import { testKeyRing } from "../keys/key-ring.ts";
import { dumpChip } from "./chip-dump.ts";
import type { ChipLink } from "./chip-link.ts";
import type { Type2Dump } from "./dumps/dump.ts";
import { masterKeysOf } from "./known-keys.ts";
import { loadPages, planLoad } from "./load.ts";
import { type CardInspection, readCard } from "./read.ts";

const map = CARD_MAPS.find(({ layout }) => layout === 3)!;
const AREA_0 = 0x18;
const older = sealedCard(map, {
  areas: [
    [
      { sequence: 41, amount: 1250 },
      { sequence: 40, amount: 5 },
    ],
  ],
});
const newer = sealedCard(map);

async function inspect(link: ChipLink): Promise<CardInspection> {
  const reading = await readCard(link, masterKeysOf(testKeyRing()));
  if (reading.result !== "read") throw new Error(reading.result);
  return reading.card;
}

async function pagesFor(chip: Type2Chip, dump: Type2Dump): Promise<readonly number[]> {
  const plan = planLoad(await inspect(chipInField(chip)), dump, map);
  if (plan.result !== "ready") throw new Error(plan.result);
  expect(plan.needsPassword).toBe(plan.pages.length > 0);
  return plan.pages;
}

const memoryOf = (dump: Type2Dump): Uint8Array => concat(...(dump.pages as Uint8Array[]));
const user = (memory: Uint8Array): Uint8Array => memory.slice(4 * PAGE_BYTES, 0x82 * PAGE_BYTES);

describe("writing a dump onto a card", () => {
  it("plans only pages that differ, the end of each slot last", async () => {
    const card = await inspect(chipInField(chipWith(newer)));
    const plan = planLoad(card, older, map);
    expect(plan).toMatchObject({ result: "ready", unknown: [], needsPassword: true });
    const pages = plan.result === "ready" ? plan.pages : [];
    expect(pages.every((page) => page >= AREA_0 && page < 0x78)).toBe(true);
    const ends = [0x1f, 0x27, 0x2f, 0x37, 0x47, 0x57, 0x67, 0x77];
    expect(pages.slice(-ends.length)).toEqual(ends);
    expect(pages.slice(0, -ends.length).some((page) => ends.includes(page))).toBe(false);
    expect(planLoad(card, newer, map)).toMatchObject({ pages: [] });
  });

  it("refuses another chip, locked pages that differ, and pages that cannot be read", async () => {
    const card = await inspect(chipInField(chipWith(newer)));
    expect(planLoad(card, sealedCard(CARD_MAPS[0]!), map)).toEqual({ result: "other-chip" });
    const other = sealedCard(map, { card: CARD + 10 });
    expect(planLoad(card, other, map)).toMatchObject({ result: "locked", pages: [6, 8, 9] });
    expect(planLoad({ ...card, pages: card.pages.with(0x20, null) }, older, map)).toEqual({
      result: "unreadable",
      pages: [0x20],
    });
  });

  it("leaves pages that the dump does not know, and needs no password below the protected ones", async () => {
    const card = await inspect(chipInField(chipWith(newer)));
    const holes = {
      ...withBytes(newer, 0x0a * 4, 3, 0, 0xfe),
      pages: withBytes(newer, 0x0a * 4, 3).pages.with(0x20, null),
    };
    const open = { ...card, access: { ...card.access!, firstProtected: 0x0b } };
    expect(planLoad(open, holes, map)).toEqual({
      result: "ready",
      pages: [0x0a],
      unknown: [0x20],
      needsPassword: false,
    });
  });

  it("writes, reads back, and touches neither locks, configuration nor password", async () => {
    const chip = chipWith(newer);
    const before = chip.dump();
    const told = await loadPages(chipInField(chip), older, await pagesFor(chip, older), PASSWORD);
    expect(told).toEqual({ result: "loaded" });
    expect(user(chip.dump())).toEqual(user(memoryOf(older)));
    expect(chip.dump().slice(0, 16)).toEqual(before.slice(0, 16));
    expect(chip.dump().slice(0x82 * 4)).toEqual(before.slice(0x82 * 4));
    expect(await loadPages(chipInField(chip), older, await pagesFor(chip, older), null)).toEqual({ result: "loaded" });
  });

  it("says when the chip takes neither the password nor a page", async () => {
    const chip = chipWith(newer);
    const pages = await pagesFor(chip, older);
    const wrong = { ...PASSWORD, password: Uint8Array.of(1, 2, 3, 4) };
    expect(await loadPages(chipInField(chip), older, pages, wrong)).toEqual({ result: "wrong-password" });
    expect(await loadPages(chipInField(chip), older, pages, null)).toEqual({
      result: "refused",
      page: pages[0],
      written: 0,
    });
    expect(chip.dump()).toEqual(chipWith(newer).dump());
  });

  it("cut at any command it says so, and the same load again finishes it", async () => {
    const count = (await pagesFor(chipWith(newer), older)).length;
    for (let at = 0; at <= count + 1; at += 1) {
      const chip = chipWith(newer);
      const pages = await pagesFor(chip, older);
      const cut = new Mishaps().at(at, { what: "card", when: "inside", torn: { page: "mixed", part: 128 } });
      const told = await loadPages(
        chipInField(chip, () => cut),
        older,
        pages,
        PASSWORD,
      );
      expect(told, `cut at ${at}`).toEqual({ result: "gone", written: Math.min(Math.max(0, at - 1), count) });
      expect(await loadPages(chipInField(chip), older, await pagesFor(chip, older), PASSWORD)).toEqual({
        result: "loaded",
      });
      expect(user(chip.dump()), `cut at ${at}`).toEqual(user(memoryOf(older)));
    }
  });

  it("says which pages read back otherwise", async () => {
    const chip = chipWith(newer);
    const pages = await pagesFor(chip, older);
    const link = chipInField(chip);
    const forgetful: ChipLink = {
      uid: UID,
      exchange: (commands) =>
        link.exchange(commands.map((one) => (one[0] === 0xa2 && one[1] === pages[1] ? type2.read(4) : one))),
    };
    expect(await loadPages(forgetful, older, pages, PASSWORD)).toEqual({ result: "differs", pages: [pages[1]] });
  });
});

describe("taking a dump", () => {
  it.each(CARD_MAPS)("of layout $layout on $chip gives what the chip gives, without its password", async (one) => {
    const chip = new Type2Chip(one.chip, UID, { signature: new Uint8Array(32).fill(7), counters: [1, 2, 42] });
    chip.restore(memoryOf(sealedCard(one)));
    chip.select();
    const told = await dumpChip(chipInField(chip));
    if (told.result !== "read") throw new Error(told.result);
    expect(memoryOf(told.dump)).toEqual(chip.dump());
    expect(told.dump.signature).toEqual(new Uint8Array(32).fill(7));
    const counters = one.chip.startsWith("NTAG")
      ? [null, null, null]
      : [1, 2, 42].map((value) => ({ value, tearing: 0xbd }));
    expect(told.dump.counters).toEqual(counters);
  });

  it("finds a page that reads differently each time", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    chip.tear(type2.write(0x18, Uint8Array.of(1, 2, 3, 4)), "weak");
    chip.select();
    expect(await dumpChip(chipInField(chip))).toEqual({ result: "unsteady", pages: [0x18] });
  });

  it("says when the card left, whichever command it was", async () => {
    const seen = new Mishaps();
    await dumpChip(chipInField(new Type2Chip("MF0UL21", UID), () => seen));
    for (let at = 0; at < seen.seen.length; at += 1) {
      const mishaps = new Mishaps().at(at, { what: "card", when: "before" });
      expect(await dumpChip(chipInField(new Type2Chip("MF0UL21", UID), () => mishaps)), `at ${at}`).toEqual({
        result: "gone",
      });
    }
  });

  it("knows nothing of another chip", async () => {
    const foreign = new Type2Chip("NTAG213", UID, { version: Uint8Array.of(0, 0x53, 4, 2, 9, 0, 0x0f, 3) });
    expect(await dumpChip(chipInField(foreign))).toEqual({ result: "unknown-chip" });
  });
});
