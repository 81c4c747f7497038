import { dayOfCivil } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { cagnotte, cents, points, prepaid, programme, stamps, units } from "../../../../firmware/src/rules/plain.ts";
import { earned, freshCard, HandJournal, type HandState, spent } from "../../../../tests/fixtures/hand-journal.ts";
import { AT, newLedger } from "../../../../tests/fixtures/ledger.ts";
import { importTown, officeTown, TOWN_PROGRAMME } from "../../../../tests/fixtures/office-town.ts";
import { decideDoubts } from "../decisions.ts";
import { importBatch } from "../import.ts";
import type { Ledger } from "../schema.ts";
import { enrolTerminal } from "../terminals.ts";
import { Exchange } from "./matrix.ts";
import { type ReportOptions, report } from "./report.ts";
import { type Days, eachLife, type Life } from "./steps.ts";
import { termsOf } from "./worth.ts";

const P = TOWN_PROGRAMME;
const DAY = dayOfCivil(2026, 6, 15);
async function matrix(ledger: Ledger, days: Days) {
  const exchange = new Exchange(days);
  await eachLife(ledger, days.to, (_, life) => exchange.add(life));
  return exchange.matrix();
}
const EVER = { from: 0, to: 100_000 };
const ask = (ledger: Ledger, over: Partial<ReportOptions> = {}) => report(ledger, { now: AT, silentDays: 7, ...over });

async function imported(...journals: readonly HandJournal[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const { terminal, merchant, signer } of journals)
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
  for (const journal of journals)
    expect(await importBatch(ledger, { name: "", file: journal.batch() }, AT)).toMatchObject({ status: "accepted" });
  return ledger;
}

const at = (day: number): number => Date.UTC(2026, 5, day, 10) / 1_000;
/** A sale of so many cents. */
function buy(
  journal: HandJournal,
  from: HandState,
  amount: number,
  ...effects: Parameters<HandJournal["visit"]>[1][]
): HandState {
  const [step] = journal.intent([{ from, effects }], {
    sale: { lines: [{ amount, quantity: 1 }], tip: 0, payable: amount },
  });
  journal.commit(step!);
  return step!.state;
}

