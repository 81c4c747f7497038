import { CARD_EPOCH_SECONDS, dayOfCivil } from "@cachet/card-layout";
import type { Intent, StoredEffect } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import {
  cagnotte,
  discount,
  evaluate,
  type Facts,
  type Programme,
  percent,
  prepaid,
  programme,
} from "../../../../firmware/src/rules/plain.ts";
import {
  earned,
  freshCard,
  HandJournal,
  type HandState,
  type HandStep,
} from "../../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../../tests/fixtures/ledger.ts";
import { importBatch } from "../import.ts";
import type { Ledger } from "../schema.ts";
import { enrolTerminal } from "../terminals.ts";
import { cautionsFor } from "./cautions.ts";
import { correctionOf } from "./correction.ts";

const CARD = 2_800_010_000_421;
const NUMBER = 20;
const START = Date.UTC(2026, 5, 15, 10) / 1_000;
const DAY = 86_400;
const WEEK = { from: dayOfCivil(2026, 6, 15), to: dayOfCivil(2026, 6, 21) };

const version = (number: number, rate: number, over: Partial<Programme> = {}, redeemMin = 0): Programme =>
  programme({
    number: NUMBER,
    version: number,
    name: "Ville",
    scope: "town",
    merchants: { 1: { name: "Un", role: "earn-and-spend" }, 2: { name: "Deux", role: "earn-and-spend" } },
    rules: [cagnotte({ id: "cagnotte", rate: percent(rate), balanceMax: 30_000, redeemMin })],
    ...over,
  });
const [wrong, right] = [version(1, 10), version(2, 5)];

const cents = (amount: number, more: Partial<Intent["sale"]> = {}): Intent["sale"] => ({
  lines: [{ amount, quantity: 1 }],
  tip: 0,
  payable: amount,
  ...more,
});

/** A sale as a terminal with a version of the programme journals it. */
function sell(
  journal: HandJournal,
  from: HandState,
  sale: Intent["sale"],
  by = wrong,
  more: Partial<Facts> = {},
): HandStep {
  const { effects } = evaluate(by, from.cents === 0 ? [] : [{ kind: "cagnotte", index: 0, cents: from.cents }], sale, {
    merchant: journal.merchant,
    at: START - CARD_EPOCH_SECONDS,
    clockSuspect: false,
    ...more,
  });
  const [step] = journal.intent([{ from, effects: effects as readonly StoredEffect[], version: by.version }], { sale });
  journal.commit(step!);
  return step!;
}

async function ledgerOf(...journals: readonly HandJournal[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const journal of journals) {
    await enrolTerminal(ledger, journal.terminal, journal.merchant, journal.signer.publicKey, AT);
    expect(await importBatch(ledger, { name: "a", file: journal.batch() }, AT)).toMatchObject({ status: "accepted" });
  }
  return ledger;
}

const one = (ledger: Ledger, from = wrong, to = right) => correctionOf(ledger, from, to, WEEK);
const sumOf = async (ledger: Ledger, to = right) => {
  const { visits, purses } = (await one(ledger, wrong, to)).total;
  return { visits, ...purses[0] };
};

describe("a card's visits, replayed", () => {
  it("begin with what the card held, and spend what was spent as far as it is there", async () => {
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(2_000));
    const second = sell(journal, first.state, cents(1_000, { redeem: 150 }));
    sell(journal, second.state, cents(1_000, { redeem: "max" }));
    // 100 are there when 150 are spent; the rest of the basket earns then. Of 135 that were spent at the end, 45 are there.
    expect(await sumOf(await ledgerOf(journal))).toMatchObject({
      ...{ visits: 3, given: 200 + 85 + 86, right: 100 + 45 + 47 },
      ...{ spent: 150 + 135, uncovered: 50 + 90 },
    });
  });

  it("spend no more than was spent, though more would be there", async () => {
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(2_000));
    sell(journal, first.state, cents(1_000, { redeem: "max" }));
    expect(await sumOf(await ledgerOf(journal), version(2, 20))).toMatchObject({
      ...{ given: 200 + 80, right: 400 + 160, spent: 200, uncovered: 0 },
    });
  });

  it("go in the card's order, whatever the clocks say, from one of the period to another", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2, 2, START - 4_000 * DAY)];
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    const second = sell(other, first.state, cents(1_000, { redeem: 200 }));
    sell(shop, second.state, cents(500));
    expect(await sumOf(await ledgerOf(shop, other))).toMatchObject({ visits: 3, given: 200 + 80 + 50, uncovered: 100 });
  });

  it("leave out days outside the period, and go on from what stood on the card then", async () => {
    const [before, shop] = [new HandJournal(1, 1, START - 10 * DAY), new HandJournal(2)];
    const first = sell(before, freshCard(CARD, NUMBER), cents(2_000));
    sell(shop, first.state, cents(1_000, { redeem: 200 }));
    expect(await sumOf(await ledgerOf(before, shop))).toMatchObject({
      visits: 1,
      given: 80,
      right: 40,
      spent: 200,
      uncovered: 0,
    });
  });

  it("are those under the wrong version; others between them only carry on what the card held", async () => {
    const shop = new HandJournal(1);
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    const second = sell(shop, first.state, cents(1_000, { redeem: 150 }), right);
    const third = sell(shop, second.state, cents(1_000, { redeem: 60 }));
    sell(shop, third.state, cents(1_000), right);
    // 1.00 of the 1.50 was there, and 45 came: of 60 that paid then, 45 are there.
    expect(await sumOf(await ledgerOf(shop))).toMatchObject({
      ...{ visits: 2, given: 200 + 94, right: 100 + 47, spent: 60, uncovered: 15 },
    });
  });
});

