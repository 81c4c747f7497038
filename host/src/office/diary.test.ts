import { dayOf } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { earned, freshCard, HandJournal, spent } from "../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../tests/fixtures/ledger.ts";
import { diaryOf } from "./diary.ts";
import { importBatch } from "./import.ts";
import { outstanding } from "./ledger.ts";
import { enrolTerminal } from "./terminals.ts";

describe("the diary of a ledger", () => {
  it("has each day's visits and money, what could be spent in the evening, and what was in doubt", async () => {
    const ledger = await newLedger();
    const shop = new HandJournal(1).at(AT);
    await enrolTerminal(ledger, 1, shop.merchant, shop.signer.publicKey, AT);
    const card = freshCard(77, 20);
    const [first] = shop.intent([{ from: card, effects: [earned(300)] }]);
    shop.commit(first!);
    const day = dayOf(AT, 0);
    const [open] = shop.intent([{ from: first!.state, effects: [spent(100)] }]);
    shop.at(AT + 86_400);
    shop.commit(open!);
    shop.intent([{ from: freshCard(78, 20), effects: [earned(50)] }]);
    expect(await importBatch(ledger, { name: "b", file: shop.batch() }, AT)).toMatchObject({ status: "accepted" });
    const diary = await diaryOf(ledger, day - 1, day + 2, AT);
    expect(diary.map(({ visits, earnedCents, spentCents }) => [visits, earnedCents, spentCents])).toEqual([
      [0, 0, 0],
      [2, 300, 0],
      [1, 0, 100],
      [0, 0, 0],
    ]);
    expect(diary.map(({ liabilityCents }) => liabilityCents)).toEqual([0, 300, 200, 200]);
    expect(diary.at(-1)!.liabilityCents).toBe(await outstanding(ledger, "cents"));
    expect(diary.map(({ inDoubt }) => inDoubt)).toEqual([0, 1, 1, 1]);
    // What clocks put outside counts at the ends.
    expect(await diaryOf(ledger, day, day, AT)).toMatchObject([{ visits: 3, earnedCents: 300, spentCents: 100 }]);
    await ledger.destroy();
  });
});
