import { describe, expect, it } from "vitest";
import { DAY, IMAGE, JournalDesk, NOON, SMALL } from "../../../tests/fixtures/journal-desk.ts";
import { SYSTEM_ENTRY_BYTES_MAX } from "../hal/index.ts";

describe("marks", () => {
  it("collected: by range and head hash, only where nothing before it is missing, and never back", async () => {
    const desk = await JournalDesk.open();
    const { keeper } = desk;
    for (let sale = 0; sale < 3; sale += 1) await desk.sale();
    const [two, four, six] = [await desk.hashOf(2), await desk.hashOf(4), await desk.hashOf(6)];
    expect(keeper.uncollected()).toEqual({ first: 1, last: 6 });
    for (const last of [0, 7, -1, 1.5]) expect(await keeper.markCollected(1, last, two)).toBe("no-such-entry");
    expect(await keeper.markCollected(1, 2, four)).toBe("other-hash");
    expect(await keeper.markCollected(1, 2, two.subarray(1))).toBe("other-hash");
    expect(await keeper.markCollected(2, 4, four)).toBe("gap");
    expect(keeper.status()).toMatchObject({ collectedTo: 0, releasedTo: 0 });
    expect(await keeper.markCollected(1, 4, four)).toBe("marked");
    expect(await keeper.markCollected(1, 2, two)).toBe("unchanged");
    expect(await keeper.markCollected(6, 6, six)).toBe("gap");
    expect(keeper.uncollected()).toEqual({ first: 5, last: 6 });
    expect(await keeper.markCollected(3, 6, six)).toBe("marked");
    expect(keeper.uncollected()).toBeNull();
    expect(keeper.status()).toMatchObject({ first: 1, last: 6, collectedTo: 6, releasedTo: 0, head: six });
    await desk.restart();
    expect(desk.keeper.status()).toMatchObject({ collectedTo: 6, releasedTo: 0, head: six });
  });

  it("released: by the hash of an entry that is there, and never back; what is released is collected", async () => {
    const desk = await JournalDesk.open();
    const { keeper } = desk;
    for (let sale = 0; sale < 3; sale += 1) await desk.sale();
    const [two, four] = [await desk.hashOf(2), await desk.hashOf(4)];
    for (const to of [0, 7, 2.5]) expect(await keeper.release(to, two)).toBe("no-such-entry");
    expect(await keeper.release(4, two)).toBe("other-hash");
    expect(await keeper.release(4, four)).toBe("marked");
    const bytes = desk.file.bytes.length;
    expect(await keeper.release(4, four)).toBe("unchanged");
    expect(await keeper.release(2, two)).toBe("unchanged");
    expect(await keeper.release(2, four)).toBe("other-hash");
    expect(desk.file.bytes.length).toBe(bytes);
    await desk.restart();
    expect(desk.keeper.status()).toMatchObject({ first: 1, last: 6, collectedTo: 4, releasedTo: 4 });
  });

  it("reading a range marks nothing, and a mark releases nothing", async () => {
    const desk = await JournalDesk.open(SMALL);
    await desk.fill();
    const { last, head } = desk.keeper.status();
    expect(desk.collect(1, last)).toMatchObject({ first: 1, last });
    expect(desk.keeper.status()).toMatchObject({ collectedTo: 0, releasedTo: 0 });
    expect(await desk.keeper.markCollected(1, last, head)).toBe("marked");
    expect(await desk.sale()).toBe("full");
    expect(desk.keeper.status()).toMatchObject({ first: 1, last, releasedTo: 0 });
  });

  it("keep apart a hundred receipts of a month, and forget only when they came", async () => {
    const desk = await JournalDesk.open({ capacity: 1_000 });
    for (let receipt = 0; receipt < 150; receipt += 1) {
      await desk.sale();
      desk.clock.utc += 3_600;
      await desk.releaseAll();
    }
    await desk.restart();
    expect(desk.keeper.status()).toMatchObject({ last: 300, releasedTo: 300 });
  });
});