describe("issued here, spent elsewhere", () => {
  it("spends what was issued first first, and rows and columns have one sum", async () => {
    const [a, b, c] = [new HandJournal(1, 1, at(1)), new HandJournal(2, 2, at(2)), new HandJournal(3, 3, at(3))];
    let card = buy(a, freshCard(11, P), 10_000, earned(500));
    card = buy(b, card, 6_000, earned(300));
    buy(c, card, 1_000, spent(600));
    const ledger = await imported(a, b, c);
    expect(await matrix(ledger, EVER)).toEqual({
      cells: [
        { issuer: 1, merchant: 3, cents: 500 },
        { issuer: 2, merchant: 3, cents: 100 },
      ],
      rows: [
        { issuer: 1, issuedCents: 500, spentCents: 500, elsewhereCents: 500, goneCents: 0, leftCents: 0 },
        { issuer: 2, issuedCents: 300, spentCents: 100, elsewhereCents: 100, goneCents: 0, leftCents: 200 },
      ],
      columns: [{ merchant: 3, paidCents: 600, fromOthersCents: 600 }],
      totalCents: 600,
    });
    await ledger.destroy();
  });

  it("counts what was issued before the days with its issuer, and what was spent before them not at all", async () => {
    const [a, b] = [new HandJournal(1, 1, at(1)), new HandJournal(2, 2, at(10))];
    let card = buy(a, freshCard(11, P), 10_000, earned(500));
    card = buy(a, card, 1_000, spent(100));
    buy(b, card, 1_000, earned(40), spent(250));
    const ledger = await imported(a, b);
    const found = await matrix(ledger, { from: dayOfCivil(2026, 6, 5), to: dayOfCivil(2026, 6, 30) });
    expect(found.cells).toEqual([{ issuer: 1, merchant: 2, cents: 250 }]);
    expect(found.rows).toEqual([
      { issuer: 1, issuedCents: 0, spentCents: 250, elsewhereCents: 250, goneCents: 0, leftCents: 150 },
      { issuer: 2, issuedCents: 40, spentCents: 0, elsewhereCents: 0, goneCents: 0, leftCents: 40 },
    ]);
    const before = await matrix(ledger, { from: 0, to: dayOfCivil(2026, 6, 5) });
    expect(before.cells).toEqual([{ issuer: 1, merchant: 1, cents: 100 }]);
    await ledger.destroy();
  });

  it("undoes with a refund what that merchant was paid last, and what it issued", async () => {
    const [a, b] = [new HandJournal(1, 1, at(1)), new HandJournal(2, 2, at(2))];
    let card = buy(a, freshCard(11, P), 10_000, earned(500));
    card = buy(b, card, 4_000, spent(500), earned(90));
    const refund = { ticket: 1, lines: [0], cents: 3_500 };
    const back = [
      { ...earned(500), type: "return" },
      { ...spent(90), type: "clawback" },
    ] as const;
    const none = { sale: { lines: [], tip: 0, payable: 0 }, refund };
    const [step] = b.intent([{ from: card, effects: back }], none);
    b.commit(step!);
    const ledger = await imported(a, b);
    const found = await matrix(ledger, EVER);
    expect(found.rows).toEqual([
      { issuer: 1, issuedCents: 500, spentCents: 0, elsewhereCents: 0, goneCents: 0, leftCents: 500 },
      { issuer: 2, issuedCents: 0, spentCents: 0, elsewhereCents: 0, goneCents: 0, leftCents: 0 },
    ]);
    expect(found.totalCents).toBe(0);
    const books = await ask(ledger);
    expect(books).toMatchObject({ visits: 2, soldCents: 14_000, refundedCents: 3_500, paidCents: 0, earnedCents: 500 });
    await ledger.destroy();
  });

  it("spends what a refund put back before all else, in the order in which it was issued", async () => {
    const [a, b, c] = [new HandJournal(1, 1, at(1)), new HandJournal(2, 2, at(2)), new HandJournal(3, 3, at(3))];
    let card = buy(a, freshCard(11, P), 10_000, earned(300));
    card = buy(b, card, 4_000, earned(200));
    card = buy(c, card, 4_000, spent(500), earned(40));
    const none = { lines: [], tip: 0, payable: 0 };
    const refund = { ticket: 1, lines: [0], cents: 0 };
    const [step] = c.intent([{ from: card, effects: [{ ...earned(250), type: "return" }] }], { sale: none, refund });
    c.commit(step!);
    buy(c, step!.state, 1_000, spent(100));
    const ledger = await imported(a, b, c);
    const { cells, rows } = await matrix(ledger, EVER);
    expect(cells).toEqual([
      { issuer: 1, merchant: 3, cents: 300 },
      { issuer: 2, merchant: 3, cents: 50 },
    ]);
    expect(rows.map(({ issuer, leftCents }) => [issuer, leftCents])).toEqual([
      [1, 0],
      [2, 150],
      [3, 40],
    ]);
    await ledger.destroy();
  });

  it("tells what left cards otherwise, and what nobody is known to have issued", async () => {
    const journal = new HandJournal(1, 1, at(1));
    const first = journal.visit(freshCard(11, P), earned(300));
    const second = journal.visit(first.state, { ...spent(200), type: "expire" });
    journal.visit({ ...second.state, cents: 900 }, spent(500));
    const ledger = await imported(journal);
    const { rows, cells } = await matrix(ledger, EVER);
    expect(rows).toEqual([
      { issuer: 1, issuedCents: 300, spentCents: 100, elsewhereCents: 0, goneCents: 200, leftCents: 0 },
      { issuer: "unknown", issuedCents: 0, spentCents: 400, elsewhereCents: 400, goneCents: 0, leftCents: 0 },
    ]);
    expect(cells.map(({ cents }) => cents)).toEqual([100, 400]);
    await ledger.destroy();
  });

  it("sums to what merchants were paid, whatever a town did", async () => {
    const town = officeTown(5, { terminals: 8, cards: 50, visits: 1_200, batches: 16 });
    const ledger = await newLedger();
    await importTown(ledger, town, town.files, AT);
    await decideDoubts(ledger, AT);
    const all = await ask(ledger);
    const { cells, rows, columns, totalCents } = all.matrix;
    expect(cells.length).toBeGreaterThan(20);
    for (const { merchant, paidCents } of all.merchants) {
      const column = cells.filter((cell) => cell.merchant === merchant).reduce((sum, { cents }) => sum + cents, 0);
      expect(column).toBe(paidCents);
      expect(columns.find((one) => one.merchant === merchant)?.paidCents ?? 0).toBe(paidCents);
    }
    for (const { issuer, spentCents, issuedCents, goneCents, leftCents } of rows) {
      const row = cells.filter((cell) => cell.issuer === issuer).reduce((sum, { cents }) => sum + cents, 0);
      expect(row).toBe(spentCents);
      if (issuer !== "unknown") expect(issuedCents).toBe(spentCents + goneCents + leftCents);
    }
    expect(totalCents).toBe(all.paidCents);
    expect(totalCents).toBeGreaterThan(1_000);
    await ledger.destroy();
  });
});