describe("what the journal does not say of a visit", () => {
  it("is found where it makes the version of the day come to what was stored: a torn counter", async () => {
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(2_000));
    sell(journal, first.state, cents(1_000, { redeem: "max" }), wrong, { earnOnly: true });
    expect(await sumOf(await ledgerOf(journal))).toMatchObject({ visits: 2, given: 300, right: 150, spent: 0 });
  });

  it("is counted from the visits before it: what the day's cap has left", async () => {
    const capped = version(1, 10, { offlineCap: 300 });
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(10_000), capped);
    const second = sell(journal, first.state, cents(1_000, { redeem: 150 }), capped);
    const third = sell(journal, second.state, cents(1_000, { redeem: 150 }), capped, { spentToday: 150 });
    sell(journal, third.state, cents(1_000, { redeem: "max" }), capped, { spentToday: 300 });
    const correction = await one(await ledgerOf(journal), capped, version(2, 10, { offlineCap: 200 }));
    expect(correction.apart).toEqual([]);
    expect(correction.total.purses[0]).toMatchObject({ spent: 300, uncovered: 100, difference: 10 });
  });

  it("is counted from visits of the day before the first one, too", async () => {
    const [old, capped] = [version(7, 10, { offlineCap: 300 }), version(1, 10, { offlineCap: 300 })];
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(10_000), old);
    const second = sell(journal, first.state, cents(1_000, { redeem: 200 }), old);
    sell(journal, second.state, cents(1_000, { redeem: "max" }), capped, { spentToday: 200 });
    const correction = await one(await ledgerOf(journal), capped, version(2, 10, { offlineCap: 250 }));
    expect(correction.apart).toEqual([]);
    expect(correction.total.purses[0]).toMatchObject({ spent: 100, uncovered: 50 });
  });

  it("is found too where something had run out at the terminal", async () => {
    const flash = (number: number, rate: number) =>
      version(number, rate, {
        rules: [
          cagnotte({ id: "cagnotte", rate: percent(rate) }),
          discount({ id: "flash", off: { cents: 500 }, stock: 1 }),
        ],
      });
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(2_000), flash(1, 10));
    sell(journal, first.state, cents(2_000), flash(1, 10), { given: { flash: 1 } });
    const correction = await one(await ledgerOf(journal), flash(1, 10), flash(2, 20));
    expect(correction.apart).toEqual([]);
    // 15.00 and 20.00 were paid.
    expect(correction.total.purses[0]).toMatchObject({ given: 350, right: 700 });
  });

  it("does not matter where a sale was written for other reasons than what it moved", async () => {
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(2_000));
    const [step] = journal.intent([{ from: first.state, effects: [] }], { sale: cents(9, { redeem: 900 }) });
    journal.commit(step!);
    expect(await sumOf(await ledgerOf(journal))).toMatchObject({ visits: 2, given: 200, right: 100 });
  });
});

describe("what was spent", () => {
  it("is never more than it was, where the right version would only pay more or nothing", async () => {
    const journal = new HandJournal(1);
    const first = sell(journal, freshCard(CARD, NUMBER), cents(2_000));
    sell(journal, first.state, cents(1_000, { redeem: 50 }));
    const strict = version(2, 10, {}, 60);
    expect(await sumOf(await ledgerOf(journal), strict)).toMatchObject({ right: 300, spent: 50, uncovered: 50 });
  });
});

