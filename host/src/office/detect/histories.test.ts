import { describe, expect, it } from "vitest";
import { earned, freshCard, spent } from "../../../../tests/fixtures/hand-journal.ts";
import { OfficeNights } from "../../../../tests/fixtures/office-nights.ts";
import { endTerminal } from "../terminals.ts";
import { suspicious } from "./findings.ts";

const CARD = freshCard(77, 20);
const AT = Date.UTC(2026, 5, 16) / 1_000;

/** Three visits of one card at three terminals, an hour apart. The second terminal is late with its journal. */
async function withoutTheSecond() {
  const nights = await OfficeNights.begin();
  const a = nights.at(1, 0).visit(CARD, earned(500)).state;
  const b = nights.at(2, 1).visit(a, spent(100)).state;
  const c = nights.at(3, 2).visit(b, spent(100)).state;
  return { nights, a, b, c };
}

describe("a gap", () => {
  it("is nothing at first, overdue after some days, names who has to tell of how much, and closes by itself", async () => {
    const { nights } = await withoutTheSecond();
    await nights.comes(1, 3);
    expect(await nights.seen(2)).toEqual([]);
    expect((await nights.seen(8)).filter(({ kind }) => kind === "gap")).toEqual([
      expect.objectContaining({ card: 77, programme: 20, terminal: 2, merchant: 2, cents: 0 }),
    ]);
    await nights.comes(2);
    expect((await nights.kinds(8)).filter((kind) => kind === "gap")).toEqual([]);
    await nights.end();
  });

  it("is a record of nobody when its terminal's journal is here beyond that time", async () => {
    const nights = await OfficeNights.begin();
    const a = nights.at(1, 0).visit(CARD, earned(500)).state;
    // Sealed with a key that was read out: it says that the second terminal wrote it, and holds more than before.
    const forged = { ...a, hash: new Uint8Array(32).fill(9), sequence: 9, terminal: 2, cents: 9_000 };
    nights.at(3, 2).visit(forged, spent(4_000));
    await nights.comes(1, 3);
    expect(await nights.kinds(2)).toEqual([]);
    nights.at(2, 4).visit(freshCard(78, 20), earned(1));
    await nights.comes(2);
    // Its clock may have been ahead, and the visit may be on its way still: nobody is accused.
    expect(await nights.kinds(2)).toEqual(["gap"]);
    expect(await suspicious(nights.ledger, AT)).toEqual([]);
    nights.at(2, 120).visit(freshCard(79, 20), earned(1));
    await nights.comeOn(6, 2);
    const [worst] = await nights.seen(6);
    expect(worst).toMatchObject({ kind: "no-journal", card: 77, terminal: 2, cents: 8_500, bars: true });
    expect(await suspicious(nights.ledger, AT)).toEqual([{ card: 77, reasons: ["no-journal"] }]);
    await nights.end();
  });

  it("is a record of nobody when the office knows no such terminal", async () => {
    const nights = await OfficeNights.begin();
    const a = nights.at(1, 0).visit(CARD, earned(500)).state;
    nights.at(3, 2).visit({ ...a, hash: new Uint8Array(32).fill(9), sequence: 9, terminal: 99 }, spent(50));
    await nights.comes(1, 3);
    expect((await nights.seen(1))[0]).toMatchObject({ kind: "no-journal", terminal: 99, bars: true });
    await nights.end();
  });

  it.each([
    ["of the terminal that has still to tell is ahead of the office's", 50, 51, []],
    ["of the terminal that found it fell back", 5, 5.5, [[3, 6]]],
  ] as const)("accuses nobody where the clock %s", async (_why, heard, wrote, earlier) => {
    const nights = await OfficeNights.begin();
    const a = nights.at(1, 0).visit(CARD, earned(500)).state;
    nights.at(2, heard).visit(freshCard(78, 20), earned(1));
    await nights.comes(2);
    // The second terminal wrote this behind what came of it.
    const b = nights.at(2, wrote).visit(a, earned(70)).state;
    for (const [terminal, hour] of earlier) nights.at(terminal, hour).visit(freshCard(79, 20), earned(1));
    nights.at(3, 3).visit(b, spent(100));
    await nights.comes(1, 3);
    expect((await nights.kinds(1)).filter((kind) => kind !== "clock")).toEqual([]);
    await nights.end();
  });

  it("is never told of by a terminal that was revoked: the card it wrote is to be barred", async () => {
    const { nights } = await withoutTheSecond();
    await nights.comes(1, 3);
    await endTerminal(nights.ledger, 2, { state: "revoked", ends: 0, replacedBy: null }, AT);
    expect(await nights.seen(1)).toEqual([
      expect.objectContaining({ kind: "ended", card: 77, terminal: 2, merchant: 2, bars: true }),
    ]);
    await nights.end();
  });
});

describe("a step back", () => {
  it("is an old record that went on again, though the visit that both follow is not known yet", async () => {
    const { nights, a } = await withoutTheSecond();
    nights.at(4, 3).visit(a, spent(450));
    await nights.comes(1, 3, 4);
    const [found] = await nights.seen(1);
    expect(found).toMatchObject({ kind: "step-back", card: 77, terminal: 4, bars: true });
    expect(found!.what).toContain("T-0004-1");
    // The late journal shows where they part: then it is a fork, and nothing else.
    await nights.comes(2);
    expect([...(await nights.kinds(1))].sort()).toEqual(["fork", "overdrawn"]);
    await nights.end();
  });

  it("shows by the clocks alone where more is missing", async () => {
    const { nights, a, c } = await withoutTheSecond();
    const d = nights.at(2, 4).visit(c, earned(1)).state;
    nights.at(3, 5).visit(d, spent(10));
    // It comes back at a sequence that is known, hours after the higher ones.
    const nextDay = await OfficeNights.begin();
    nextDay.at(1, 0).visit(CARD, earned(500));
    nextDay.at(4, 9).visit(a, spent(400));
    nextDay.at(3, 5).visit({ ...d, sequence: 6 }, spent(10));
    await nextDay.comes(1, 3, 4);
    expect((await nextDay.seen(1)).filter(({ kind }) => kind === "step-back")).toEqual([
      expect.objectContaining({ card: 77, terminal: 4, bars: false }),
    ]);
    expect(await suspicious(nextDay.ledger, AT)).toEqual([]);
    await nextDay.end();
    await nights.ledger.destroy();
  });

  it("is no late upload, in whatever order it comes", async () => {
    for (const order of [
      [3, 1, 2],
      [3, 2, 1],
      [2, 3, 1],
    ]) {
      const { nights } = await withoutTheSecond();
      for (const terminal of order) {
        await nights.comes(terminal);
        expect((await nights.kinds(1)).filter((kind) => kind === "step-back")).toEqual([]);
      }
      expect(await nights.seen(1)).toEqual([]);
      await nights.end();
    }
  });
});
