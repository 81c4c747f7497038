import { describe, expect, it } from "vitest";
import { earned, freshCard } from "../../../../tests/fixtures/hand-journal.ts";
import { DAY, HOUR, NOON, OfficeNights } from "../../../../tests/fixtures/office-nights.ts";
import { closeTo, firstOpenDay } from "../closings.ts";
import { importBatch } from "../import.ts";
import { LIMITS } from "./finding.ts";

const CARD = freshCard(77, 20);
const IMAGE = new Uint8Array(32);

describe("a terminal's clock", () => {
  it("that was reset makes a stretch of entries, between two times that can be trusted", async () => {
    const nights = await OfficeNights.begin();
    const journal = nights.at(1, 0);
    const a = journal.visit(CARD, earned(500)).state;
    const trusted = NOON + 60;
    journal.at(100).append({ kind: "power-up", body: { image: IMAGE, clockSuspect: true } });
    const [step] = journal.intent([{ from: a, effects: [earned(1)] }], { clockSuspect: true });
    journal.commit(step!);
    await nights.comes(1);
    const [open] = await nights.seen(1);
    expect(open).toMatchObject({ kind: "clock", terminal: 1, number: 3, merchant: 1, between: [trusted, null] });
    expect(open!.what).toContain("entries 3 to 5 (1 visits)");
    const again = journal.visit(step!.state, earned(1)).state;
    await nights.comes(1);
    const set = NOON + 5 * HOUR;
    journal.at(set).append({ kind: "clock-change", body: { before: 400, after: set, by: "office", wasSuspect: true } });
    journal.visit(again, earned(1));
    await nights.comes(1);
    expect(await nights.seen(1)).toEqual([
      expect.objectContaining({ kind: "clock", number: 3, between: [trusted, set] }),
    ]);
    await nights.end();
  });

  it("that was set by more than a little, or fell back, is told; drift is not", async () => {
    const nights = await OfficeNights.begin();
    const journal = nights.at(1, 0);
    const set = (number: number, by: number) => {
      const before = NOON + number * HOUR;
      journal
        .at(before + by)
        .append({ kind: "clock-change", body: { before, after: before + by, by: "installer", installer: 7 } });
    };
    set(1, 90);
    set(2, -3 * DAY);
    journal.visit(CARD, earned(500));
    await nights.comes(1);
    expect((await nights.seen(1)).map(({ number, between }) => [number, between])).toEqual([
      [2, [NOON + 2 * HOUR, NOON + 2 * HOUR - 3 * DAY]],
    ]);
    const other = nights.at(2, 8);
    const a = other.visit(freshCard(78, 20), earned(1)).state;
    await nights.comes(2);
    other.at(NOON).visit(a, earned(1));
    await nights.comes(2);
    const [fell] = (await nights.seen(1)).filter(({ terminal }) => terminal === 2);
    expect(fell).toMatchObject({ kind: "clock", number: 3, between: [NOON + 8 * HOUR + 60, NOON] });
    await nights.end();
  });
});

describe("top-ups", () => {
  it("are told for an hour in which a terminal took more than it should", async () => {
    const nights = await OfficeNights.begin();
    let state = nights.at(1, 0).topUp(CARD, 20_000).state;
    state = nights.at(1, 0.3).topUp(state, 20_000).state;
    state = nights.at(1, 0.6).topUp(state, 10_000).state;
    await nights.comes(1);
    expect(await nights.seen(1)).toEqual([]);
    nights.at(1, 0.9).topUp(state, 1);
    await nights.comes(1);
    expect(await nights.seen(1)).toEqual([
      expect.objectContaining({ kind: "top-ups", terminal: 1, merchant: 1, number: 1, cents: 50_001 }),
    ]);
    expect(await nights.seen(1, { ...LIMITS, topUpCents: 60_000 })).toEqual([]);
    await nights.end();
  });
});

describe("a key", () => {
  it("that the terminal was never given is told, with the record that is sealed under it", async () => {
    const nights = await OfficeNights.begin();
    const journal = nights.at(1, 0);
    const given = (generation: number) =>
      journal.append({
        kind: "provisioned",
        body: { serial: "s", cardGeneration: 1, programmes: [{ programme: 20, generation }] },
      });
    given(1);
    const [first] = journal.intent([{ from: CARD, effects: [earned(1)] }]);
    journal.commit(first!);
    const [strange] = journal.intent([{ from: first!.state, effects: [earned(1)], generation: 2 }]);
    journal.commit(strange!);
    await nights.comes(1);
    given(2);
    const [own] = journal.intent([{ from: strange!.state, effects: [earned(1)], generation: 2 }]);
    journal.commit(own!);
    await nights.comes(1);
    expect(await nights.seen(1)).toEqual([
      expect.objectContaining({ kind: "key", terminal: 1, number: strange!.intent, card: 77, programme: 20 }),
    ]);
    await nights.end();
  });

  it("is not judged where the journal tells of none", async () => {
    const nights = await OfficeNights.begin();
    const [step] = nights.at(1, 0).intent([{ from: CARD, effects: [earned(1)], generation: 2 }]);
    nights.at(1, 1).commit(step!);
    await nights.comes(1);
    expect(await nights.seen(1)).toEqual([]);
    await nights.end();
  });
});

describe("what comes late", () => {
  it("is told until the next closing takes it in", async () => {
    const nights = await OfficeNights.begin();
    const a = nights.at(1, 0).visit(CARD, earned(500)).state;
    nights.at(2, 1).visit(a, earned(5));
    await nights.comes(1);
    const day = (await firstOpenDay(nights.ledger))!;
    await closeTo(nights.ledger, day, NOON + DAY);
    await nights.comes(2);
    expect(await nights.seen(1)).toEqual([
      expect.objectContaining({ kind: "late", terminal: 2, number: 1, between: [NOON + HOUR, NOON + HOUR + 60] }),
    ]);
    await closeTo(nights.ledger, day + 1, NOON + DAY);
    expect(await nights.seen(1)).toEqual([]);
    await nights.end();
  });

  it("is a terminal that is silent, from some days after its last batch on", async () => {
    const nights = await OfficeNights.begin(2);
    nights.at(1, 0).visit(CARD, earned(500));
    await nights.comes(1);
    const silent = async (days: number) =>
      (await nights.seen(days)).filter(({ kind }) => kind === "silent").map(({ terminal }) => terminal);
    expect(await silent(2)).toEqual([]);
    expect(await silent(3)).toEqual([2]);
    expect(await silent(4)).toEqual([2, 1].sort());
    await nights.end();
  });

  it("is a file that waits, or is set aside", async () => {
    const nights = await OfficeNights.begin();
    const journal = nights.at(1, 0);
    const a = journal.visit(CARD, earned(500)).state;
    journal.visit(a, earned(5));
    await importBatch(nights.ledger, { name: "later", file: journal.batch(3, 4) }, NOON);
    await importBatch(nights.ledger, { name: "torn", file: journal.batch().slice(0, 90).fill(7, 80) }, NOON);
    const seen = (await nights.seen(1)).map(({ kind, what }) => [kind, what.split(":")[0]]);
    expect(seen).toContainEqual(["waiting", "later"]);
    await nights.ledger.destroy();
  });
});
