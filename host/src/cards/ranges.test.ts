import {
  CARD_MAPS,
  type Chip,
  CONFIG_PAGES,
  concat,
  dayOfCivil,
  PAGE_BYTES,
  packUrl,
  uidCheckBytes,
} from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealedCard, UID } from "../../../tests/fixtures/sealed-cards.ts";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import { asBytes, type ByteRange, placed } from "./byte-field.ts";
import type { Type2Dump } from "./dumps/dump.ts";
import { DumpLink } from "./dumps/dump-link.ts";
import { rangesOf } from "./ranges.ts";
import { type CardInspection, type MasterKeys, readCard } from "./read.ts";

const KEYS: MasterKeys = { card: testCardKey, area: testAreaKey };

async function inspect(dump: Type2Dump, keys: MasterKeys = KEYS): Promise<CardInspection> {
  const reading = await readCard(new DumpLink(dump), keys);
  if (reading.result !== "read") throw new Error(reading.result);
  return reading.card;
}

/** Every byte of the memory once, in order, and each range in the page it says. */
function expectWhole(ranges: readonly ByteRange[], chip: Chip): void {
  let at = 0;
  for (const { firstByte, length, page } of ranges) {
    expect(firstByte).toBe(at);
    expect(length).toBeGreaterThan(0);
    expect(page).toBe(Math.floor(at / PAGE_BYTES));
    at += length;
  }
  expect(at).toBe(CONFIG_PAGES[chip].pages * PAGE_BYTES);
}

const valueIn = (ranges: readonly ByteRange[], part: string, name: string) =>
  ranges.find((range) => range.part === part && range.name === name)?.value;

describe("every byte of a card has a name", () => {
  it.each(CARD_MAPS)("on layout $layout of $chip, with and without keys", async (map) => {
    const dump = sealedCard(map);
    for (const keys of [KEYS, { card: () => null, area: () => null }]) {
      const card = await inspect(dump, keys);
      expect(card.map).toEqual(map);
      const ranges = rangesOf(card);
      expectWhole(ranges, map.chip);
      expect(ranges.filter(({ value }) => value.is === "unknown")).toEqual([]);
      for (const index of map.areas.keys())
        expect(valueIn(ranges, `area ${index} slot A`, "MAC")).toEqual({
          is: "text",
          text: keys === KEYS ? "right" : "not checkable without the area key",
        });
    }
  });

  it.each(Object.keys(CONFIG_PAGES) as Chip[])(
    "on a %s that holds anything, with pages that are not known",
    async (chip) => {
      const count = CONFIG_PAGES[chip].pages;
      const identities = CARD_MAPS.filter((map) => map.chip === chip).map((map) => sealedCard(map).pages);
      const page = fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { freq: 12 });
      const mixed = fc.tuple(
        fc.array(page, { minLength: count, maxLength: count }),
        fc.constantFrom(...identities),
        fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      );
      await fc.assert(
        fc.asyncProperty(mixed, async ([strange, ours, keeps]) => {
          const head = sealedCard(CARD_MAPS.find((map) => map.chip === chip)!).pages.slice(0, 3);
          const pages = strange.map((four, i) => head[i] ?? (keeps[i] ? ours[i]! : four));
          const ranges = rangesOf(await inspect({ ...sealedCard(CARD_MAPS[0]!), version: null, chip, pages }));
          expectWhole(ranges, chip);
          for (const { firstByte, length, value } of ranges) {
            const touched = pages.slice(Math.floor(firstByte / 4), Math.ceil((firstByte + length) / 4));
            expect(value.is === "unknown", `byte ${firstByte}`).toBe(touched.includes(null));
          }
        }),
        { numRuns: 150 },
      );
    },
  );

  it("on memory whose layout and state records change byte by byte", async () => {
    const dump = sealedCard(CARD_MAPS[2]!);
    const memory = concat(...(dump.pages as Uint8Array[]));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 12, max: memory.length - 9 }), fc.nat(255), async (at, byte) => {
        const changed = memory.with(at, byte);
        const pages = dump.pages.map((_, i) => changed.slice(4 * i, 4 * i + 4));
        expectWhole(rangesOf(await inspect({ ...dump, pages })), "NTAG215");
      }),
      { numRuns: 400 },
    );
  });
});

