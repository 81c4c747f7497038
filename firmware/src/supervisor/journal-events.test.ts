import { describe, expect, it } from "vitest";
import { refusalBody } from "../../../tests/fixtures/journal-bodies.ts";
import { DAY, IMAGE, JournalDesk, NOON, OTHER_IMAGE } from "../../../tests/fixtures/journal-desk.ts";
import { EQUAL_REFUSALS_PER_DAY } from "../hal/index.ts";
import { decodeEntry } from "../wire/index.ts";

describe("equal refusals", () => {
  it("of one chip for one reason are journalled so often a day and no more, also after a restart", async () => {
    const desk = await JournalDesk.open();
    for (let tap = 0; tap < 3; tap += 1) await desk.keeper.refuse(refusalBody(1));
    await desk.restart();
    for (let tap = 0; tap < 20; tap += 1) await desk.keeper.refuse(refusalBody(1));
    expect(EQUAL_REFUSALS_PER_DAY).toBe(5);
    expect(desk.keeper.count).toBe(5);
    await desk.keeper.refuse(refusalBody(1, "NO_ROOM"));
    await desk.keeper.refuse(refusalBody(2));
    expect(desk.keeper.count).toBe(7);
    desk.clock.utc += DAY;
    await desk.keeper.refuse(refusalBody(1));
    expect(desk.keeper.count).toBe(8);
  });

  it("of images and lists as well, but not what changed", async () => {
    const desk = await JournalDesk.open();
    for (let push = 0; push < 20; push += 1) {
      await desk.keeper.noteImage({ what: "refused", to: IMAGE, reason: "older-counter" });
      await desk.keeper.noteList({ list: IMAGE, reason: "bad-signature" });
    }
    expect(desk.keeper.count).toBe(10);
    for (let push = 0; push < 20; push += 1) {
      await desk.keeper.noteImage({ what: "confirmed", from: IMAGE, to: OTHER_IMAGE });
      await desk.keeper.noteList({ list: IMAGE, version: push });
    }
    expect(desk.keeper.count).toBe(50);
  });
});

describe("events", () => {
  it("are stored with what is known of them", async () => {
    const desk = await JournalDesk.open();
    const { keeper } = desk;
    await keeper.powerUp(IMAGE);
    desk.clock.suspect = true;
    await keeper.powerUp(IMAGE, "cut");
    await keeper.noteClock({ before: 1_000, after: NOON, by: "office", wasSuspect: true });
    await keeper.noteImage({ what: "reverted", from: OTHER_IMAGE, to: IMAGE, reason: "watchdog" });
    await keeper.noteList({ list: OTHER_IMAGE, version: 7, base: 6 });
    await keeper.noteProvision({
      serial: "CX-0042",
      cardGeneration: 1,
      programmes: [{ programme: 11, generation: 2 }],
    });
    const entries = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (number) => decodeEntry(await keeper.entry(number))),
    );
    expect(entries.map(({ kind, body }) => [kind, body])).toEqual([
      ["power-up", { image: IMAGE }],
      ["power-up", { image: IMAGE, clockSuspect: true, lastStop: "cut" }],
      ["clock-change", { before: 1_000, after: NOON, by: "office", wasSuspect: true }],
      ["image-change", { what: "reverted", from: OTHER_IMAGE, to: IMAGE, reason: "watchdog" }],
      ["list-change", { list: OTHER_IMAGE, version: 7, base: 6 }],
      ["provisioned", { serial: "CX-0042", cardGeneration: 1, programmes: [{ programme: 11, generation: 2 }] }],
    ]);
  });
});