describe("the trade of merchants", () => {
  it("counts a visit of two areas once, a card at two shops once for the town, and whose card it is", async () => {
    const [a, b] = [new HandJournal(1, 1, at(1)), new HandJournal(2, 2, at(12))];
    const one = freshCard(11, P);
    const [town, shop] = a.intent([
      { from: one, effects: [earned(50)] },
      { from: freshCard(11, 7), effects: [earned(20)] },
    ]);
    a.commit(town!);
    a.commit(shop!);
    const again = buy(a, town!.state, 3_000, spent(30));
    buy(b, again, 2_500, earned(10));
    buy(b, freshCard(12, P), 4_000, earned(10));
    b.topUp(freshCard(13, P), 2_000);
    const ledger = await imported(a, b);
    const all = await ask(ledger, { from: DAY - 14, to: DAY + 15 });
    expect(all).toMatchObject({ visits: 4, members: 2, returning: 1, newMembers: 3, soldCents: 10_500 });
    expect(all.merchants).toMatchObject([
      {
        ...{ merchant: 1, visits: 2, members: 1, returning: 1, newMembers: 1, guests: 0, soldCents: 4_000 },
        ...{ earnedCents: 70, spentCents: 30, redemptions: 1 },
      },
      {
        ...{ merchant: 2, visits: 2, members: 2, returning: 0, newMembers: 2, guests: 1, guestsCents: 2_500 },
        ...{ soldCents: 6_500, toppedUpCents: 2_000, redemptions: 0 },
      },
    ]);
    const later = await ask(ledger, { from: dayOfCivil(2026, 6, 10) });
    expect(later).toMatchObject({ visits: 2, newMembers: 2, soldCents: 6_500 });
    const own = await ask(ledger, { merchant: 1, from: dayOfCivil(2026, 6, 10) });
    expect(own.clients).toEqual([
      {
        ...{ card: 11, since: dayOfCivil(2026, 6, 1), last: dayOfCivil(2026, 6, 1) },
        ...{ visits: 0, soldCents: 0, allVisits: 2, allSoldCents: 4_000 },
      },
    ]);
    expect(own.merchants).toEqual([]);
    expect(own).toMatchObject({ visits: 0, newMembers: 0 });
    // The card that was first used there, by its last records; nothing of the town's other cards.
    expect(own).toMatchObject({ outstandingCents: 50, inDoubt: 0, breakage: [], owed: [] });
    expect(later.outstandingCents).toBe(2_060);
    expect(own.onCards.held.map(({ programme, amount }) => [programme, amount])).toEqual([
      [7, 20],
      [P, 30],
    ]);
    await ledger.destroy();
  });

  it("reads every visit once, in the order of the clocks, however many cards are read at once", async () => {
    const journals = [new HandJournal(1, 1, at(9)), new HandJournal(2, 2, at(2)), new HandJournal(3, 3, at(5))];
    const cards = [14, 11, 13, 12];
    for (const card of cards) {
      const next = buy(journals[card % 3]!, freshCard(card, P), 1_000, earned(10));
      buy(journals[(card + 1) % 3]!, next, 2_000, earned(20));
    }
    const ledger = await imported(...journals);
    for (const cardsAtOnce of [1, 2, 3, 4, 100]) {
      const read: [number, number[]][] = [];
      const take = (card: number, life: Life) => void read.push([card, life.map((step) => step.sale_cents)]);
      await eachLife(ledger, 100_000, take, cardsAtOnce);
      expect(read).toEqual([
        [11, [1_000, 2_000]],
        [12, [2_000, 1_000]],
        [13, [1_000, 2_000]],
        [14, [1_000, 2_000]],
      ]);
    }
    await ledger.destroy();
  });

  it("names terminals that are silent, and those that never spoke", async () => {
    const shop = new HandJournal(1, 4, at(1));
    shop.visit(freshCard(1, P), earned(1));
    const ledger = await imported(shop);
    await enrolTerminal(ledger, 3, 6, new HandJournal(3).signer.publicKey, AT - 86_400);
    // By the office's clock: what the terminal's own says of its last entry does not count.
    expect((await ask(ledger)).silent).toEqual([]);
    const now = AT + 6 * 86_400;
    const never = { terminal: 3, merchant: 6, since: AT - 86_400, isNew: true, days: 7 };
    expect((await ask(ledger, { now })).silent).toEqual([never]);
    expect((await ask(ledger, { now, silentDays: 6 })).silent).toEqual([
      { terminal: 1, merchant: 4, since: AT, isNew: false, days: 6 },
      never,
    ]);
    await ledger.destroy();
  });
});