describe("a card is set aside", () => {
  const apart = async (ledger: Ledger, to = right) => {
    const correction = await one(ledger, wrong, to);
    expect(correction.visits).toEqual([]);
    return correction.apart.map(({ reason, ticket }) => `${reason} ${ticket}`);
  };

  it("where a visit in the middle, or before the first, is missing", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    const second = sell(other, first.state, cents(1_000));
    sell(shop, second.state, cents(500));
    expect(await apart(await ledgerOf(shop))).toEqual(["gap T-0001-3"]);
    expect(await apart(await ledgerOf(other))).toEqual(["gap T-0002-1"]);
    expect((await one(await ledgerOf(shop, other))).apart).toEqual([]);
    const [torn, later] = [new HandJournal(1), new HandJournal(2)];
    const start = sell(torn, freshCard(CARD, NUMBER), cents(2_000));
    const [doubt] = torn.intent([{ from: start.state, effects: [earned(1)] }]);
    sell(later, doubt!.state, cents(500));
    expect((await one(await ledgerOf(torn, later))).apart).toMatchObject([
      { ticket: "T-0002-1", problem: "T-0001-3, the visit before it, is in doubt" },
    ]);
  });

  it("where a visit follows a side of its history that is missing", async () => {
    const [shop, other, lost] = [new HandJournal(1), new HandJournal(2), new HandJournal(3, 2)];
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    const second = sell(shop, first.state, cents(1_000));
    const third = sell(shop, second.state, cents(1_000));
    sell(shop, third.state, cents(1_000));
    sell(other, sell(lost, first.state, cents(700)).state, cents(1_000));
    expect(await apart(await ledgerOf(shop, other))).toEqual(["gap T-0002-1"]);
  });

  it("where it has two histories", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2)];
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    sell(shop, first.state, cents(1_000));
    sell(other, first.state, cents(3_000));
    expect(await apart(await ledgerOf(shop, other))).toEqual([expect.stringMatching(/^fork T-000/)]);
  });

  it("where a visit in between was under a third version", async () => {
    const shop = new HandJournal(1);
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    const second = sell(shop, first.state, cents(1_000), version(3, 1));
    sell(shop, second.state, cents(1_000));
    expect(await apart(await ledgerOf(shop))).toEqual(["other-version T-0001-3"]);
  });

  it("where the wrong version does not come to what was stored", async () => {
    const shop = new HandJournal(1);
    shop.visit(freshCard(CARD, NUMBER), earned(99));
    expect(await apart(await ledgerOf(shop))).toEqual(["differs T-0001-1"]);
  });

  it("where the right version does not take the cash that was paid", async () => {
    const rule = (topUpMax: number) => prepaid({ id: "compte", balanceMax: 10_000, topUpMax });
    const [all, little] = [
      { ...wrong, offlineCap: 1_000, rules: [...wrong.rules, rule(5_000)] },
      { ...right, offlineCap: 1_000, rules: [...right.rules, rule(1_000)] },
    ];
    const shop = new HandJournal(1);
    const before = freshCard(CARD, NUMBER);
    const facts = { merchant: 1, at: 0, clockSuspect: false };
    const { effects } = evaluate(all, [], { kind: "top-up", amount: 2_000 }, facts);
    const over = { sale: { lines: [], tip: 0, payable: 2_000 }, topUp: 2_000 };
    const [step] = shop.intent([{ from: before, effects: effects as readonly StoredEffect[], keeps: "prepaid" }], over);
    shop.commit(step!);
    expect((await one(await ledgerOf(shop), all, { ...little, rules: [...right.rules, rule(2_000)] })).apart).toEqual(
      [],
    );
    expect((await one(await ledgerOf(shop), all, little)).apart).toMatchObject([
      { reason: "impossible", ticket: "T-0001-1" },
    ]);
  });
});

describe("what is not in the books", () => {
  it("is named: doubts, batches that wait or are set aside, silent terminals, sales that moved nothing here", async () => {
    const [shop, other] = [new HandJournal(1, 1, START + 6 * DAY), new HandJournal(2)];
    const first = sell(shop, freshCard(CARD, NUMBER), cents(2_000));
    shop.intent([{ from: first.state, effects: [earned(1)] }]);
    shop.visit(freshCard(CARD, 11), earned(5));
    // One that moved something in both is none of them.
    const both = [11, NUMBER].map((number) => ({ from: freshCard(CARD + 2, number), effects: [earned(5)] }));
    for (const step of shop.intent(both)) shop.commit(step);
    const seen = sell(other, freshCard(CARD + 1, NUMBER), cents(1_000));
    const last = sell(other, seen.state, cents(1_000));
    sell(other, last.state, cents(1_000));
    const ledger = await ledgerOf(shop);
    await enrolTerminal(ledger, 2, 2, other.signer.publicKey, AT);
    await enrolTerminal(ledger, 9, 9, new HandJournal(9).signer.publicKey, AT);
    expect(await importBatch(ledger, { name: "first", file: other.batch(1, 2) }, AT)).toMatchObject({
      status: "accepted",
    });
    expect(await importBatch(ledger, { name: "late", file: other.batch(5, 6) }, AT)).toMatchObject({
      status: "waiting",
    });
    expect(await importBatch(ledger, { name: "junk", file: Uint8Array.of(1, 2, 3) }, AT)).toMatchObject({
      status: "quarantined",
    });
    expect(await cautionsFor(ledger, wrong, WEEK)).toEqual({
      inDoubt: ["T-0001-3"],
      waiting: [{ name: "late", terminal: 2, gap: [3, 4] }],
      quarantined: [{ name: "junk", detail: expect.stringContaining("not-a-batch") }],
      silent: [{ terminal: 2, lastDay: WEEK.from }],
      unmoved: ["T-0001-4"],
    });
  });
});
