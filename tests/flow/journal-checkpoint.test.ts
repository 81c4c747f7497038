import { describe, expect, it } from "vitest";
import { SimTimer } from "../../terminal-sim/src/device/timer.ts";
import { card, sale, terminal } from "../fixtures/town.ts";

const IDLE_MS = 2_000;

describe("a terminal's checkpoint of its journal", () => {
  it("is written while nobody is served, and the next start goes on from it", async () => {
    const timer = new SimTimer();
    const shop = await terminal(1, { timer });
    const chip = await card(1);
    const size = () => shop.storage.file("checkpoint").size();
    const settled = async () => {
      for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    const visit = async () => {
      expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    };
    while (shop.entryCount < 253) await visit();
    expect(shop.entryCount).toBeLessThan(256);
    timer.advance(IDLE_MS);
    await settled();
    expect(size()).toBe(0);
    await visit();
    // In the middle of a visit it waits.
    const file = shop.storage.file("journal");
    const append = file.append.bind(file);
    file.append = async (bytes) => {
      timer.advance(IDLE_MS);
      await append(bytes);
    };
    await visit();
    file.append = append;
    await settled();
    expect(size()).toBe(0);
    timer.advance(IDLE_MS);
    await settled();
    expect(size()).toBeGreaterThan(0);
    const before = { entries: shop.entryCount, journal: await shop.journalBytes() };
    shop.powerOff();
    const journal = shop.storage.file("journal");
    const read = journal.read.bind(journal);
    let reads = 0;
    journal.read = () => {
      reads += 1;
      return read();
    };
    await shop.powerOn();
    expect(reads).toBe(0);
    await visit();
    expect(shop.entryCount).toBeGreaterThan(before.entries);
    expect((await shop.journalBytes()).subarray(0, before.journal.length)).toEqual(before.journal);
    shop.powerOff();
  });
});