describe("a journal that is full", () => {
  it("refuses visits, but never an outcome or an entry of the supervisor, and overwrites nothing", async () => {
    const desk = await JournalDesk.open(SMALL);
    const open = (await desk.intend(3, 11, 20)) as number;
    await desk.fill();
    const before = desk.keeper.count;
    expect(await desk.intend(2, 11)).toBe("full");
    await desk.keeper.settle(open, 20, "aborted");
    for (let start = 0; start < 100; start += 1) await desk.keeper.powerUp(IMAGE);
    await desk.keeper.noteClock({ before: 1, after: NOON, by: "installer", installer: 3 });
    expect(desk.keeper.status()).toMatchObject({ first: 1, last: before + 102 });
    await desk.keeper.settle(open, 11, "committed");
    await desk.restart();
    expect(desk.keeper.status()).toMatchObject({ first: 1, last: before + 103, openAreas: 0, isNearlyFull: true });
  });

  it("drops the oldest released entries, a step of them, and goes on", async () => {
    const desk = await JournalDesk.open(SMALL);
    await desk.fill();
    const before = desk.keeper.count;
    const stored = await Promise.all(Array.from({ length: before }, (_, i) => desk.keeper.entry(i + 1)));
    await desk.release(before - 4);
    expect(await desk.sale()).toBe(before + 1);
    // A sixteenth of a hundred entries, rounded up.
    expect(desk.keeper.status()).toMatchObject({ first: 8, last: before + 2 });
    for (let number = 8; number <= before; number += 1) {
      expect(await desk.keeper.entry(number)).toEqual(stored[number - 1]);
    }
    expect(desk.collect(7, 9)).toBe("dropped");
    const sales = await desk.fill();
    // All of the released ones went, step by step; the four that are not released are there.
    expect(desk.keeper.status().first).toBe(before - 3);
    expect(desk.file.replaced).toBe(1 + Math.ceil((before - 4) / 7));
    expect(sales).toBeGreaterThan(10);
    await desk.restart();
    expect(desk.keeper.status().first).toBe(before - 3);
    expect(await desk.sale()).toBe("full");
  });

  it("carries an open intent past a drop, whole: it is settled later, and the terminal goes on selling meanwhile", async () => {
    const desk = await JournalDesk.open(SMALL);
    for (let sale = 0; sale < 5; sale += 1) await desk.sale();
    const open = (await desk.intend(3, 11)) as number;
    const stored = await desk.keeper.entry(open);
    await desk.fill();
    await desk.releaseAll();
    await desk.fill();
    expect(desk.keeper.status().first).toBeGreaterThan(open);
    await desk.restart();
    expect(await desk.keeper.entry(open)).toEqual(stored);
    expect(desk.keeper.status().openAreas).toBe(1);
    await desk.keeper.settle(open, 11, "aborted");
    expect(desk.keeper.status().openAreas).toBe(0);
  });

  it("is bounded in bytes, too: a drop makes room, and nothing but system entries goes beyond", async () => {
    const bytesMax = 64 * SYSTEM_ENTRY_BYTES_MAX + 20_000;
    const desk = await JournalDesk.open({ bytesMax });
    const sales = await desk.fill();
    expect(sales).toBeGreaterThan(20);
    expect(desk.file.bytes.length).toBeLessThan(20_000);
    expect(desk.keeper.status()).toMatchObject({ first: 1, isNearlyFull: false });
    await desk.releaseAll();
    desk.clock.utc += 2 * DAY;
    // The memory of three cards takes the place of what is dropped.
    expect(await desk.fill()).toBeGreaterThan(sales - 5);
    expect(desk.file.bytes.length).toBeLessThan(20_000);
    expect(desk.keeper.status().first).toBeGreaterThan(1);
    await desk.restart();
    expect(await desk.sale()).toBe("full");
  });

  it("tries a drop that frees nothing once, not at every tap", async () => {
    const desk = await JournalDesk.open({ capacity: 1_000, bytesMax: 64 * SYSTEM_ENTRY_BYTES_MAX + 4_000 });
    await desk.fill();
    await desk.releaseAll();
    await desk.fill();
    const { replaced } = desk.file;
    for (let tap = 0; tap < 5; tap += 1) expect(await desk.sale()).toBe("full");
    expect(desk.file.replaced).toBe(replaced);
  });
});

describe("a journal that is nearly full", () => {
  /** Nine tenths of 1 000 entries, half of them released. */
  async function nineTenths(): Promise<JournalDesk> {
    const desk = await JournalDesk.open({ capacity: 1_000 });
    for (let sale = 0; sale < 450; sale += 1) await desk.sale();
    return desk;
  }

  it("warns from nine tenths on, but not of what could go", async () => {
    const desk = await JournalDesk.open({ capacity: 1_000 });
    while (desk.keeper.count < 899) await desk.keeper.powerUp(IMAGE);
    expect(desk.keeper.status().isNearlyFull).toBe(false);
    await desk.keeper.powerUp(IMAGE);
    expect(desk.keeper.status().isNearlyFull).toBe(true);
    await desk.release(1);
    expect(desk.keeper.status()).toMatchObject({ isNearlyFull: false, capacity: 1_000 });
  });

  it("drops what was released a month ago, and nothing younger", async () => {
    const desk = await nineTenths();
    await desk.release(300);
    desk.clock.utc += 10 * DAY;
    await desk.release(500);
    desk.clock.utc += 20 * DAY - 1;
    await desk.sale();
    expect(desk.keeper.status().first).toBe(1);
    desk.clock.utc += 1;
    await desk.sale();
    expect(desk.keeper.status().first).toBe(301);
    expect(desk.file.replaced).toBe(2);
  });

  it("makes room at a start, while nobody waits", async () => {
    const desk = await nineTenths();
    await desk.release(300);
    desk.clock.utc += 30 * DAY;
    await desk.restart();
    await desk.keeper.powerUp(IMAGE);
    expect(desk.keeper.status().first).toBe(301);
  });

  it("waits with a drop until it frees a sixteenth, and keeps everything while there is room", async () => {
    const desk = await nineTenths();
    await desk.release(50);
    desk.clock.utc += 40 * DAY;
    await desk.sale();
    expect(desk.keeper.status().first).toBe(1);
    const roomy = await JournalDesk.open({ capacity: 2_000 });
    for (let sale = 0; sale < 450; sale += 1) await roomy.sale();
    await roomy.releaseAll();
    roomy.clock.utc += 40 * DAY;
    await roomy.sale();
    expect(roomy.keeper.status().first).toBe(1);
  });

  it("takes nothing for long ago when the clock fell back", async () => {
    const desk = await nineTenths();
    await desk.release(300);
    desk.clock.utc = 1_000;
    await desk.sale();
    expect(desk.keeper.status().first).toBe(1);
  });
});