describe("what programmes say of values", () => {
  it("is the rate of points, the dearest gift, the reward of a grid, the cheapest unit", () => {
    const merchants = { 1: { name: "Un", role: "earn-and-spend" } } as const;
    const of = (...rules: Parameters<typeof programme>[0]["rules"][number][]) =>
      termsOf([
        programme({ number: 7, version: 1, name: "Essai", scope: "town", merchants, offlineCap: 2_000, rules }),
      ]);
    const earn = { per: "visit", points: 10 } as const;
    const gifts = [
      { id: "cafe", label: "Café", points: 100, value: 150 },
      { id: "sac", label: "Sac", points: 1_000, value: 2_000 },
    ];
    const terms = of(
      points({ id: "a", earn, redeem: { points: 1, cents: 1 } }),
      points({ id: "b", purse: 1, earn, gifts }),
      stamps({ id: "c", grid: 10, reward: { kind: "gift", label: "Café", value: 150 } }),
      units({
        id: "d",
        unitName: "séance",
        packs: [
          { units: 10, price: 9_000 },
          { units: 1, price: 1_000 },
        ],
      }),
      prepaid({ id: "e", bonus: { bands: [{ from: cents(5_000), rate: 500 }] } }),
      cagnotte({ id: "f", rate: 500 }),
    );
    expect([...terms.rates.get(7)!]).toEqual([
      ["points 0", { cents: 1, per: 1 }],
      ["points 1", { cents: 2_000, per: 1_000 }],
      ["stamps 0", { cents: 150, per: 10 }],
      ["units 0", { cents: 9_000, per: 10 }],
    ]);
    expect(terms.bonusPurses.get(7)).toBe("cagnotte 7");
    expect(terms.merchants.get(1)).toBe("Un");
  });
});