describe("what the names say", () => {
  it("identity, purses with their amounts, verdicts", async () => {
    const ranges = rangesOf(await inspect(sealedCard(CARD_MAPS[2]!)));
    expect(valueIn(ranges, "chip", "UID")).toEqual({ is: "bytes", bytes: UID.slice(0, 3) });
    expect(valueIn(ranges, "chip", "check byte 1")).toEqual({ is: "text", text: "right" });
    expect(valueIn(ranges, "identity", "issuer")).toEqual({ is: "number", number: 1 });
    expect(valueIn(ranges, "identity", "issued")).toEqual({ is: "day", day: dayOfCivil(2026, 6, 1) });
    expect(valueIn(ranges, "identity", "MAC")).toEqual({ is: "text", text: "right" });
    expect(valueIn(ranges, "area 0 slot A", "sequence")).toEqual({ is: "number", number: 41 });
    expect(valueIn(ranges, "area 0 slot B", "sequence")).toEqual({ is: "number", number: 42 });
    expect(valueIn(ranges, "area 0 slot B", "carrying-cagnotte")).toEqual({ is: "cents", cents: 1250 });
    expect(ranges.find(({ name }) => name === "carrying-cagnotte")).toMatchObject({ length: 4 });
    expect(valueIn(ranges, "configuration", "password")).toEqual({ is: "text", text: "not readable" });
    expect(valueIn(ranges, "NDEF", "web address")).toEqual({ is: "text", text: "blank" });
    expect(valueIn(ranges, "memory", "free")).toEqual({ is: "text", text: "zero" });
  });

  it("a wrong MAC, a wrong check byte, a web address", async () => {
    const dump = sealedCard(CARD_MAPS[2]!);
    const memory = concat(...(dump.pages as Uint8Array[]));
    memory[4 * 0x18 + 20]! ^= 1;
    memory[4 * 4 + 12]! ^= 1;
    memory[8] = uidCheckBytes(UID).bcc1 ^ 1;
    memory.set(packUrl("https://example.org/c", 56), 4 * 0x0a);
    const pages = dump.pages.map((_, i) => memory.slice(4 * i, 4 * i + 4));
    const ranges = rangesOf(await inspect({ ...dump, pages }));
    expect(valueIn(ranges, "area 0 slot A", "MAC")).toEqual({ is: "text", text: "wrong" });
    expect(valueIn(ranges, "area 0 slot B", "MAC")).toEqual({ is: "text", text: "right" });
    expect(valueIn(ranges, "chip", "check byte 1")).toEqual({ is: "text", text: "wrong" });
    expect(valueIn(ranges, "NDEF", "web address")).toEqual({ is: "text", text: "https://example.org/c" });
  });

  it("no value holds bytes of a MAC", async () => {
    for (const map of CARD_MAPS) {
      const card = await inspect(sealedCard(map));
      const said = JSON.stringify(rangesOf(card), (_, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
      );
      const macs: Uint8Array[] = card.areas.flatMap(({ slots }) => slots.map(({ bytes }) => bytes.slice(-8)));
      if (card.identity.kind === "record") macs.push(card.identity.identity.mac);
      for (const mac of macs) {
        const hex = Buffer.from(mac).toString("hex");
        if (hex !== "0000000000000000") expect(said).not.toContain(hex.slice(0, 8));
      }
    }
  });

  it("a field that lies over an unknown page is unknown, its neighbours are not", () => {
    const field = (name: string, length: number) => ({
      length,
      name,
      part: "p",
      read: asBytes,
    });
    const ranges = placed(
      [field("a", 3), field("b", 3), field("c", 6)],
      [Uint8Array.of(1, 2, 3, 4), null, Uint8Array.of(5, 6, 7, 8)],
    );
    expect(ranges.map(({ value }) => value.is)).toEqual(["bytes", "unknown", "unknown"]);
  });
});
